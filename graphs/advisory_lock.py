"""One turn of a thread at a time over a PostgreSQL server: its advisory locks.

A lock belongs to the session that took it and ends with it, so that a killed process leaves
nothing locked. One connection of its own holds the locks of all turns of a process: taken from
the saver's pool, each turn would keep a connection for as long as its models write.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from psycopg import Connection

CLIENT_SIDE = ("autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory")
"""Settings of a pool's connections that are no part of their address."""


class AdvisoryLocks:
    """The locks of a server, by thread; blocking calls of a millisecond, not for an event loop.

    Args:
        connect: Opens a connection in autocommit mode. It is opened when it is first needed, and
            anew when it was lost.
    """

    def __init__(self, connect: Callable[[], Connection[Any]]) -> None:
        self._connect = connect
        self._guard = threading.Lock()
        self._open: list[Connection[Any]] = []
        self._held: set[str] = set()
        """A session may take its own lock again; this keeps its turns apart from each other."""
        weakref.finalize(self, _close, self._open)

    def taken(self, thread: str) -> bool:
        """Try to take the lock of a thread; False also where this object holds it.

        Raises:
            psycopg.OperationalError: The server cannot be reached.
        """
        from psycopg import OperationalError

        with self._guard:
            if thread in self._held:
                return False
            try:
                taken = self._try(thread)
            except OperationalError:
                _close(self._open)  # a server that was started anew: once more
                taken = self._try(thread)
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
                self._open[0].execute("SELECT pg_advisory_unlock(%s)", (_key(thread),))
            except OperationalError:
                _close(self._open)

    def _try(self, thread: str) -> bool:
        if not self._open:
            self._open.append(self._connect())
        row = self._open[0].execute("SELECT pg_try_advisory_lock(%s)", (_key(thread),)).fetchone()
        return bool(row and row[0])


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
    from psycopg.conninfo import make_conninfo

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
    return psycopg.connect(address, autocommit=True)


def _called(given: Any) -> Any:
    return given() if callable(given) else given


def _close(connections: list[Connection[Any]]) -> None:
    while connections:
        connections.pop().close()


def _key(thread: str) -> int:
    """A thread's key: the 64 bits that advisory locks are told apart by, ours by a prefix."""
    name = f"raise-penguin/{thread}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
