"""Guards PostgreSQL as store and as saver: consent, use, erasure, on a real server from a wheel."""

from __future__ import annotations

from typing import Any, cast

import pytest
from memory_dialogues import dialogues, kept, say

from raise_penguin.graphs import Memory

pytest.importorskip("langgraph.store.postgres", reason="pip install 'raise-penguin[postgres]'")

TOLD = "Should I move out? profession is glassblower, and age is 25-34"


def test_postgres_keeps_and_erases(postgres: str) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver
    from langgraph.store.postgres import PostgresStore

    with (
        PostgresStore.from_conn_string(postgres) as store,
        PostgresSaver.from_conn_string(postgres) as saver,
    ):
        store.setup()
        saver.setup()
        talk = dialogues(store, saver=saver, questions=1)
        turn = say(talk, "Should I move out? profession is glassblower", "age is 25-34")
        assert (turn.kind, turn.state["asked"]) == ("reply", ["age"])
        say(talk, "yes")
        assert kept(store) == {"age": "25-34", "profession": "glassblower"}
        other = say(talk, "Should I move out? I am torn.", thread="new")
        assert other.state["facts"]["age"]["source"] == "memory"
        turn = say(talk, "forget my job")
        assert turn.text.endswith("Earlier saved copies of our conversations are erased too.")
        assert kept(store) == {"age": "25-34"}
        connection = cast("Any", saver.conn)
        rows = [
            str(row)
            for table in ("store", "checkpoints", "checkpoint_blobs", "checkpoint_writes")
            for row in connection.execute(f"SELECT * FROM {table}").fetchall()
        ]
        assert rows
        assert not [row for row in rows if "glassblower" in row]
        assert Memory(store, saver).forget_sync("ann").threads == 2
        left = connection.execute("SELECT count(*) AS n FROM checkpoints").fetchone()
        assert left == {"n": 0}
