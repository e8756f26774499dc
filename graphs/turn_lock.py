"""One turn at a time in a thread, also where several processes serve one SQLite file."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from ..penguin.errors import ThreadBusyError

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

STRIPES = 16
"""Lock files beside a database; threads that share one wait for each other a little longer."""
PAUSE = 0.02
"""Seconds between two tries."""
PATIENCE = 300.0
"""Seconds after which a waiting turn gives up: more than a turn takes with the default limits."""
DATABASES = "pragma database_list"


class TurnLock:
    """Holds a thread for one turn.

    For checkpoints in an SQLite file, an empty database beside it is locked, which the system
    unlocks where the process is killed. Other checkpointers are taken to be used by one process,
    whose turns wait for each other in ``Dialogues``.

    Args:
        saver: The checkpointer.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        self._saver = cast("Any", saver)
        modules = {kind.__module__ for kind in type(saver).__mro__}
        self._path: str | None = ""
        """The database; "" where there is no file, None before the first turn."""
        if any(name.startswith("langgraph.checkpoint.sqlite") for name in modules):
            self._path = None

    @contextmanager
    def held(self, thread: str) -> Generator[None]:
        """Wait for the thread, for callers that are not async.

        Raises:
            ThreadBusyError: Another process did not let go of it.
        """
        if self._path is None:
            with self._saver.cursor(transaction=False) as cursor:
                self._path = _file(cursor.execute(DATABASES).fetchall())
        if not self._path:
            yield
            return
        until = time.monotonic() + PATIENCE
        while (lock := _try(self._path, thread)) is None:
            _check(until, thread)
            time.sleep(PAUSE)
        try:
            yield
        finally:
            lock.close()

    @asynccontextmanager
    async def held_async(self, thread: str) -> AsyncGenerator[None]:
        """As ``held``, for async callers and checkpointers."""
        if self._path is None:
            await self._saver.setup()  # opens the connection where that was left to it
            async with self._saver.conn.execute(DATABASES) as cursor:
                self._path = _file(await cursor.fetchall())
        if not self._path:
            yield
            return
        until = time.monotonic() + PATIENCE
        while (lock := _try(self._path, thread)) is None:
            _check(until, thread)
            await asyncio.sleep(PAUSE)
        try:
            yield
        finally:
            lock.close()


def _file(databases: Any) -> str:
    """The file of the main database; "" where it is in memory."""
    return next(str(path or "") for _, name, path in databases if name == "main")


def _try(database: str, thread: str) -> sqlite3.Connection | None:
    """Lock a thread's stripe at once; None where another turn holds it. It takes microseconds."""
    stripe = hashlib.sha256(thread.encode("utf-8", "replace")).digest()[0] % STRIPES
    lock = sqlite3.connect(
        f"{database}-turn-{stripe:02}", timeout=0, isolation_level=None, check_same_thread=False
    )
    try:
        lock.execute("begin exclusive")
    except sqlite3.OperationalError as error:
        lock.close()
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return None
    return lock


def _check(until: float, thread: str) -> None:
    if time.monotonic() > until:
        raise ThreadBusyError(
            f"another turn of the thread {thread!r} has not ended in {PATIENCE:.0f} s: say it "
            "again later, and see whether a process that serves the thread hangs"
        )
