"""A process that takes turns of dialogues kept in an SQLite file, and may be killed at any write.

``python -m raise_penguin.evals.properties.worker DATABASE`` reads one ``Order`` a line and answers
each with one ``Receipt``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver
from pydantic import BaseModel, ConfigDict

from ...graphs.dialogues import Dialogues
from ...graphs.raise_graph import build_raise_graph
from ...graphs.state import message_text


class Order(BaseModel):
    """Words to say in a thread."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thread: str
    text: str = ""
    question_id: str | None = None
    look: bool = False
    """Say nothing; tell where the thread stands."""
    kill_at: int = 0
    """SIGKILL to itself at this write from now: before it where negative; 0 is never."""


class Receipt(BaseModel):
    """What came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    question_id: str | None = None
    attribute: str | None = None
    said: tuple[str, ...] = ()
    """All words of the person that are stored."""
    agent: int = 0
    """Messages of the agent that are stored."""
    asked: tuple[str, ...] = ()


class MortalSaver(SqliteSaver):
    """Ends its own process round a chosen write.

    The graph works with a copy of the saver that it is given, so the class holds the choice.
    """

    kill_at = 0

    def put(self, *args: Any, **kwargs: Any) -> Any:
        """As the saver's own, unless the process ends."""
        with self._mortal():
            return super().put(*args, **kwargs)

    def put_writes(self, *args: Any, **kwargs: Any) -> None:
        """As the saver's own, unless the process ends."""
        with self._mortal():
            super().put_writes(*args, **kwargs)

    @contextmanager
    def _mortal(self) -> Generator[None]:
        left = MortalSaver.kill_at
        MortalSaver.kill_at = left - 1 if left > 0 else left + 1 if left < 0 else 0
        if left == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield
        if left == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def take(dialogues: Dialogues, order: Order) -> Receipt:
    """Carry out one order."""
    if order.look:
        turn = dialogues.resume_sync(order.thread)
    else:
        turn = dialogues.send_sync(order.thread, order.text, question_id=order.question_id)
    if turn is None:
        return Receipt(kind="new")
    messages = turn.state["messages"]
    return Receipt(
        kind=turn.kind,
        question_id=turn.question["id"] if turn.question else None,
        attribute=turn.question["attribute"] if turn.question else None,
        said=tuple(message_text(one.content) for one in messages if one.type == "human"),
        agent=sum(one.type == "ai" for one in messages),
        asked=tuple(turn.state["asked"]),
    )


def main() -> None:
    """Take orders until there are none."""
    with MortalSaver.from_conn_string(sys.argv[1]) as saver:
        saver.setup()
        dialogues = Dialogues(build_raise_graph(checkpointer=saver))
        for line in sys.stdin:
            order = Order.model_validate_json(line)
            MortalSaver.kill_at = order.kill_at
            sys.stdout.write(take(dialogues, order).model_dump_json() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
