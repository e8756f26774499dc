"""One turn of a thread at a time over processes that share a SQLite file: locks on files beside it.

A lock of the operating system ends with the process that holds it, so that a killed process leaves
nothing locked.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

DATABASES = "PRAGMA database_list"


class FileLock:
    """A lock file beside a database, there only while a turn is taken.

    Args:
        database: Path of the database; "" where there is none, and so nothing to lock.
        thread: Id of the dialogue.
    """

    def __init__(self, database: str, thread: str) -> None:
        digest = hashlib.sha256(thread.encode("utf-8", "replace")).hexdigest()[:16]
        self._path = Path(f"{database}.{digest}.turn") if database else None
        self._file: int | None = None

    def taken(self) -> bool:
        """Try to take the lock; True also where there is nothing to lock."""
        if self._path is None:
            return True
        try:
            import fcntl
        except ImportError:  # Windows: threads and tasks alone are kept apart
            return True
        file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        if not _same_file(self._path, file):  # its holder removed it meanwhile: it locks nobody out
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Remove the file and give the lock back."""
        if self._file is not None and self._path is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None


async def database_of(saver: BaseCheckpointSaver[Any]) -> str:
    """Path of a saver's SQLite file; "" where there is none."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    if not isinstance(saver, AsyncSqliteSaver):
        return database_of_sync(saver)
    async with saver.conn.execute(DATABASES) as cursor:
        return _main(list(await cursor.fetchall()))


def database_of_sync(saver: BaseCheckpointSaver[Any]) -> str:
    """As ``database_of``; "" also for a saver that is async alone."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    if not isinstance(saver, SqliteSaver):
        return ""
    with saver.lock:
        return _main(saver.conn.execute(DATABASES).fetchall())


def _main(rows: list[Any]) -> str:
    return next((str(row[2] or "") for row in rows if row[1] == "main"), "")


def _same_file(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
