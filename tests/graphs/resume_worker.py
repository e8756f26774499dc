"""A process that answers a waiting question when told to; several at once must count once.

Run as: resume_worker.py DATABASE SAVER QUESTION_ID TEXT [THREAD], SAVER being "sync" or "async".
DATABASE is a SQLite file or the address of a PostgreSQL. It says "ready", waits for a line,
answers, and prints the turn as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from scripted_roles import Script

from raise_penguin.graphs import Dialogues, Turn, build_raise_graph
from raise_penguin.graphs.roles import Selection, SelectRequest


class Slow(Script):
    """Takes long enough for the others to come in between."""

    async def select(self, request: SelectRequest) -> Selection:
        await asyncio.sleep(0.3)
        return await super().select(request)


def wait() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def report(turn: Turn) -> None:
    facts = {name: fact["value"] for name, fact in turn.state["facts"].items()}
    said = [message.text for message in turn.state["messages"] if message.type == "human"]
    sys.stdout.write(json.dumps({"kind": turn.kind, "facts": facts, "said": said}) + "\n")


async def answer_async(database: str, question: str, text: str, thread: str) -> None:
    async with _savers(database)[1].from_conn_string(database) as saver:
        talk = Dialogues(build_raise_graph(roles=Slow().roles(), checkpointer=saver))
        wait()
        report(await talk.send(thread, text, question_id=question))


def answer(database: str, question: str, text: str, thread: str) -> None:
    with _savers(database)[0].from_conn_string(database) as saver:
        talk = Dialogues(build_raise_graph(roles=Slow().roles(), checkpointer=saver))
        wait()
        report(talk.send_sync(thread, text, question_id=question))


def _savers(database: str) -> tuple[Any, Any]:
    if not database.startswith("postgresql://"):
        return SqliteSaver, AsyncSqliteSaver
    from langgraph.checkpoint.postgres import PostgresSaver
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

    return PostgresSaver, AsyncPostgresSaver


def main() -> None:
    database, saver, question, text = sys.argv[1:5]
    thread = sys.argv[5] if len(sys.argv) > 5 else "t"
    if saver == "async":
        asyncio.run(answer_async(database, question, text, thread))
    else:
        answer(database, question, text, thread)


if __name__ == "__main__":
    main()
