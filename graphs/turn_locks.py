"""One turn of a thread at a time: over tasks and threads, and over processes where a store allows.

A lock of the operating system on a small file beside a SQLite database ends with the process that
holds it, so that a killed process leaves nothing locked; so does a lock of a PostgreSQL session.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from .advisory_lock import AdvisoryLocks, advisory_locks

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

PAUSE = 0.02
"""Seconds between two looks at a lock that another process holds."""


class TurnLocks:
    """Locks for the threads of one checkpointer.

    Two processes are kept apart where the checkpointer writes to PostgreSQL, or to a SQLite file
    on systems with ``fcntl`` (Linux, macOS). Elsewhere each process must have its threads to
    itself.
    A pooler that shares sessions between transactions (PgBouncer in that mode) undoes it.

    Args:
        saver: The checkpointer.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        self._saver = saver
        self._tasks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._threads: WeakValueDictionary[str, _ThreadLock] = WeakValueDictionary()
        self._database: str | None = None
        """Path of the SQLite file; "" where there is none; None before it was looked up."""
        self._server = advisory_locks(saver)

    @asynccontextmanager
    async def held(self, thread: str) -> AsyncGenerator[None]:
        """Hold the lock of a thread; waits for its turn."""
        lock = self._tasks.setdefault(thread, asyncio.Lock())
        async with lock:
            if self._server is not None:
                async with _held_on(self._server, thread):
                    yield
                return
            file = _FileLock(await self._find_database(), thread)
            while not file.taken():  # noqa: ASYNC110 - another process tells no event
                await asyncio.sleep(PAUSE)
            try:
                yield
            finally:
                file.release()

    @contextmanager
    def held_sync(self, thread: str) -> Generator[None]:
        """As ``held``, for callers and checkpointers that are not async."""
        lock = self._threads.setdefault(thread, _ThreadLock())
        with lock.held:
            if self._server is not None:
                while not self._server.taken(thread):
                    time.sleep(PAUSE)
                try:
                    yield
                finally:
                    self._server.release(thread)
                return
            file = _FileLock(self._find_database_sync(), thread)
            while not file.taken():
                time.sleep(PAUSE)
            try:
                yield
            finally:
                file.release()

    async def _find_database(self) -> str:
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        if isinstance(self._saver, AsyncSqliteSaver) and self._database is None:
            async with self._saver.conn.execute(DATABASES) as cursor:
                self._database = _main(list(await cursor.fetchall()))
        return self._find_database_sync()

    def _find_database_sync(self) -> str:
        from langgraph.checkpoint.sqlite import SqliteSaver

        if self._database is None and isinstance(self._saver, SqliteSaver):
            with self._saver.lock:
                self._database = _main(self._saver.conn.execute(DATABASES).fetchall())
        return self._database or ""


@asynccontextmanager
async def _held_on(server: AdvisoryLocks, thread: str) -> AsyncGenerator[None]:
    """Hold the lock of a thread on a server; the blocking calls run in worker threads."""
    while not await _taken(server, thread):  # noqa: ASYNC110 - another process tells no event
        await asyncio.sleep(PAUSE)
    try:
        yield
    finally:
        await asyncio.shield(asyncio.to_thread(server.release, thread))


async def _taken(server: AdvisoryLocks, thread: str) -> bool:
    """Try to take it; whoever is cancelled meanwhile does not leave it taken."""
    trying = asyncio.ensure_future(asyncio.to_thread(server.taken, thread))
    try:
        return await asyncio.shield(trying)
    except asyncio.CancelledError:
        if await trying:
            await asyncio.to_thread(server.release, thread)
        raise


DATABASES = "PRAGMA database_list"


def _main(rows: list[Any]) -> str:
    return next((str(row[2] or "") for row in rows if row[1] == "main"), "")


class _ThreadLock:
    """A lock that a weak dictionary can hold."""

    def __init__(self) -> None:
        self.held = threading.Lock()


class _FileLock:
    """A lock file beside a database, there only while a turn is taken."""

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


def _same_file(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
