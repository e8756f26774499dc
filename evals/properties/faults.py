"""What breaks on purpose: checkpoints that cannot be written or read, and callers that go away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from .plans import Breaks


class BrokenError(OSError):
    """A checkpoint could not be written or read."""


class Gone(BaseException):
    """The process ends here, as far as the dialogue can tell. No handler may swallow it."""


@dataclass
class Faults:
    """The faults of one dialogue: when each is due, and which have come."""

    breaks: Breaks
    task: asyncio.Task[Any] | None = None
    """The caller of the current turn, where it can be cancelled."""
    dead: bool = False
    """Nothing can be written or read until the process is started anew."""
    came: list[str] = field(default_factory=list[str])
    failed_roles: set[str] = field(default_factory=set[str])
    """Roles that failed in the current turn."""
    _counts: dict[str, int] = field(default_factory=dict[str, int])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _count(self, what: str) -> int:
        with self._lock:
            self._counts[what] = self._counts.get(what, 0) + 1
            return self._counts[what]

    def _come(self, what: str) -> BrokenError:
        self.came.append(what)
        return BrokenError(f"the disk of the checkpoints failed at {what}")

    @contextmanager
    def write(self) -> Generator[None]:
        """One write of a checkpoint."""
        number = self._count("write")
        if self.dead:
            raise self._come(f"write {number}, with the store gone")
        due = self.breaks.writes.get(number)
        if due == "dead":
            self.dead = True
        if due == "gone":
            self._go(f"write {number}")
        if due in ("dead", "before"):
            raise self._come(f"write {number}")
        yield
        if due == "after":
            raise self._come(f"write {number}, after it was done")

    def read(self) -> None:
        """One read of a checkpoint."""
        number = self._count("read")
        if self.dead or number in self.breaks.reads:
            raise self._come(f"read {number}")

    async def role_call(self) -> None:
        """One call of a role; the caller may go away in the middle of it."""
        number = self._count("call")
        if number not in self.breaks.kills:
            return
        self._go(f"role call {number}")
        await asyncio.sleep(3600)  # only the cancellation ends it

    def _go(self, what: str) -> None:
        """The caller goes away: cancelled where it can be, else as if the process ended here."""
        self.came.append(f"the caller went at {what}")
        if self.task is None:
            raise Gone(what)
        self.task.cancel()


CURRENT: ContextVar[Faults | None] = ContextVar("faults", default=None)
"""The faults of the dialogue that the current code works for."""


@contextmanager
def _write() -> Generator[None]:
    faults = CURRENT.get()
    if faults is None:
        yield
        return
    with faults.write():
        yield


def _read() -> None:
    if (faults := CURRENT.get()) is not None:
        faults.read()


class FailingSaver(BaseCheckpointSaver[Any]):
    """Put before a saver whose work is done by its sync methods."""

    def put(self, *args: Any, **kwargs: Any) -> Any:
        """As the saver's own, unless a fault is due."""
        with _write():
            return super().put(*args, **kwargs)

    def put_writes(self, *args: Any, **kwargs: Any) -> None:
        """As the saver's own, unless a fault is due."""
        with _write():
            super().put_writes(*args, **kwargs)

    def get_tuple(self, *args: Any, **kwargs: Any) -> Any:
        """As the saver's own, unless a fault is due."""
        _read()
        return super().get_tuple(*args, **kwargs)


class FailingAsyncSaver(BaseCheckpointSaver[Any]):
    """Put before a saver whose work is done by its async methods."""

    async def aput(self, *args: Any, **kwargs: Any) -> Any:
        """As the saver's own, unless a fault is due."""
        with _write():
            return await super().aput(*args, **kwargs)

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        """As the saver's own, unless a fault is due."""
        with _write():
            await super().aput_writes(*args, **kwargs)

    async def aget_tuple(self, *args: Any, **kwargs: Any) -> Any:
        """As the saver's own, unless a fault is due."""
        _read()
        return await super().aget_tuple(*args, **kwargs)
