"""One door for turns: ``send`` looks at what waits in a thread and decides what the words are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

from ..penguin.errors import SettingsError
from .context import RaiseContext
from .memory.settling import leave_list, settled, settled_sync
from .step import is_cut_off, next_step, repeats
from .turn import Turn, turn_of
from .turn_locks import TurnLocks

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from .raise_graph import RaiseGraph


class Dialogues:
    """Dialogues of a RAISE graph, a thread each.

    Args:
        graph: A RAISE graph with a checkpointer.
        context: Settings for every turn; a turn may give its own.
        durability: "sync": what a person was answered is on disk before they read it. "exit"
            writes once a run, for benchmark dialogues that have a ledger of their own.

    Example:
        >>> from langgraph.checkpoint.memory import InMemorySaver
        >>> from raise_penguin.graphs import build_raise_graph
        >>> talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()))
        >>> talk.send_sync("thread-1", "What is a good pasta recipe?").kind
        'reply'
    """

    def __init__(
        self,
        graph: RaiseGraph,
        *,
        context: RaiseContext | None = None,
        durability: Literal["sync", "exit"] = "sync",
    ) -> None:
        if graph.checkpointer is None:
            raise SettingsError(
                "the graph has no checkpointer, so no dialogue can be kept; build it with "
                "build_raise_graph(checkpointer=InMemorySaver()) or a SQLite saver"
            )
        self.graph = graph
        self.context = context or RaiseContext()
        self._durability: Literal["sync", "exit"] = durability
        self._locks = TurnLocks(cast("BaseCheckpointSaver[Any]", graph.checkpointer))

    async def send(
        self,
        thread: str,
        text: str | None,
        *,
        question_id: str | None = None,
        context: RaiseContext | None = None,
        on_piece: Callable[[str], None] | None = None,
    ) -> Turn:
        """Say something in a thread: a first message, an answer, or whatever comes to mind.

        Turns of one thread wait for each other, in one process and, over a SQLite file, in
        several. A run that was cut off is finished first.

        Args:
            thread: Id of the dialogue.
            text: The person's words; None or empty skips a waiting question.
            question_id: The question that the words answer. Words for one that is not waiting any
                more are not taken, so that a double click answers once; words of danger are.
            context: Settings for this turn.
            on_piece: Called with each piece of the reply as it is written. Should the model fail
                half-way, a stand-in's whole reply follows; ``Turn.text`` is what counts.

        Raises:
            MessageError: Too long, or empty with no question waiting. Nothing is stored.
            SettingsError: The thread was written by a newer version; the sentence names both.
        """
        config, settings = _config(thread), context or self.context
        async with self._locks.held(thread):
            snapshot = await settled(self.graph, await self.graph.aget_state(config))
            if is_cut_off(snapshot):
                await self._run(None, config, settings, on_piece)
                resumed = await settled(self.graph, await self.graph.aget_state(config), on_piece)
                if repeats(resumed, text):
                    return turn_of(resumed)
                snapshot = resumed
            step = next_step(snapshot, text, question_id)
            if step is not None:
                await self._run(step, config, settings, on_piece)
            after = await settled(self.graph, await self.graph.aget_state(config), on_piece)
            return turn_of(after, repeated=step is None)

    def send_sync(
        self,
        thread: str,
        text: str | None,
        *,
        question_id: str | None = None,
        context: RaiseContext | None = None,
        on_piece: Callable[[str], None] | None = None,
    ) -> Turn:
        """As ``send``, for callers and checkpointers that are not async."""
        config, settings = _config(thread), context or self.context
        with self._locks.held_sync(thread):
            snapshot = settled_sync(self.graph, self.graph.get_state(config))
            if is_cut_off(snapshot):
                self._run_sync(None, config, settings, on_piece)
                resumed = settled_sync(self.graph, self.graph.get_state(config), on_piece)
                if repeats(resumed, text):
                    return turn_of(resumed)
                snapshot = resumed
            step = next_step(snapshot, text, question_id)
            if step is not None:
                self._run_sync(step, config, settings, on_piece)
            after = settled_sync(self.graph, self.graph.get_state(config), on_piece)
            return turn_of(after, repeated=step is None)

    async def resume(self, thread: str, *, context: RaiseContext | None = None) -> Turn | None:
        """Where a dialogue stands, after finishing a cut-off run; None for a new thread.

        Args:
            thread: Id of the dialogue.
            context: Settings for finishing the run: those of the turn that was cut off.
        """
        config = _config(thread)
        async with self._locks.held(thread):
            snapshot = await settled(self.graph, await self.graph.aget_state(config))
            if is_cut_off(snapshot):
                await self._run(None, config, context or self.context, None)
                snapshot = await settled(self.graph, await self.graph.aget_state(config))
            return turn_of(snapshot) if snapshot.values else None

    def resume_sync(self, thread: str, *, context: RaiseContext | None = None) -> Turn | None:
        """As ``resume``, for callers and checkpointers that are not async."""
        config = _config(thread)
        with self._locks.held_sync(thread):
            snapshot = settled_sync(self.graph, self.graph.get_state(config))
            if is_cut_off(snapshot):
                self._run_sync(None, config, context or self.context, None)
                snapshot = settled_sync(self.graph, self.graph.get_state(config))
            return turn_of(snapshot) if snapshot.values else None

    async def forget(self, thread: str) -> None:
        """Delete a dialogue with all its checkpoints, after the turn that it is at.

        What the person agreed to have kept of them stays: ``Memory.forget`` erases that.
        """
        saver = cast("Any", self.graph.checkpointer)
        async with self._locks.held(thread):
            if self.graph.store is not None:
                snapshot = await self.graph.aget_state(_config(thread))
                await asyncio.to_thread(leave_list, self.graph.store, snapshot)
            await saver.adelete_thread(thread)

    def forget_sync(self, thread: str) -> None:
        """As ``forget``, for callers and checkpointers that are not async."""
        saver = cast("Any", self.graph.checkpointer)
        with self._locks.held_sync(thread):
            if self.graph.store is not None:
                leave_list(self.graph.store, self.graph.get_state(_config(thread)))
            saver.delete_thread(thread)

    async def _run(
        self,
        step: Any,
        config: RunnableConfig,
        context: RaiseContext,
        on_piece: Callable[[str], None] | None,
    ) -> None:
        """Run the graph until it waits or ends, passing on the reply as it is written."""
        async for chunk in self.graph.astream(
            step, config, context=context, stream_mode="custom", durability=self._durability
        ):
            _pass_on(chunk, on_piece)

    def _run_sync(
        self,
        step: Any,
        config: RunnableConfig,
        context: RaiseContext,
        on_piece: Callable[[str], None] | None,
    ) -> None:
        for chunk in self.graph.stream(
            step, config, context=context, stream_mode="custom", durability=self._durability
        ):
            _pass_on(chunk, on_piece)


def _pass_on(chunk: Any, on_piece: Callable[[str], None] | None) -> None:
    """Give a piece of the reply to whoever listens; other chunks are not for them."""
    if on_piece and isinstance(chunk, dict) and "reply" in chunk:
        on_piece(str(cast("dict[str, Any]", chunk)["reply"]))


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread}}
