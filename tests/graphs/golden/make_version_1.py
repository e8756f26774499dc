"""Made version_1.sqlite: threads as the last release with state version 1 left them.

It was run once, with the code of commit bb10441 (state version 1), and stands here to say what the
file holds; today's code would write today's version. The offline rules play all roles.

Threads: "interrupt" and "message" wait for the answer to question-1, in that mode; "answered" ended
with a reply.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph

MESSAGE = "I'm 34 and I want to hand in my notice on Friday with nothing else lined up. Bad idea?"


def main() -> None:
    path = Path(__file__).with_name("version_1.sqlite")
    path.unlink(missing_ok=True)
    with SqliteSaver.from_conn_string(str(path)) as saver:
        saver.setup()
        talk = Dialogues(build_raise_graph(checkpointer=saver), durability="exit")
        for thread in ("interrupt", "message", "answered"):
            mode = "message" if thread == "message" else "interrupt"
            context = RaiseContext.model_validate({"mode": mode})
            turn = talk.send_sync(thread, MESSAGE, context=context)
            while thread == "answered" and turn.kind == "question":
                turn = talk.send_sync(thread, None, context=context)
            sys.stdout.write(f"{thread}: {turn.kind}, version {turn.state.get('schema_version')}\n")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")


if __name__ == "__main__":
    main()
