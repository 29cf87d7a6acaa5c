"""A fresh key's lines in a file of keys."""

import json
import os
from pathlib import Path
from typing import Final

from tts_async.errors import ConfigurationError
from tts_async.gateway.access.key_file import NAME, read_key_file
from tts_async.gateway.access.secret import write_hash

_OWNER_ONLY: Final = 0o600


def entry_of(name: str, key: str) -> str:
    """What a TOML file of keys says about a key; it may stand anywhere in the file.

    Raises ``ConfigurationError`` for a name that cannot be one.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"name: {name!r} is none for a key; use up to 64 letters, digits, dots, dashes and "
            "underscores"
        )
    table = json.dumps(name) if "." in name else name
    return f'[keys.{table}]\nhash = "{write_hash(key)}"\n'


def add_to_file(path: Path, name: str, key: str) -> None:
    """Append a key; a file that is not there is made, for its owner only.

    Raises ``ConfigurationError`` when the file is no good, or has a key of that name.
    """
    entry = entry_of(name, key)
    if path.suffix == ".json":
        raise ConfigurationError(f"file: {path}: keys are added to TOML files only")
    known = path.exists() and path.stat().st_size > 0
    if known and any(holder.name == name for _, holder in read_key_file(path)):
        raise ConfigurationError(f"name: {path} has a key of {name}; remove that one first")
    try:
        with open(path, "a", encoding="utf-8", opener=_open_for_owner) as file:
            file.write(f"\n{entry}" if known else entry)
    except OSError as error:
        raise ConfigurationError(f"file: {path}: cannot be written: {error}") from error


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, _OWNER_ONLY)
