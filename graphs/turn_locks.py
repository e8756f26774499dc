"""One turn of a thread at a time: over tasks and threads, and over processes where a store allows.

Over processes a file beside a SQLite database is locked (``file_lock.py``), or a PostgreSQL server
locks (``advisory_lock.py``); both kinds of lock end with the process that holds them.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

from ..penguin.errors import SettingsError
from .advisory_lock import advisory_locks
from .file_lock import FileLock, database_of, database_of_sync

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

PAUSE = 0.02
"""Seconds between two looks at a lock that another thread or process holds."""


class TurnLocks:
    """Locks for the threads of one checkpointer.

    In a process every turn is kept apart from the others of its thread, sync or async, on any event
    loop and whichever object takes it: all that share a checkpointer share its locks. Two processes
    are kept apart where the checkpointer writes to PostgreSQL, or to a SQLite file on systems with
    ``fcntl`` (Linux, macOS). Elsewhere each process must have its threads to itself.
    A pooler that shares sessions between transactions (PgBouncer in that mode) undoes it.

    Args:
        saver: The checkpointer.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        self._saver = saver
        self._queues: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()
        """Of the tasks of an event loop, which then need not look again and again."""
        self._database = ""
        """Path of the SQLite file; "" where there is none, or before it was looked up."""
        self._server = advisory_locks(saver)

    @asynccontextmanager
    async def held(self, thread: str) -> AsyncGenerator[None]:
        """Hold the lock of a thread; waits for its turn."""
        loop = asyncio.get_running_loop()
        async with self._queues.setdefault((id(loop), thread), asyncio.Lock()):
            self._database = self._database or await database_of(self._saver)
            lock = self._lock(thread, loop)
            while not await _taken(lock):  # noqa: ASYNC110 - another thread or process tells no event
                await asyncio.sleep(PAUSE)
            try:
                yield
            finally:
                await asyncio.shield(asyncio.to_thread(lock.release))

    @contextmanager
    def held_sync(self, thread: str) -> Generator[None]:
        """As ``held``, for callers and checkpointers that are not async.

        Raises:
            SettingsError: The caller holds up the event loop of the turn that it would wait for.
        """
        self._database = self._database or database_of_sync(self._saver)
        lock = self._lock(thread)
        while not lock.taken():
            if lock.here.loop is not None and lock.here.loop is _running_loop():
                raise SettingsError(
                    "this sync call would wait for ever for an async turn of the same thread, "
                    "whose event loop it holds up; call the async one there"
                )
            time.sleep(PAUSE)
        try:
            yield
        finally:
            lock.release()

    def _lock(self, thread: str, loop: asyncio.AbstractEventLoop | None = None) -> _TurnLock:
        beyond = (
            FileLock(self._database, thread) if self._server is None else self._server.lock(thread)
        )
        return _TurnLock(_here(self._saver, thread), beyond, loop)


async def _taken(lock: _TurnLock) -> bool:
    """Try to take it in a worker thread; whoever is cancelled meanwhile does not leave it taken."""
    trying = asyncio.ensure_future(asyncio.to_thread(lock.taken))
    try:
        return await asyncio.shield(trying)
    except asyncio.CancelledError:
        if await trying:
            await asyncio.to_thread(lock.release)
        raise


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Lock(Protocol):
    """What keeps the turns of a thread apart over processes."""

    def taken(self) -> bool:
        """Try to take it."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class _Here:
    """What keeps the turns of a thread apart in this process."""

    def __init__(self) -> None:
        self.held = threading.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None
        """Of the async turn that holds it."""


@dataclass(frozen=True)
class _TurnLock:
    """A lock in this process and one beyond it."""

    here: _Here
    beyond: Lock
    loop: asyncio.AbstractEventLoop | None

    def taken(self) -> bool:
        """Try to take both."""
        if not self.here.held.acquire(blocking=False):
            return False
        self.here.loop = self.loop
        taken = False
        try:
            taken = self.beyond.taken()
        finally:
            if not taken:
                self._leave()
        return taken

    def release(self) -> None:
        """Give both back."""
        try:
            self.beyond.release()
        finally:
            self._leave()

    def _leave(self) -> None:
        self.here.loop = None
        self.here.held.release()


def _here(saver: BaseCheckpointSaver[Any], thread: str) -> _Here:
    with GUARD:
        return HERE.setdefault((id(_place(saver)), thread), _Here())


def _place(saver: BaseCheckpointSaver[Any]) -> object:
    """What the copies of a saver share: LangGraph copies it where msgpack is strict."""
    held = (getattr(saver, name, None) for name in ("conn", "storage"))
    return next((place for place in held if place is not None), saver)


HERE: WeakValueDictionary[tuple[int, str], _Here] = WeakValueDictionary()
"""Locks in use, by the place where the thread is kept."""
GUARD = threading.Lock()
