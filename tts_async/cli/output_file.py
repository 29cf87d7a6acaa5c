"""A file that a command is to write: any but what an evaluation cannot do without."""

from contextlib import suppress
from pathlib import Path

from tts_async.errors import ConfigurationError
from tts_async.evaluation.files import PROBLEMS
from tts_async.evaluation.results import RESULTS
from tts_async.journal.places import is_database


def check_output(path: Path, option: str) -> None:
    """Raise ``ConfigurationError``, naming the ``option``, for a journal or results to be kept.

    Whether the file can be written at all, writing it will tell.
    """
    with suppress(OSError):
        if is_database(path):
            raise ConfigurationError(f"{option}: {path} is a journal; choose another file")
    if path.name in (RESULTS, PROBLEMS) and path.exists():
        raise ConfigurationError(f"{option}: {path} is an evaluation's own; choose another file")
