"""Where keys come from: a file, and the environment."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from tts_async.errors import ConfigurationError
from tts_async.gateway.access.key_file import NAME, is_open_to_all, read_key_file
from tts_async.gateway.access.key_ring import KeyRing
from tts_async.gateway.access.secret import SCHEME, SHORTEST_KEY, digest_of, read_hash
from tts_async.gateway.access.tenant import Tenant

KEYS_VARIABLE: Final = "TTS_ASYNC_API_KEYS"


@dataclass(frozen=True, slots=True)
class KeySources:
    """``file`` of keys, and the variable ``TTS_ASYNC_API_KEYS`` of ``environment``.

    The variable holds ``NAME=KEY`` or ``NAME=sha256:…``, several with commas between them. These
    keys have no limits of their own.
    """

    file: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def read(self) -> KeyRing:
        """All keys there are, an empty ring where nothing is given.

        Warns of a file that everybody can read.
        Raises ``ConfigurationError``, which names the place and never a key.
        """
        keys = [] if self.file is None else read_key_file(self.file)
        if self.file is not None and is_open_to_all(self.file):
            structlog.get_logger("tts_async").warning(
                "everybody on this machine can read the file of keys; chmod 600 it",
                file=str(self.file),
            )
        keys += _read_variable(self.environment.get(KEYS_VARIABLE, ""))
        names: set[str] = set()
        digests: dict[bytes, str] = {}
        for digest, holder in keys:
            if holder.name in names:
                raise ConfigurationError(
                    f"keys: {holder.name} is in the file and in {KEYS_VARIABLE}; rename one"
                    if self.file
                    else f"{KEYS_VARIABLE}: {holder.name} is there twice; rename one"
                )
            if digest in digests:
                raise ConfigurationError(
                    f"keys: {holder.name} and {digests[digest]} have the same key; make another"
                )
            names.add(holder.name)
            digests[digest] = holder.name
        return KeyRing(keys)


def _read_variable(text: str) -> Iterator[tuple[bytes, Tenant]]:
    for i, item in enumerate(filter(None, map(str.strip, text.split(",")))):
        place = f"{KEYS_VARIABLE}, entry {i + 1}"
        name, equals, secret = item.partition("=")
        if not equals or not NAME.fullmatch(name):
            raise ConfigurationError(f"{place}: expected NAME=KEY or NAME=sha256:…")
        yield _digest(secret, place), Tenant(name=name)


def _digest(secret: str, place: str) -> bytes:
    if secret.startswith(SCHEME):
        try:
            return read_hash(secret)
        except ValueError as error:
            raise ConfigurationError(f"{place}: {error}") from None
    if len(secret) < SHORTEST_KEY:
        raise ConfigurationError(
            f"{place}: a key needs at least {SHORTEST_KEY} characters; tts-async keys new makes one"
        )
    return digest_of(secret)
