"""Turns of many threads: one at a time in each, finished and kept whoever hangs up."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from .errors import IN_DANGER, ApiError
from .reply import Reply

if TYPE_CHECKING:
    from ...graphs import Dialogues

HEARTBEAT_SECONDS = 15.0
"""Silence after which a stream says that it is still there, so that proxies keep it open."""

REMEMBERED = 1_000
"""Threads whose last turn is at hand for a request that comes again, where all are kept."""

Step = Callable[[Callable[[str], None]], Awaitable[Reply]]
"""Takes a turn, handing each piece of the reply to the function it is given."""


class Underway:
    """A turn that runs in a task of its own, and whoever listens to it.

    Args:
        request: Digest of all that the caller sent.
        step: Takes the turn.
        after: A turn that must have ended first.
    """

    def __init__(self, request: str, step: Step, after: Underway | None) -> None:
        self.request = request
        self._pieces: list[str] = []
        self._news = asyncio.Event()

        async def run() -> Reply:
            if after is not None:
                await after.ended()
            return await step(self._add)

        self.task = asyncio.create_task(run())
        self.task.add_done_callback(lambda _: self._news.set())

    async def reply(self) -> Reply:
        """The reply when it is there; who waits may leave, the turn goes on."""
        return await asyncio.shield(self.task)

    def kept(self) -> bool:
        """Whether it has ended with a reply that stands in the dialogue."""
        over = self.task.done() and not self.task.cancelled() and self.task.exception() is None
        return over and self.task.result().kept

    async def ended(self) -> None:
        """Wait for the end, good or bad."""
        await asyncio.wait([self.task])

    async def follow(self) -> AsyncIterator[str]:
        """Each piece as it is written, from the first; "" now and then in a long silence."""
        read = 0
        while True:
            news = self._news
            while read < len(self._pieces):
                yield self._pieces[read]
                read += 1
            if self.task.done():
                return
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ""

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._news.set()
        self._news = asyncio.Event()


class Conversations:
    """Threads of one ``Dialogues``.

    Args:
        dialogues: Where turns are taken.
        waiting: How many requests may wait for the one that runs in their thread.
        keep: Threads that are kept, the longest unused being forgotten; all when None.
    """

    def __init__(self, dialogues: Dialogues, *, waiting: int, keep: int | None) -> None:
        self.dialogues = dialogues
        self._waiting = waiting
        self._keep = keep
        self._lines: dict[str, list[Underway]] = {}
        self._latest: OrderedDict[str, Underway] = OrderedDict()
        self._forgetting: set[asyncio.Task[None]] = set()

    def begin(self, thread: str, request: str, step: Step, *, repeatable: bool) -> Underway:
        """Take a turn, after those that the thread is at.

        Args:
            thread: The thread's full name.
            request: Digest of all that the caller sent. A request that is under way is not
                taken a second time: who sends it again hears the same reply.
            step: Takes the turn.
            repeatable: Whether the request tells itself from a later one with the same words (it
                carries the history, or the client says that it tries again): then this holds
                for one that has ended too, as long as nothing was said after it.

        Raises:
            ApiError: 409, too many requests wait already.
        """
        line = self._lines.get(thread, [])
        if same := next((one for one in line if one.request == request), None):
            return same
        latest = self._latest.get(thread)
        if repeatable and not line and latest and latest.request == request and latest.kept():
            return latest
        if len(line) > self._waiting:
            message = (
                f"{len(line)} requests of this thread are being answered: wait for them. "
                f"{IN_DANGER}"
            )
            raise ApiError(409, message, code="thread_busy", headers={"Retry-After": "1"})
        underway = Underway(request, step, line[-1] if line else None)
        self._lines.setdefault(thread, line).append(underway)
        underway.task.add_done_callback(lambda task: self._ended(thread, underway, task))
        return underway

    async def forget(self, thread: str) -> None:
        """Delete a thread, after the turns that it is at."""
        for underway in list(self._lines.get(thread, ())):
            await underway.ended()
        self._latest.pop(thread, None)
        await self.dialogues.forget(thread)

    async def close(self, seconds: float) -> None:
        """Let turns in progress end, so long; a turn cut off then is finished by the next one."""
        lines = [one.ended() for line in self._lines.values() for one in line]
        if lines:
            await asyncio.wait([asyncio.ensure_future(one) for one in lines], timeout=seconds)
        if self._forgetting:
            await asyncio.wait(self._forgetting, timeout=seconds)

    def _ended(self, thread: str, underway: Underway, task: asyncio.Task[Reply]) -> None:
        line = self._lines[thread]
        line.remove(underway)
        if not line:
            del self._lines[thread]
        if not task.cancelled():
            task.exception()  # whoever sent the request may have left: nobody else asks
        self._latest[thread] = underway
        self._latest.move_to_end(thread)
        while len(self._latest) > (self._keep or REMEMBERED):
            oldest, _ = self._latest.popitem(last=False)
            if self._keep and oldest not in self._lines:
                forgetting = asyncio.create_task(self.dialogues.forget(oldest))
                self._forgetting.add(forgetting)
                forgetting.add_done_callback(self._forgetting.discard)
