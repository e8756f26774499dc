"""Guards the graph inside a parent graph: as a node, in a node, in each checkpointer mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from langchain_core.messages import AIMessageChunk, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from pydantic import BaseModel
from scripted_roles import SENSITIVE, Script, worded
from typing_extensions import TypedDict

from raise_penguin.graphs import RaiseContext, answer_command, build_raise_graph

CONFIG: Any = {"configurable": {"thread_id": "t"}}
Way = Literal["as node", "in node"]


class Shared(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    visits: int


class Apart(TypedDict):
    inbox: str
    outbox: str
    visits: int


class HostContext(BaseModel):
    tenant: str = "a"


@pytest.fixture(params=["memory", "sqlite"])
def saver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield InMemorySaver()
    else:
        with SqliteSaver.from_conn_string(str(tmp_path / "t.sqlite")) as opened:
            yield opened


def host(script: Script, saver: Any, way: Way = "as node", *, inner: Any = None) -> Any:
    """A parent that counts its visits, then lets RAISE answer."""
    raise_graph = build_raise_graph(roles=script.roles(), checkpointer=inner)

    def visit(state: Any) -> dict[str, Any]:
        return {"visits": state.get("visits", 0) + 1}

    def ask_raise(state: Apart) -> dict[str, Any]:
        found = raise_graph.invoke(
            {"messages": [HumanMessage(state["inbox"])]}, context=RaiseContext()
        )
        return {"outbox": found["messages"][-1].text}

    builder: Any = StateGraph(Shared if way == "as node" else Apart, HostContext)
    builder.add_node("visit", visit)
    builder.add_node("raise", raise_graph if way == "as node" else ask_raise)
    builder.add_edge(START, "visit")
    builder.add_edge("visit", "raise")
    return builder.compile(checkpointer=saver)


def message(way: Way, text: str) -> dict[str, Any]:
    return {"messages": [HumanMessage(text)]} if way == "as node" else {"inbox": text}


def told(way: Way, result: Any) -> str:
    return result["messages"][-1].text if way == "as node" else result["outbox"]


@pytest.mark.parametrize("way", ["as node", "in node"])
@pytest.mark.parametrize("inner", [None, True])
@pytest.mark.parametrize("by_id", [False, True], ids=["latest", "checkpoint_id"])
def test_asks_through_the_parent(saver: Any, way: Way, inner: Any, by_id: bool) -> None:
    script = Script()
    graph = host(script, saver, way, inner=inner)
    result = graph.invoke(message(way, SENSITIVE), CONFIG, context=HostContext())
    for attribute, answer in (("age", "age is 34"), ("gender", "no")):
        (waiting,) = result["__interrupt__"]
        assert waiting.value["attribute"] == attribute
        place = graph.get_state(CONFIG).config if by_id else CONFIG
        result = graph.invoke(answer_command(waiting.value["id"], answer), place)
    assert told(way, result) == "Here is a reply."
    assert result["visits"] == 1
    assert script.calls == {"triage": 1, "select": 3, "respond": 1}


def test_the_waiting_dialogue_stands_in_a_namespace_of_the_parents_thread(saver: Any) -> None:
    graph = host(Script(), saver)
    graph.invoke(message("as node", SENSITIVE), CONFIG)
    (task,) = graph.get_state(CONFIG, subgraphs=True).tasks
    assert task.state.values["pending"]["id"] == "question-1"
    assert task.state.config["configurable"]["checkpoint_ns"].startswith("raise")


def test_none_forgets_between_turns_and_true_remembers(saver: Any) -> None:
    asked: dict[Any, int] = {}
    for inner in (None, True):
        config: Any = {"configurable": {"thread_id": str(inner)}}
        script = Script(questions=1)
        graph = host(script, saver, inner=inner)
        graph.invoke(message("as node", SENSITIVE), config)
        graph.invoke(answer_command("question-1", "age is 34"), config)
        again = graph.invoke(message("as node", SENSITIVE), config)
        asked[inner] = len(again.get("__interrupt__", ()))
    assert asked == {None: 1, True: 0}


def test_false_starts_over_at_each_answer(saver: Any) -> None:
    """Without checkpoints of its own question 1 comes again, and takes no other's answer."""
    script = Script()
    graph = host(script, saver, inner=False)
    graph.invoke(message("as node", SENSITIVE), CONFIG)
    graph.invoke(answer_command("question-1", "age is 34"), CONFIG)
    result = graph.invoke(answer_command("question-2", "no"), CONFIG)
    assert result["__interrupt__"][0].value["id"] == "question-1"
    assert script.calls["triage"] == 3
    script = Script(level="harmless")
    graph = host(script, saver, inner=False)
    other: Any = {"configurable": {"thread_id": "other"}}
    assert told("as node", graph.invoke(message("as node", "hello"), other)) == "Here is a reply."


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("mode", ["values", "updates", "messages"])
def test_a_stream_shows_one_interrupt_by_its_id(mode: Any, subgraphs: bool) -> None:
    graph = host(Script(questions=1), InMemorySaver())
    seen: dict[str, str] = {}
    for event in graph.stream(
        message("as node", SENSITIVE), CONFIG, stream_mode=[mode, "updates"], subgraphs=subgraphs
    ):
        kind, chunk = event[-2:]
        if kind in ("updates", "values"):
            for waiting in chunk.get("__interrupt__", ()):
                seen[waiting.id] = waiting.value["id"]
    assert list(seen.values()) == ["question-1"]
    pieces = [
        event[-1]["reply"]
        for event in graph.stream(
            answer_command("question-1", "no"),
            CONFIG,
            stream_mode=["custom"],
            subgraphs=subgraphs,
        )
    ]
    assert pieces == (["Here is", " a reply."] if subgraphs else [])


