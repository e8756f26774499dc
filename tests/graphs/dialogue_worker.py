"""A process that takes one turn of a dialogue and may be killed at any write of its checkpoints.

Run as: dialogue_worker.py DATABASE KILL_AT TEXT [QUESTION_ID]; prints the turn as JSON. It dies by
SIGKILL just after write number KILL_AT, or before it where KILL_AT is negative; 0 is never.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver

sys.path.insert(0, str(Path(__file__).parent))

from scripted_roles import Script

from raise_penguin.graphs import Dialogues, build_raise_graph

writes = 0


class DyingSaver(SqliteSaver):
    """Kills its own process round a chosen write."""

    kill_at = 0

    def put(self, *args: Any, **kwargs: Any) -> Any:
        with _Mortal(self.kill_at):
            return super().put(*args, **kwargs)

    def put_writes(self, *args: Any, **kwargs: Any) -> None:
        with _Mortal(self.kill_at):
            super().put_writes(*args, **kwargs)


class _Mortal:
    def __init__(self, kill_at: int) -> None:
        global writes  # noqa: PLW0603
        writes += 1
        self.before, self.after = writes == -kill_at, writes == kill_at

    def __enter__(self) -> None:
        if self.before:
            os.kill(os.getpid(), signal.SIGKILL)

    def __exit__(self, *_: object) -> None:
        if self.after:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    database, kill_at, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    question_id = sys.argv[4] if len(sys.argv) > 4 else None
    script = Script()
    with DyingSaver.from_conn_string(database) as saver:
        saver.setup()
        DyingSaver.kill_at = kill_at
        graph = build_raise_graph(roles=script.roles(), checkpointer=saver)
        turn = Dialogues(graph).send_sync("thread", text, question_id=question_id)
        sys.stdout.write(
            json.dumps(
                {
                    "kind": turn.kind,
                    "text": turn.text,
                    "question": turn.question,
                    "facts": turn.state["facts"],
                    "asked": turn.state["asked"],
                    "said": [m.text for m in turn.state["messages"] if m.type == "human"],
                    "replies": [m.text for m in turn.state["messages"] if m.type == "ai"],
                    "calls": script.calls,
                    "writes": writes,
                }
            )
        )


if __name__ == "__main__":
    main()
