"""Guards one turn at a time: threads, two dialogue objects, and processes (trap 4)."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from at_once import answers_at_once
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.roles import Selection, SelectRequest
from raise_penguin.graphs.turn_locks import TurnLocks
from raise_penguin.penguin.errors import SettingsError


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


@pytest.mark.parametrize("ways", ["sync and async", "two event loops", "both"])
def test_one_saver_in_memory_is_used_by_one_turn_at_a_time(ways: str) -> None:
    """By sync and async callers, and on several event loops, over two objects."""
    saver = InMemorySaver()
    talks = [
        Dialogues(build_raise_graph(roles=Slow().roles(), checkpointer=saver)) for _ in range(2)
    ]
    question = talks[0].send_sync("t", SENSITIVE).question
    assert question

    def answer(place: int) -> dict[str, Any]:
        talk, words = talks[place % 2], f"age is {30 + place}"
        if ways == "two event loops" or (ways == "both" and place > 1) or place % 2:
            turn = asyncio.run(talk.send("t", words, question_id=question["id"]))
        else:
            turn = talk.send_sync("t", words, question_id=question["id"])
        facts = {name: fact["value"] for name, fact in turn.state["facts"].items()}
        said = [m.text for m in turn.state["messages"] if m.type == "human"]
        return {"kind": turn.kind, "facts": facts, "said": said}

    with ThreadPoolExecutor(4) as pool:
        one_taken(list(pool.map(answer, range(4))))


async def test_a_sync_call_that_would_wait_for_its_own_event_loop_is_refused() -> None:
    locks = TurnLocks(InMemorySaver())
    async with locks.held("t"):
        with pytest.raises(SettingsError, match="call the async one"), locks.held_sync("t"):
            pass
        with locks.held_sync("another"):
            pass
    with locks.held_sync("t"):
        pass


async def test_a_turn_that_is_cancelled_while_it_waits_leaves_no_lock() -> None:
    locks = TurnLocks(InMemorySaver())

    async def turn() -> None:
        async with locks.held("t"):
            pass

    with locks.held_sync("t"):
        waiting = asyncio.create_task(turn())
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await turn()


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
