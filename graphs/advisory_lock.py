"""One turn of a thread at a time over a PostgreSQL server: its advisory locks.

A lock belongs to the session that took it and ends with it, so that a killed process leaves
nothing locked. One connection of its own holds the locks of all turns of a process: taken from
the saver's pool, each turn would keep a connection for as long as its models write.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, LiteralString, cast

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from psycopg import Connection

LOGGER = logging.getLogger(__name__)

CLIENT_SIDE = ("autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory")
"""Settings of a pool's connections that are no part of their address."""
PATIENCE = 5
"""Seconds for which a server that does not answer is waited for, where its address names none."""
TAKE = "SELECT pg_try_advisory_lock(%s)"
GIVE_BACK = "SELECT pg_advisory_unlock(%s)"


class AdvisoryLocks:
    """The locks of a server, by thread; blocking calls of a millisecond, not for an event loop.

    A lost connection loses every lock that it held. It is opened anew at the next call, which takes
    them back before anything else; a lock that another process took meanwhile is logged, for two
    turns of a thread may then have run at once.

    Args:
        connect: Opens a connection in autocommit mode.
    """

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        self._connect = connect
        self._guard = threading.Lock()
        self._open: list[Connection[Any]] = []
        self._held: set[str] = set()
        """A session may take its own lock again; this keeps its turns apart from each other."""
        weakref.finalize(self, _close, self._open)

    def lock(self, thread: str) -> AdvisoryLock:
        """The lock of a thread."""
        return AdvisoryLock(self, thread)

    def taken(self, thread: str) -> bool:
        """Try to take the lock of a thread; False also where this object holds it.

        Where the server cannot be reached, the thread is kept apart in this process alone: the turn
        goes on as far as its checkpointer does, for somebody may be in danger.
        """
        from psycopg import OperationalError

        with self._guard:
            if thread in self._held:
                return False
            try:
                taken = self._asked(TAKE, thread)
            except OperationalError as error:
                LOGGER.error("no lock over processes: %s", type(error).__name__)
                taken = True
            if taken:
                self._held.add(thread)
            return taken

    def release(self, thread: str) -> None:
        """Give the lock back; it is gone already where the connection was lost."""
        from psycopg import OperationalError

        with self._guard:
            self._held.discard(thread)
            if not self._open:
                return
            try:
                self._asked(GIVE_BACK, thread)
            except OperationalError as error:
                LOGGER.error("locks over processes are lost: %s", type(error).__name__)

    def _asked(self, statement: LiteralString, thread: str) -> bool:
        """What the server says; a connection that was lost is opened anew, once."""
        from psycopg import OperationalError

        try:
            return _answer(self._session(), statement, thread)
        except OperationalError:
            _close(self._open)
            return _answer(self._session(), statement, thread)

    def _session(self) -> Connection[Any]:
        """The connection, with the locks of all turns under way."""
        if not self._open:
            session = self._connect()
            self._open.append(session)
            for thread in self._held:
                if not _answer(session, TAKE, thread):
                    LOGGER.warning("a thread was taken while the connection was lost")
        return self._open[0]


@dataclass(frozen=True)
class AdvisoryLock:
    """The lock of one thread."""

    locks: AdvisoryLocks
    thread: str

    def taken(self) -> bool:
        """As ``AdvisoryLocks.taken``."""
        return self.locks.taken(self.thread)

    def release(self) -> None:
        """As ``AdvisoryLocks.release``."""
        self.locks.release(self.thread)


def advisory_locks(saver: BaseCheckpointSaver[Any]) -> AdvisoryLocks | None:
    """The locks of a saver's server; None where it is no PostgreSQL saver.

    Also None for a pool whose address only a coroutine tells.
    """
    line = type(saver).__mro__
    if not any(one.__module__.startswith("langgraph.checkpoint.postgres") for one in line):
        return None
    held = cast("Any", saver).conn
    if iscoroutinefunction(getattr(held, "conninfo", "")):
        return None
    return AdvisoryLocks(lambda: _connected(held))


def _connected(held: Any) -> Connection[Any]:
    """A connection to where a connection or a pool leads."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    if hasattr(held, "conninfo"):  # a pool
        settings: dict[str, Any] = dict(_called(held.kwargs) or {})
        address = make_conninfo(
            _called(held.conninfo),
            **{name: value for name, value in settings.items() if name not in CLIENT_SIDE},
        )
    else:
        address = make_conninfo(
            **held.info.get_parameters(),
            **({"password": word} if (word := held.info.password) else {}),
        )
    named = conninfo_to_dict(address).get("connect_timeout")
    return psycopg.connect(address, autocommit=True, connect_timeout=named or PATIENCE)


def _answer(session: Connection[Any], statement: LiteralString, thread: str) -> bool:
    row = session.execute(statement, (_key(thread),)).fetchone()
    return bool(row and row[0])


def _called(given: Any) -> Any:
    return given() if callable(given) else given


def _close(connections: list[Connection[Any]]) -> None:
    while connections:
        connections.pop().close()


def _key(thread: str) -> int:
    """A thread's key: the 64 bits that advisory locks are told apart by, ours by a prefix."""
    name = f"raise-penguin/{thread}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
