"""Guards the stopping rules in the graph: the default weighs gain and cost, and the log says so."""

from __future__ import annotations

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph

MESSAGE = "I want to hand in my notice on Friday with nothing else lined up. Is it a bad idea?"


async def first_turn(thread: str, **settings: object) -> tuple[str, list[str]]:
    graph = build_raise_graph(checkpointer=InMemorySaver())
    turn = await Dialogues(graph, context=RaiseContext.model_validate(settings)).send(
        thread, MESSAGE
    )
    return turn.kind, [entry["reason"] for entry in turn.state["log"] if entry["node"] == "select"]


async def test_the_default_says_gain_cost_and_where_the_order_comes_from() -> None:
    kind, reasons = await first_turn("t")
    assert kind == "question"
    assert "points, more than the" in reasons[-1]
    assert "planned messages" in reasons[-1]


@pytest.mark.parametrize("stopping", ["auto", "value"])
async def test_a_price_too_high_asks_nothing(stopping: str) -> None:
    kind, reasons = await first_turn("t", stopping=stopping, price=100.0)
    assert kind == "reply"
    assert "no more than the" in reasons[-1]


async def test_the_papers_rule_still_goes_by_completeness() -> None:
    kind, reasons = await first_turn("t", stopping="scale", price=100.0)
    assert kind == "question"
    assert "background 0 of 5 is too little (scale)" in reasons[-1]


async def test_a_follow_up_takes_the_price_of_the_settings_also_where_it_is_nothing() -> None:
    graph = build_raise_graph(checkpointer=InMemorySaver())
    no_question = RaiseContext(stopping="basic", threshold=0)
    assert (await Dialogues(graph, context=no_question).send("t", MESSAGE)).kind == "reply"
    talk = Dialogues(graph, context=RaiseContext(price=0.0))
    turn = await talk.send("t", "And what should I tell my boss on Friday?")
    assert turn.state["follow_up"]
    assert "more than the 0.00 that it costs" in turn.state["log"][-1]["reason"]
