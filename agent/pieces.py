"""Work that tells its pieces to a callback, as a stream of message chunks."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk

from .reply_message import KEY

OnPiece = Callable[[str], None]


def streamed(work: Callable[[OnPiece], AIMessage], context: Context) -> Iterator[AIMessageChunk]:
    """The pieces of a message as they are written; the last chunk carries the metadata.

    The work runs in a thread of its own, in the given context; a consumer who leaves early waits
    for its end, so that the dialogue is whole.
    """
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def run() -> AIMessage:
        try:
            return work(pieces.put)
        finally:
            pieces.put(None)

    with ThreadPoolExecutor(1, "raise-penguin-stream") as pool:
        done = pool.submit(context.run, run)
        shown = ""
        while (piece := pieces.get()) is not None:
            shown += piece
            yield _chunk(piece)
        yield _last(shown, done.result())


async def astreamed(
    work: Callable[[OnPiece], Awaitable[AIMessage]], context: Context
) -> AsyncGenerator[AIMessageChunk]:
    """As ``streamed``; a consumer who leaves early ends the work, and the next turn finishes it."""
    pieces: asyncio.Queue[str | None] = asyncio.Queue()

    async def run() -> AIMessage:
        try:
            return await work(pieces.put_nowait)
        finally:
            pieces.put_nowait(None)

    task = asyncio.get_running_loop().create_task(run(), context=context)
    shown = ""
    try:
        while (piece := await pieces.get()) is not None:
            shown += piece
            yield _chunk(piece)
        yield _last(shown, await task)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


def _chunk(text: str, metadata: dict[str, Any] | None = None) -> AIMessageChunk:
    return AIMessageChunk(content=text, name="raise", response_metadata=metadata or {})


def _last(shown: str, message: AIMessage) -> AIMessageChunk:
    """What was not shown yet, and the metadata."""
    text = message.text
    if not shown.strip():
        return _chunk(text, message.response_metadata)
    metadata = dict(message.response_metadata)
    if shown.strip() != text:
        metadata[KEY] = {**metadata[KEY], "streamed": text}
    return _chunk("" if shown.strip().endswith(text) else f"\n\n{text}", metadata)
