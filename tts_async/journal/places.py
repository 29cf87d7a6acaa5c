"""Where journals are: files of any name, one in the folder of every evaluation."""

from pathlib import Path
from typing import Final

from tts_async.errors import JournalError
from tts_async.journal.schema import open_for_reading

FILE_NAME: Final = "journal.sqlite"
"""Of the journal in the folder of an evaluation."""
_MAGIC: Final = b"SQLite format 3\0"
"""What every SQLite database begins with."""


def journal_at(place: str | Path) -> Path:
    """The journal in a folder; any other path is taken for that of a journal."""
    place = Path(place)
    return place / FILE_NAME if place.is_dir() else place


def is_database(path: Path) -> bool:
    """Whether a file is a journal, or a database that is none; raises ``OSError``."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def find_journals(folder: str | Path) -> list[Path]:
    """Every journal in a folder and the folders below it, by name."""
    return [path for path in sorted(Path(folder).rglob("*.sqlite")) if _is_journal(path)]


def _is_journal(path: Path) -> bool:
    try:
        open_for_reading(path).close()
    except JournalError:
        return False
    return True
