"""The file of keys: TOML or JSON, one table per key under ``keys``.

    [keys.alice]
    hash = "sha256:…"
    tokens_per_minute = 200_000

It holds hashes and never a key, so reading it does not open a door. Whoever can write it can.
"""

import json
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from tts_async.errors import ConfigurationError
from tts_async.gateway.access.line_numbers import find_line
from tts_async.gateway.access.secret import read_hash
from tts_async.gateway.access.tenant import KeyLimits, Tenant
from tts_async.gateway.model_names import find_strategy

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a key may be called: names stand in logs, metrics and URLs."""

_Positive = Annotated[int, Meta(ge=1)]


class KeyEntry(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One key as the file has it."""

    hash: str
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    admin: bool = False
    disabled: bool = False
    searches: _Positive | None = None
    tokens_per_minute: _Positive | None = None
    requests_per_minute: _Positive | None = None
    max_n: _Positive | None = None
    strategies: Annotated[list[str], Meta(min_length=1)] | None = None

    def key(self, name: str) -> tuple[bytes, Tenant]:
        """Digest and holder. Raises ``ValueError`` that begins with the field."""
        try:
            digest = read_hash(self.hash)
        except ValueError as error:
            raise ValueError(f"hash: {error}") from None
        limits = KeyLimits(
            searches=self.searches,
            tokens_per_minute=self.tokens_per_minute,
            requests_per_minute=self.requests_per_minute,
            max_n=self.max_n,
            strategies=_read_strategies(self.strategies),
        )
        holder = Tenant(
            name=name,
            priority=self.priority,
            limits=limits,
            admin=self.admin,
            disabled=self.disabled,
        )
        return digest, holder


def read_key_file(path: Path) -> list[tuple[bytes, Tenant]]:
    """The keys in a file, JSON if its name ends so, else TOML.

    Raises ``ConfigurationError`` naming line and field.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"keys: {path}: cannot be read: {error}") from error
    try:
        data = _parse_json(text) if path.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"keys: {path}: {error}") from error
    tables = data.get("keys") if isinstance(data, Mapping) else None
    if not isinstance(tables, Mapping) or set(data) != {"keys"}:
        raise ConfigurationError(
            f"keys: {path}: expected one table per key, [keys.NAME], and nothing else"
        )
    if not tables:
        raise ConfigurationError(
            f"keys: {path}: there is no key in it; tts-async keys new adds one"
        )
    return [_read_key(path, text, name, table) for name, table in tables.items()]


def is_open_to_all(path: Path) -> bool:
    """Whether every user of this machine can read the file: whose keys there are, and hashes."""
    return bool(path.stat().st_mode & stat.S_IROTH)


def _read_key(path: Path, text: str, name: str, table: Any) -> tuple[bytes, Tenant]:
    if not NAME.fullmatch(name):
        line = find_line(text, name)
        raise ConfigurationError(
            f"keys: {path}, line {line}: {name!r} is no name for a key; use up to 64 letters, "
            "digits, dots, dashes and underscores"
        )
    try:
        return msgspec.convert(table, KeyEntry).key(name)
    except ValueError as error:  # msgspec's ValidationError is one
        field, message = _read_message(str(error))
        line = find_line(text, name, field)
        raise ConfigurationError(f"keys: {path}, line {line}: {name}.{field}: {message}") from None


def _read_message(message: str) -> tuple[str, str]:
    """The field that is wrong and what is wrong with it, from msgspec's words or our own."""
    what, _, place = message.partition(" - at ")
    named = re.match(r"`\$\.(\w+)", place) or re.search(r"field `(\w+)`", what)
    if named:
        return named[1], what
    field, colon, what = message.partition(": ")
    return (field, what) if colon else ("hash", message)


def _read_strategies(names: list[str] | None) -> frozenset[str] | None:
    if names is None:
        return None
    found = set()
    for name in names:
        search = find_strategy(name)
        if search is None or search.strategy is None or search.n is not None:
            raise ValueError(
                f"strategies: there is no {name!r}; use greedy, majority, best_of_n, beam_search, "
                "dvts, compute_optimal"
            )
        found.add(search.strategy)
    return frozenset(found)


def _parse_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_doubles)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets the last of two entries of one name win; here, that would be a surprise."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name}: it is there twice")
        found[name] = value
    return found
