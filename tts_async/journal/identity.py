"""Which model an answer came from.

Two models are the same when their names are, and where the weights lie in a folder, when these
are the same too: a checkpoint that was trained further has a fingerprint of its own. Where a server
is makes no difference, nor how many of them serve the model.
"""

import asyncio
import inspect
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import CodeType
from typing import Any, Final

from tts_async.journal.keys import digest

SAMPLES: Final = 64
SAMPLE_BYTES: Final = 1 << 16
"""So many pieces of a file are read; a smaller file is read as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """What generated or scored: recorded with every run.

    ``kind`` is the class, ``model`` a name, ``location`` a folder or a URL without credentials,
    ``fingerprint`` a digest: of the weights in a folder, of the code of a function, and of what
    an object says of itself in its attribute ``identity``.
    """

    kind: str
    model: str | None = None
    location: str | None = None
    fingerprint: str | None = None

    @property
    def key(self) -> bytes:
        """The same for what counts as the same model."""
        return digest(*self._compared)

    def difference(self, other: "ModelIdentity") -> str | None:
        """The first field in which two models differ, in words; ``None`` if they count as one."""
        for field in ("model", "kind", "fingerprint"):
            if field == "kind" and self.model is not None:
                continue  # one server or several, a client or another: the same model
            mine, others = getattr(self, field), getattr(other, field)
            if mine != others:
                return f"{field} {mine!r} there, {others!r} here"
        return None

    @property
    def _compared(self) -> tuple[str | None, ...]:
        return self.model, None if self.model is not None else self.kind, self.fingerprint


def identity_from(fields: Sequence[str | None]) -> ModelIdentity:
    """From kind, model, location and fingerprint, as a journal keeps them."""
    kind, model, location, fingerprint = fields
    return ModelIdentity(kind=kind or "", model=model, location=location, fingerprint=fingerprint)


async def identify(service: Any) -> ModelIdentity:
    """What an opened generator or verifier is, as far as it can be seen from outside.

    Of an object of your own: its class and, where it has them, its attributes ``model``,
    ``base_url`` and ``identity`` (anything with a stable ``repr`` that decides its answers).
    """
    return await asyncio.to_thread(_identify, service)


def _identify(service: Any) -> ModelIdentity:
    kind = type(service)
    model = getattr(service, "model", None)
    location = getattr(service, "base_url", None)
    marks = [getattr(service, "identity", None)]
    function = getattr(service, "function", None)
    if function is not None:
        model = getattr(function, "__qualname__", type(function).__qualname__)
        marks += _code_of(function)
    folder = None if model is None else Path(str(model))
    if folder is not None and folder.is_dir():
        folder = folder.resolve()
        location, model = str(folder), folder.name
        marks.append(_fingerprint(folder))
    known = [mark for mark in marks if mark is not None]
    return ModelIdentity(
        kind=f"{kind.__module__}.{kind.__qualname__}",
        model=None if model is None else str(model),
        location=None if location is None else _without_secrets(str(location)),
        fingerprint=digest(*known).hex() if known else None,
    )


def _without_secrets(url: str) -> str:
    return url.partition("?")[0].rpartition("@")[2]


def _fingerprint(folder: Path) -> str:
    """A digest of a model's files: of all their bytes where they are small, else of samples."""
    found = blake2b(digest_size=16)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".safetensors"))
    for path in files:
        found.update(path.name.encode())
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            found.update(size.to_bytes(8, "big"))
            for start, length in _pieces(size):
                file.seek(start)
                found.update(file.read(length))
    return found.hexdigest()


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    if size <= SAMPLES * SAMPLE_BYTES:
        yield 0, size
        return
    for number in range(SAMPLES):
        yield (size - SAMPLE_BYTES) * number // (SAMPLES - 1), SAMPLE_BYTES


def _code_of(function: Any) -> list[object]:
    """What a function does, as far as it stands in the function itself."""
    body = function if inspect.isroutine(function) else type(function).__call__
    code = getattr(body, "__code__", None)
    return list(_flat(code)) if isinstance(code, CodeType) else []


def _flat(code: CodeType) -> Iterator[object]:
    yield from (code.co_code, code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _flat(constant)
        elif isinstance(constant, frozenset):
            yield sorted(map(repr, constant))  # its own order is another one in every process
        else:
            yield repr(constant)
