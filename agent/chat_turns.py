"""One turn for a call of a chat runnable: in a thread that is kept, or from a whole transcript."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from ..graphs.context import RaiseContext
from ..graphs.dialogues import Dialogues
from ..graphs.state import RaiseState
from ..graphs.sync_door import SyncDoor
from ..graphs.turn import Turn
from ..graphs.turn_locks import TurnLocks
from ..penguin.errors import SettingsError
from .chat_input import ChatInput, Said, read_input
from .replay import Replay
from .reply_message import reply_message, without_model

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from ..graphs.raise_graph import RaiseGraph
    from .pieces import OnPiece

MOST_THREADS = 1_000
"""Dialogues that are kept in memory; the one that was silent longest goes first."""


@dataclass(frozen=True)
class Call:
    """What one call says, and where it belongs."""

    said: Said
    thread: str | None
    """Id of the dialogue; None: the transcript is all there is."""
    question_id: str | None
    context: RaiseContext


class ChatTurns:
    """Takes turns of a RAISE graph with a checkpointer.

    Args:
        graph: Built with ``takes_state=True``.
        context: Settings of all turns, in message mode.
        replay: Reads transcripts.
        by_rules: Whether rules play every role, as long as the context names no model.
    """

    def __init__(
        self, graph: RaiseGraph, *, context: RaiseContext, replay: Replay, by_rules: bool
    ) -> None:
        self.dialogues = Dialogues(graph, context=context)
        self._stateless = graph.copy(update={"checkpointer": None})
        self._context, self._replay, self._by_rules = context, replay, by_rules
        self._door = SyncDoor()
        self._begins = TurnLocks(cast("BaseCheckpointSaver[Any]", graph.checkpointer))
        self._kept: OrderedDict[str, None] = OrderedDict()

    def read(self, given: ChatInput, config: RunnableConfig) -> Call:
        """What a call says.

        Raises:
            MessageError: There are no words of a person.
            SettingsError: ``raise_context`` holds what no context has, or memory is on without a
                thread.
        """
        settings = config.get("configurable") or {}
        thread = settings.get("thread_id") or settings.get("session_id")
        question_id = settings.get("question_id")
        context = self._with(settings.get("raise_context"))
        if context.memory and thread is None:
            raise SettingsError(
                "memory is on for a call without a thread, where no consent can be heard: name the "
                "dialogue in config['configurable']['thread_id']"
            )
        return Call(
            read_input(given),
            None if thread is None else str(thread),
            None if question_id is None else str(question_id),
            context,
        )

    def take(self, call: Call, on_piece: OnPiece | None = None) -> AIMessage:
        """The agent's next message."""
        if call.thread is None:
            state = self._door.run(self._replay.state(call.said.history))
            for kind, chunk in self._stateless.stream(
                _start(state, call), context=call.context, stream_mode=["custom", "values"]
            ):
                state = _heard(kind, chunk, state, on_piece)
            return self._said(state, call)
        if call.said.history:
            self._begin(call.thread, call.said.history)
        turn = self.dialogues.send_sync(
            call.thread,
            call.said.words,
            question_id=call.question_id,
            context=call.context,
            on_piece=on_piece,
        )
        return self._told(turn, call)

    async def atake(self, call: Call, on_piece: OnPiece | None = None) -> AIMessage:
        """As ``take``."""
        if call.thread is None:
            state = await self._replay.state(call.said.history)
            async for kind, chunk in self._stateless.astream(
                _start(state, call), context=call.context, stream_mode=["custom", "values"]
            ):
                state = _heard(kind, chunk, state, on_piece)
            return self._said(state, call)
        if call.said.history:
            await self._abegin(call.thread, call.said.history)
        turn = await self.dialogues.send(
            call.thread,
            call.said.words,
            question_id=call.question_id,
            context=call.context,
            on_piece=on_piece,
        )
        return self._told(turn, call)

    def _begin(self, thread: str, history: list[BaseMessage]) -> None:
        """Read a thread that is not known back from a history; of calls at once, one does."""
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        graph = self.dialogues.graph
        with self._begins.held_sync(thread):
            if not graph.get_state(config).values:
                state = self._door.run(self._replay.state(history))
                graph.update_state(config, state, as_node="ask")

    async def _abegin(self, thread: str, history: list[BaseMessage]) -> None:
        """As ``_begin``."""
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        graph = self.dialogues.graph
        async with self._begins.held(thread):
            if not (await graph.aget_state(config)).values:
                state = await self._replay.state(history)
                await graph.aupdate_state(config, state, as_node="ask")

    def _with(self, changes: object) -> RaiseContext:
        """The context with the fields that a call brings."""
        if changes is None:
            return self._context
        if isinstance(changes, RaiseContext):
            return changes.model_copy(update={"mode": "message"})
        try:
            fields = {**self._context.model_dump(), **cast("Mapping[str, Any]", changes)}
            return RaiseContext.model_validate({**fields, "mode": "message"})
        except (TypeError, ValueError) as error:
            raise SettingsError(f"raise_context {changes!r}: {error}") from error

    def _told(self, turn: Turn, call: Call) -> AIMessage:
        if call.thread is not None:
            self._keep(call.thread)
        return self._said(turn.state, call, repeated=turn.kind == "repeated")

    def _said(self, state: RaiseState, call: Call, *, repeated: bool = False) -> AIMessage:
        return reply_message(
            state, offline=self._by_rules and without_model(call.context), repeated=repeated
        )

    def _keep(self, thread: str) -> None:
        """Bound what a saver in memory holds; other savers are their owner's to prune."""
        saver = cast("object", self.dialogues.graph.checkpointer)
        if not isinstance(saver, InMemorySaver):
            return
        self._kept[thread] = None
        self._kept.move_to_end(thread)
        if len(self._kept) > MOST_THREADS:
            saver.delete_thread(self._kept.popitem(last=False)[0])


def _start(state: RaiseState, call: Call) -> RaiseState:
    """The input of a run without a checkpointer: the state so far, and the new words."""
    start = RaiseState(**state)
    start["messages"] = [*(state.get("messages") or []), HumanMessage(call.said.words)]
    return start


def _heard(kind: Any, chunk: Any, state: RaiseState, on_piece: OnPiece | None) -> RaiseState:
    """The newest state of a run; pieces of the reply go to whoever listens."""
    if kind == "values":
        return cast("RaiseState", chunk)
    if on_piece and isinstance(chunk, dict) and "reply" in chunk:
        on_piece(str(cast("dict[str, Any]", chunk)["reply"]))
    return state
