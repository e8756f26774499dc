"""Memory with consent: offered, agreed to, used in another conversation, erased.

Run it with ``python examples/memory.py``. It needs no model and no key.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.store.sqlite import SqliteStore

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph


def main() -> None:
    """Talk in two threads with memory on; the long replies are cut out."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteSaver.from_conn_string(f"{folder}/dialogues.sqlite") as saver,
        SqliteStore.from_conn_string(f"{folder}/memory.sqlite") as store,
    ):
        store.setup()
        graph = build_raise_graph(checkpointer=saver, memory_store=store)
        context = RaiseContext(memory=True, person="customer-17", budget=0)
        talk = Dialogues(graph, context=context)

        def say(thread: str, text: str) -> None:
            turn = talk.send_sync(thread, text)
            print(f"you    {text}\nagent  {turn.text.split(chr(10) * 2)[-1]}\n")

        say("monday", "I'm 31, I'm a nurse and money is tight for me. Should I quit?")
        say("monday", "yes")
        say("monday", "no")
        facts = talk.send_sync("friday", "Should I tell my boss what I think of him?").state[
            "facts"
        ]
        print("used on Friday:", {name: fact["value"] for name, fact in facts.items()}, "\n")
        say("friday", "what do you know about me?")
        say("friday", "forget my job")
        say("friday", "forget everything about me")
        left = b"".join(path.read_bytes() for path in Path(folder).iterdir())
        print("words left in the files:", [word for word in (b"nurse", b"25-34") if word in left])


if __name__ == "__main__":
    main()
