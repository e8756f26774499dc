"""Guards the running server's streams: each mode, with and without subgraphs."""

from __future__ import annotations

from typing import Any

import pytest
from talking import ACUTE, SENSITIVE, asking, message, waiting

pytestmark = pytest.mark.slow
OUTPUT = {"messages", "outcome", "pending", "facts", "query", "triage", "log", "degraded"}


def events(client: Any, thread: str, mode: Any, *, subgraphs: bool = False, **run: Any) -> Any:
    """What a run streams, without its metadata."""
    parts = client.runs.stream(thread, "raise", stream_mode=mode, stream_subgraphs=subgraphs, **run)
    return [(part.event, part.data) for part in parts if part.event != "metadata"]


def new_thread(client: Any) -> str:
    return str(client.threads.create()["thread_id"])


def before_the_reply(client: Any) -> str:
    """A thread whose next answer is followed by the reply."""
    return asking(client, context={"budget": 1})


@pytest.mark.parametrize("subgraphs", [False, True])
def test_values_end_with_the_question(client: Any, subgraphs: bool) -> None:
    thread = new_thread(client)
    found = events(client, thread, "values", subgraphs=subgraphs, input=message(SENSITIVE))
    assert {name for name, _ in found} == {"values"}
    last = found[-1][1]
    assert last["pending"]["question"] == last["messages"][-1]["content"]
    assert set(last) <= OUTPUT | {"__interrupt__"}


@pytest.mark.parametrize("subgraphs", [False, True])
def test_updates_name_each_node_and_show_the_interrupt_once(client: Any, subgraphs: bool) -> None:
    thread = new_thread(client)
    found = events(client, thread, "updates", subgraphs=subgraphs, input=message(SENSITIVE))
    assert [next(iter(data)) for _, data in found] == ["triage", "select", "__interrupt__"]
    shown = waiting(client, thread)
    assert shown is not None
    assert found[-1][1]["__interrupt__"][0]["id"] == shown["id"]
    found = events(client, thread, "updates", command={"resume": "I'm 34"}, subgraphs=subgraphs)
    assert [next(iter(data)) for _, data in found][:2] == ["ask", "select"]


@pytest.mark.parametrize("subgraphs", [False, True])
def test_the_reply_comes_in_pieces_in_custom_mode(client: Any, subgraphs: bool) -> None:
    thread = before_the_reply(client)
    run: Any = {"command": {"resume": "I'm 34"}, "context": {"budget": 1}}
    found = events(client, thread, "custom", subgraphs=subgraphs, **run)
    pieces = [data["reply"] for _, data in found]
    assert len(pieces) > 2
    said = client.threads.get_state(thread)["values"]["messages"][-1]["content"]
    assert "".join(pieces).strip() == said


@pytest.mark.parametrize("subgraphs", [False, True])
def test_messages_carry_question_and_reply(client: Any, subgraphs: bool) -> None:
    thread = new_thread(client)
    run: Any = {"context": {"budget": 1}, "subgraphs": subgraphs}
    found = events(client, thread, "messages-tuple", input=message(SENSITIVE), **run)
    spoken = [data[0] for name, data in found if name.startswith("messages")]
    shown = waiting(client, thread)
    assert shown is not None
    assert spoken[-1]["content"] == shown["value"]["question"]
    found = events(client, thread, "messages-tuple", command={"resume": "I'm 34"}, **run)
    spoken = [data for name, data in found if name.startswith("messages")]
    said = client.threads.get_state(thread)["values"]["messages"][-1]["content"]
    reply = "".join(chunk["content"] for chunk, _ in spoken if chunk["type"] != "human")
    assert said in reply
    assert {about["langgraph_node"] for _, about in spoken} <= {"ask", "respond"}


def test_several_modes_at_once(client: Any) -> None:
    thread = before_the_reply(client)
    run: Any = {"command": {"resume": "I'm 34"}, "context": {"budget": 1}}
    found = events(client, thread, ["custom", "updates", "values"], **run)
    names = [name for name, _ in found]
    assert set(names) == {"custom", "updates", "values"}
    assert names.index("custom") < len(names) - 1 - names[::-1].index("updates")
    assert found[-1][1]["outcome"] == "answered"


def test_help_is_streamed_whole_and_at_once(client: Any) -> None:
    found = events(client, new_thread(client), "custom", input=message(ACUTE))
    assert len(found) == 1


def test_a_run_in_the_background_can_be_waited_for(client: Any) -> None:
    thread = new_thread(client)
    run = client.runs.create(thread, "raise", input=message(SENSITIVE))
    assert client.runs.join(thread, run["run_id"])["outcome"] == "asking"
