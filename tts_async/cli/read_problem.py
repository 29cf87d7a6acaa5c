"""The problem of ``solve``: the argument itself, or stdin."""

import sys

from tts_async.errors import ConfigurationError
from tts_async.types.problem import Problem

FROM_STDIN = "-"
MAX_BYTES = 8 << 20
"""Far beyond what a model can read; a pipe without an end must not fill the memory."""


def read_problem(argument: str) -> Problem:
    """The problem meant by the command's argument; raises ``ConfigurationError``."""
    if argument == FROM_STDIN:
        return Problem(_read_stdin())
    try:
        argument.encode()
    except UnicodeEncodeError:  # bytes of another encoding reach us as lone surrogates
        raise ConfigurationError("problem: the argument is not UTF-8 text") from None
    return Problem(argument)


def _read_stdin() -> str:
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ConfigurationError(f"problem: stdin holds more than {MAX_BYTES >> 20} MiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"problem: stdin is not UTF-8 text ({error})") from error
