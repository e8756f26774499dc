"""Guards time travel on the running server: another answer from a checkpoint, another reply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from development_server import DevelopmentServer
from langgraph_sdk import get_sync_client
from talking import asking, finish, waiting

pytestmark = pytest.mark.slow

YOUNG, OLD = "I'm 19", "I'm 71"


def answered(client: Any, answer: str) -> tuple[str, dict[str, Any]]:
    """A finished thread, and its last state."""
    thread = asking(client)
    finish(client, thread, answer)
    return thread, client.threads.get_state(thread)["values"]


def first_question(client: Any, thread: str) -> dict[str, Any]:
    """The state in which the first question waited."""
    history = client.threads.get_history(thread, limit=100)
    return next(one for one in reversed(history) if one["next"] == ["ask"])


def fork(client: Any, thread: str, at: dict[str, Any]) -> None:
    """A new branch at a checkpoint in which a question waits, as Studio's "Fork" makes one."""
    client.threads.update_state(
        thread,
        {"pending": at["values"]["pending"]},
        as_node="select",
        checkpoint_id=at["checkpoint"]["checkpoint_id"],
    )
    assert waiting(client, thread) is None  # not before the node has run in the new branch
    client.runs.wait(thread, "raise", input=None)
    shown = waiting(client, thread)
    assert shown is not None
    assert shown["value"] == at["values"]["pending"]


def test_another_answer_in_a_fork_gives_another_reply(client: Any) -> None:
    thread, before = answered(client, YOUNG)
    at = first_question(client, thread)
    assert at["tasks"][0]["interrupts"][0]["value"]["id"] == "question-1"
    fork(client, thread, at)
    finish(client, thread, OLD)
    after = client.threads.get_state(thread)["values"]
    assert before["facts"]["age"]["value"] != after["facts"]["age"]["value"]
    assert before["messages"][-1]["content"] != after["messages"][-1]["content"]
    assert YOUNG not in str(after["messages"])
    assert after["outcome"] == "answered"
    history = client.threads.get_history(thread, limit=100)
    kept = {one["values"].get("facts", {}).get("age", {}).get("evidence") for one in history}
    assert {YOUNG, OLD} <= kept  # the first branch can still be looked at


def test_without_a_fork_langgraph_gives_the_answer_it_keeps_there(client: Any) -> None:
    """The page on Studio warns of this; should it change, the page must."""
    thread, _ = answered(client, YOUNG)
    where = first_question(client, thread)["checkpoint"]["checkpoint_id"]
    client.runs.wait(thread, "raise", command={"resume": OLD}, checkpoint_id=where)
    state = client.threads.get_state(thread)["values"]
    assert state["facts"]["age"]["evidence"] == YOUNG
    assert finish(client, thread)["outcome"] == "answered"


def test_an_edited_fact_gives_another_reply_from_the_same_checkpoint(client: Any) -> None:
    thread, before = answered(client, YOUNG)
    history = client.threads.get_history(thread, limit=100)
    last = next(one for one in history if one["next"] == ["respond"])
    facts = last["values"]["facts"]
    facts["age"] = {**facts["age"], "value": "65+", "evidence": OLD}
    forked = client.threads.update_state(
        thread,
        {"facts": facts, "pending": None},
        as_node="select",
        checkpoint_id=last["checkpoint"]["checkpoint_id"],
    )
    assert client.threads.get_state(thread)["next"] == ["respond"]
    result = client.runs.wait(
        thread, "raise", input=None, checkpoint_id=forked["checkpoint"]["checkpoint_id"]
    )
    assert result["outcome"] == "answered"
    assert result["facts"]["age"]["evidence"] == OLD
    assert result["messages"][-1]["content"] != before["messages"][-1]["content"]


@pytest.mark.parametrize("named", [True, False])
def test_resuming_with_and_without_the_checkpoints_id(client: Any, named: bool) -> None:
    thread = asking(client)
    for answer in (YOUNG, *("I'd rather not say",) * 4):
        shown = waiting(client, thread)
        if shown is None:
            break
        state = client.threads.get_state(thread)
        where = {"checkpoint_id": state["checkpoint"]["checkpoint_id"]} if named else {}
        client.runs.wait(thread, "raise", command={"resume": answer}, **where)
    state = client.threads.get_state(thread)["values"]
    assert state["outcome"] == "answered"
    asked = [entry for entry in state["log"] if entry["decision"].startswith("asks for")]
    assert len(asked) == len(state["asked"]) == len(set(state["asked"]))


def test_a_copied_thread_goes_its_own_way(client: Any) -> None:
    thread = asking(client)
    copy = client.threads.copy(thread)["thread_id"]
    finish(client, copy, OLD)
    assert client.threads.get_state(copy)["values"]["facts"]["age"]["evidence"] == OLD
    assert waiting(client, thread) is not None
    assert finish(client, thread, YOUNG)["facts"]["age"]["evidence"] == YOUNG


def test_a_waiting_thread_outlives_a_restart(tmp_path: Path) -> None:
    server = DevelopmentServer(tmp_path)
    try:
        server.start()
        with get_sync_client(url=server.url) as client:
            thread = asking(client)
            question = waiting(client, thread)
        server.stop()
        server.start()
        with get_sync_client(url=server.url) as client:
            assert waiting(client, thread) == question
            assert finish(client, thread, YOUNG)["outcome"] == "answered"
    finally:
        server.stop()
