"""One writer per journal, across processes.

A lock of the operating system on a file beside the journal: it ends with the process that holds
it, however that ends. Not on the journal itself, because closing any handle of a database file
takes SQLite's own locks away from the process.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path

from tts_async.errors import JournalError


class WriterLock:
    """The right to write the journal at ``path``; raises ``JournalError`` when another has it."""

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise JournalError(f"journal: cannot write {path}: it is a folder; name a file in it")
        self._path = path.with_name(path.name + "-lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = _acquire(self._path, path)
        except OSError as error:
            raise JournalError(
                f"journal: cannot write beside {path} ({error.strerror}); choose another place"
            ) from error

    def release(self) -> None:
        """Let others write; safe to repeat."""
        if self._handle >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1


def _acquire(lock: Path, journal: Path) -> int:
    import fcntl

    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_same_file(handle, lock):  # and was not removed between the two calls
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
                return handle
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace") or "another process"
            os.close(handle)
            raise JournalError(
                f"journal: {holder} is writing {journal}; wait until it has ended, or use a journal"
                " of your own"
            ) from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_same_file(handle: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False
