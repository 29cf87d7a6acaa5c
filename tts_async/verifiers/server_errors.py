"""What goes wrong between us and a server, in the words of verification.

``tts_async.http`` speaks of generators, because they came first. A verifier's errors are another
family, so that a search can tell which of its two halves failed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tts_async.errors import (
    GenerationError,
    GeneratorUnavailable,
    VerificationError,
    VerifierUnavailable,
)


@contextmanager
def as_verification_errors() -> Iterator[None]:
    """Inside, a ``GenerationError`` becomes ``VerifierUnavailable`` or ``VerificationError``."""
    try:
        yield
    except GeneratorUnavailable as error:
        raise VerifierUnavailable(str(error)) from error
    except GenerationError as error:
        raise VerificationError(str(error)) from error
