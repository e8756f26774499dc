"""The conversations behind the page: a turn in lines of JSON, and deletion that deletes."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from known import forget_fact, shown_facts
from langgraph.checkpoint.base import BaseCheckpointSaver

from raise_penguin.agent.serve import ErasingSqliteSaver
from raise_penguin.graphs import Dialogues, RaiseContext, RaiseState, Turn, build_raise_graph
from raise_penguin.penguin.errors import MessageError

LOG = logging.getLogger("web_page")

Line = dict[str, Any]


class Talk:
    """Conversations in a SQLite file.

    Args:
        saver: An open saver.
        context: Settings of the agent. Questions come as messages: a dialogue then stands still
            between turns, and a fact can be taken out of it.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any], context: RaiseContext) -> None:
        self.offline = context.model == "offline"
        self._dialogues = Dialogues(
            build_raise_graph(checkpointer=saver),
            context=context.model_copy(update={"mode": "message"}),
        )
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._running: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def opened(cls, database: Path, context: RaiseContext) -> AsyncGenerator[Talk]:
        """Open the file; at the end let turns in progress end, then close it."""
        async with ErasingSqliteSaver.from_conn_string(str(database)) as saver:
            talk = cls(saver, context)
            yield talk
            if talk._running:
                await asyncio.wait(talk._running)

    async def shown(self, thread: str) -> Line:
        """All that was said and is known."""
        turn = await self._dialogues.resume(thread)
        return _told(turn.state) | _end(turn) if turn else {"messages": [], "known": []}

    async def take(self, thread: str, text: str, question_id: str | None) -> AsyncIterator[Line]:
        """Take a turn: pieces of the reply as they are written, then the turn.

        It runs to its end though nobody may listen any more. Where it fails, no turn comes.
        """
        lines: asyncio.Queue[Line | None] = asyncio.Queue()

        def pass_on(piece: str) -> None:
            lines.put_nowait({"piece": piece})

        async def run() -> None:
            try:
                async with self._locks[thread]:
                    turn = await self._dialogues.send(
                        thread, text, question_id=question_id, on_piece=pass_on
                    )
                lines.put_nowait({"turn": _end(turn) | {"known": shown_facts(turn.state)}})
            except MessageError as error:
                lines.put_nowait({"error": str(error)})
            except Exception as error:  # noqa: BLE001 - its text may quote what the person said
                LOG.error("a turn failed (%s)", type(error).__name__)
            finally:
                lines.put_nowait(None)

        task = asyncio.create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        while (line := await lines.get()) is not None:
            yield line

    async def forget_fact(self, thread: str, attribute: str) -> Line | None:
        """Take one fact out of a dialogue, older checkpoints included; None if it is not there."""
        async with self._locks[thread]:
            if not await forget_fact(self._dialogues.graph, thread, attribute):
                return None
        return await self.shown(thread)

    async def forget(self, thread: str) -> Line:
        """Delete a dialogue with all its checkpoints."""
        async with self._locks[thread]:
            await self._dialogues.forget(thread)
        return {"messages": [], "known": []}


def _told(state: RaiseState) -> Line:
    messages = [
        {"who": "you" if message.type == "human" else "raise", "text": message.text}
        for message in state["messages"]
    ]
    return {"messages": messages, "known": shown_facts(state)}


def _end(turn: Turn) -> Line:
    return {
        "kind": turn.kind,
        "text": turn.text,
        "question": turn.question,
        "crisis": turn.state.get("outcome") == "crisis",
        "degraded": bool(turn.state.get("degraded")),
    }
