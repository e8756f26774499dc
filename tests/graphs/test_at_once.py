"""Guards one turn at a time: threads, two dialogue objects, and processes (trap 4)."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from at_once import answers_at_once
from langgraph.checkpoint.sqlite import SqliteSaver
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.roles import Selection, SelectRequest


class Slow(Script):
    async def select(self, request: SelectRequest) -> Selection:
        await asyncio.sleep(0.1)
        return await super().select(request)


def one_taken(results: list[dict[str, Any]]) -> None:
    assert sorted(result["kind"] for result in results) == [
        "question",
        *["repeated"] * (len(results) - 1),
    ]
    told = {json.dumps(result["facts"]) for result in results}
    assert len(told) == 1, "all see the one answer that was taken"
    assert len(results[0]["said"]) == 2


@pytest.mark.parametrize("savers", [("sync", "sync"), ("async", "async"), ("sync", "async")])
def test_two_processes_at_once_count_once(savers: tuple[str, str], tmp_path: Path) -> None:
    database = str(tmp_path / "t.sqlite")
    with SqliteSaver.from_conn_string(database) as saver:
        talk = Dialogues(build_raise_graph(roles=Script().roles(), checkpointer=saver))
        question = talk.send_sync("t", SENSITIVE).question
    assert question
    results = answers_at_once(database, question["id"], savers)
    one_taken(results)
    assert list(tmp_path.glob("*.turn")) == [], "no lock is left behind"


@pytest.mark.parametrize("objects", [1, 2])
def test_threads_at_once_count_once(objects: int, tmp_path: Path) -> None:
    """Also over two graphs with a connection each, as two web workers in one process have."""
    database = str(tmp_path / "t.sqlite")
    with (
        SqliteSaver.from_conn_string(database) as one,
        SqliteSaver.from_conn_string(database) as other,
    ):
        talks = [
            Dialogues(build_raise_graph(roles=Slow().roles(), checkpointer=saver))
            for saver in (one, other)[:objects]
        ]
        question = talks[0].send_sync("t", SENSITIVE).question
        assert question

        def answer(place: int) -> dict[str, Any]:
            talk = talks[place % objects]
            turn = talk.send_sync("t", f"age is {30 + place}", question_id=question["id"])
            facts = {name: fact["value"] for name, fact in turn.state["facts"].items()}
            said = [m.text for m in turn.state["messages"] if m.type == "human"]
            return {"kind": turn.kind, "facts": facts, "said": said}

        with ThreadPoolExecutor(4) as pool:
            one_taken(list(pool.map(answer, range(4))))


def test_a_lock_file_that_a_killed_process_left_hinders_nobody(tmp_path: Path) -> None:
    database = str(tmp_path / "t.sqlite")
    with SqliteSaver.from_conn_string(database) as saver:
        talk = Dialogues(build_raise_graph(roles=Script().roles(), checkpointer=saver))
        seen: list[Path] = []

        def look(piece: str) -> None:
            seen.extend(tmp_path.glob("*.turn"))

        talk.send_sync("t", SENSITIVE)
        talk.send_sync("t", "no")
        talk.send_sync("t", "no", on_piece=look)
        assert seen, "there is one while a turn is taken"
        seen[0].touch()
        assert talk.send_sync("t", "thanks").kind in {"reply", "question"}
    assert list(tmp_path.glob("*.turn")) == []
