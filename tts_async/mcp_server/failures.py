"""Errors as they were raised, and not as task groups wrap them."""

from collections.abc import Iterator
from contextlib import contextmanager

from tts_async.errors import TTSError


@contextmanager
def bare_errors() -> Iterator[None]:
    """Raise an error of ours that comes out of a group by itself."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours = group.subgroup(TTSError)
        if ours is None:
            raise
        error: BaseException = ours
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