def test_message_mode_needs_a_dialogue_that_lasts(saver: Any) -> None:
    script = Script(questions=1)
    raise_graph = build_raise_graph(roles=script.roles(), checkpointer=True)
    builder: Any = StateGraph(Shared, RaiseContext)
    builder.add_node("raise", raise_graph)
    builder.add_edge(START, "raise")
    graph = builder.compile(checkpointer=saver)
    context = RaiseContext(mode="message")
    first = graph.invoke(message("as node", SENSITIVE), CONFIG, context=context)
    assert told("as node", first) == worded("age")
    last = graph.invoke(message("as node", "age is 34"), CONFIG, context=context)
    assert told("as node", last) == "Here is a reply."
    assert script.calls == {"triage": 1, "select": 2, "respond": 1}


def test_what_others_say_in_the_parent_is_no_answer() -> None:
    """A host's own reply stands between two turns of the person."""
    script = Script(questions=0)
    graph = host(script, InMemorySaver(), inner=True)
    graph.invoke(message("as node", SENSITIVE), CONFIG)
    graph.update_state(CONFIG, {"messages": [("ai", "age is 12")]})
    graph.invoke(message("as node", SENSITIVE), CONFIG)
    assert script.replies[-1].facts == {}


async def test_a_stream_of_messages_shows_the_reply_and_no_other_roles_tokens(
    chat_server: Any,
) -> None:
    builder: Any = StateGraph(Shared, RaiseContext)
    builder.add_node("raise", build_raise_graph(chat_server.model()))
    builder.add_edge(START, "raise")
    chunks: dict[str, str] = {}
    wholes: list[str] = []
    async for _, (shown, meta) in builder.compile().astream(
        message("as node", SENSITIVE),
        context=RaiseContext(mode="message", budget=0),
        stream_mode="messages",
        subgraphs=True,
    ):
        if isinstance(shown, AIMessageChunk):
            node = meta["langgraph_node"]
            chunks[node] = chunks.get(node, "") + shown.text
        else:
            wholes.append(shown.text)
    assert chat_server.counts()["triage"] == 1
    assert set(chunks) == {"respond"}
    assert set(wholes) == {chunks["respond"]}, "once more, whole, under the reply's own id"
