"""A process that answers a waiting question when told to; several at once must count once.

Run as: resume_worker.py DATABASE SAVER QUESTION_ID TEXT, SAVER being "sync" or "async". It says
"ready", waits for a line, answers, and prints the turn as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

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


async def answer_async(database: str, question: str, text: str) -> None:
    async with AsyncSqliteSaver.from_conn_string(database) as saver:
        talk = Dialogues(build_raise_graph(roles=Slow().roles(), checkpointer=saver))
        wait()
        report(await talk.send("t", text, question_id=question))


def answer(database: str, question: str, text: str) -> None:
    with SqliteSaver.from_conn_string(database) as saver:
        talk = Dialogues(build_raise_graph(roles=Slow().roles(), checkpointer=saver))
        wait()
        report(talk.send_sync("t", text, question_id=question))


def main() -> None:
    database, saver, question, text = sys.argv[1:5]
    if saver == "async":
        asyncio.run(answer_async(database, question, text))
    else:
        answer(database, question, text)


if __name__ == "__main__":
    main()
