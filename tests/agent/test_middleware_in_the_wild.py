"""Guards RaiseMiddleware where hosts are rough: crashes, nesting, swallowed pauses, histories."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphInterrupt
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from pydantic import BaseModel
from scripted_agent import ScriptedModel, saying
from scripted_roles import SENSITIVE, Script, worded

from raise_penguin.agent import RaiseMiddleware
from raise_penguin.graphs import RaiseContext, answer_command
from raise_penguin.graphs.roles import Triage

CONFIG: Any = {"configurable": {"thread_id": "t"}}


def agent(script: Script, model: ScriptedModel, saver: Any, **settings: Any) -> Any:
    middleware = RaiseMiddleware(roles=script.roles(), **settings)
    return create_agent(model, middleware=[middleware], checkpointer=saver)


def said(text: str) -> dict[str, Any]:
    return {"messages": [HumanMessage(text, id=f"said-{text}")]}


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Fuse:
    """Burns down with each write; LangGraph copies savers, and the copies share it."""

    left: int = 0
    after: bool = False
    burnt: bool = False


class CrashingSaver(InMemorySaver):
    """Dies before or after a chosen write, and writes nothing more."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.fuse = fuse

    def _write(self, write: Any, *args: Any, **kwargs: Any) -> Any:
        if self.fuse.burnt:
            raise Crash
        self.fuse.left -= 1
        self.fuse.burnt = self.fuse.left == 0
        if self.fuse.burnt and not self.fuse.after:
            raise Crash
        done = write(*args, **kwargs)
        if self.fuse.burnt:
            raise Crash
        return done

    def put(self, *args: Any, **kwargs: Any) -> Any:
        return self._write(super().put, *args, **kwargs)

    def put_writes(self, *args: Any, **kwargs: Any) -> None:
        self._write(super().put_writes, *args, **kwargs)


def steps(mode: str) -> list[Any]:
    answers = ["age is 34", "no"]
    if mode == "message":
        return [said(SENSITIVE), *map(said, answers)]
    return [
        said(SENSITIVE),
        *(answer_command(f"question-{n}", words) for n, words in enumerate(answers, 1)),
    ]


def crashes(mode: Any, *, after: bool, crashed: int, write: int) -> bool:
    """A dialogue that dies at a write of one step and goes on; whether there was such a write."""
    script, model, fuse = Script(), saying(*["Done."] * 3), Fuse(after=after)
    saver = CrashingSaver(fuse)
    host = agent(script, model, saver, mode=mode)
    for place, step in enumerate(steps(mode)):
        fuse.left = write if place == crashed else 0
        with suppress(Crash):
            host.invoke(step, CONFIG, durability="sync")
        if fuse.burnt:
            fuse.burnt = False
            host = agent(script, model, saver, mode=mode)
            recover(host, step, place)
        elif place == crashed:
            return False
    result = host.get_state(CONFIG).values
    assert result["messages"][-1].text == "Done.", write
    record = result["raise_penguin"]
    assert record["facts"]["age"]["value"] == "34", write
    assert record["facts"]["gender"]["status"] == "declined", write
    assert record["asked"] == ["age", "gender"], write
    # only the call in flight at the crash is made again
    assert script.calls["triage"] + script.calls["select"] <= 5, (write, script.calls)
    return True


@pytest.mark.parametrize("mode", ["interrupt", "message"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_loses_no_answer_and_asks_nothing_twice(mode: Any, after: bool) -> None:
    assert crashes(mode, after=after, crashed=1, write=4)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", ["interrupt", "message"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crashed", [0, 1, 2])
def test_nor_does_a_crash_at_any_other_write(mode: Any, after: bool, crashed: int) -> None:
    write = 1
    while crashes(mode, after=after, crashed=crashed, write=write):
        write += 1
    assert write > 5


def recover(host: Any, step: Any, place: int) -> None:
    """What a host does after a crash: finish the run, or say it again where it never arrived."""
    state = host.get_state(CONFIG)
    waiting = [one.value["id"] for task in state.tasks for one in task.interrupts]
    if isinstance(step, dict):
        here = {message.id for message in state.values.get("messages", ())}
        arrived = step["messages"][0].id in here
    else:
        arrived = waiting != [f"question-{place}"]
    if not arrived:
        host.invoke(step, CONFIG, durability="sync")
    elif state.tasks and not waiting:
        host.invoke(None, CONFIG, durability="sync")


@pytest.mark.parametrize("mode", ["interrupt", "message"])
def test_an_agent_inside_a_parent_graph_asks_nothing_again_on_the_next_turn(mode: Any) -> None:
    """A parent starts the agent anew for each message; its talk is read back."""
    script, model = Script(questions=1), saying("One.", "Two.")
    builder: Any = StateGraph(MessagesState)
    builder.add_node("agent", agent(script, model, None, mode=mode))
    builder.add_edge(START, "agent")
    parent = builder.compile(checkpointer=InMemorySaver())
    result = parent.invoke(said(SENSITIVE), CONFIG)
    if mode == "interrupt":
        (waiting,) = result["__interrupt__"]
        result = parent.invoke(answer_command(waiting.value["id"], "I'm 34"), CONFIG)
    else:
        assert result["messages"][-1].text == worded("age")
        result = parent.invoke(said("I'm 34"), CONFIG)
    assert result["messages"][-1].text == "One."
    result = parent.invoke(said(SENSITIVE), CONFIG)
    assert "__interrupt__" not in result
    assert result["messages"][-1].text == "Two."
    assert all(request.asked == ["age"] for request in script.requests[1:])


def test_a_history_given_at_the_first_turn_is_known() -> None:
    script = Script(questions=0)
    host = agent(script, saying("Done."), InMemorySaver())
    past = [
        HumanMessage(f"I'm 34. {SENSITIVE}"),
        AIMessage("Let us look at it."),
        HumanMessage("So?"),
    ]
    host.invoke({"messages": past}, CONFIG)
    record = host.get_state(CONFIG).values["raise_penguin"]
    assert record["facts"]["age"]["status"] == "known"


def test_where_a_host_swallowed_the_pause_the_question_still_waits() -> None:
    script = Script(questions=1)
    inner = agent(script, saying("Done."), True)

    def careless(state: MessagesState) -> Any:
        try:
            return inner.invoke({"messages": state["messages"][-1:]})
        except GraphInterrupt:
            return {"messages": [AIMessage("Something went wrong.")]}

    builder: Any = StateGraph(MessagesState)
    builder.add_node("careless", careless)
    builder.add_edge(START, "careless")
    parent = builder.compile(checkpointer=InMemorySaver())
    assert parent.invoke(said(SENSITIVE), CONFIG)["messages"][-1].text == "Something went wrong."
    assert parent.invoke(said("age is 34"), CONFIG)["messages"][-1].text == "Done."
    assert script.calls == {"triage": 1, "select": 2}
    assert script.requests[-1].answer == "age is 34"


@pytest.mark.parametrize("where", ["sync", "async"])
async def test_a_pause_of_a_role_is_no_failure_of_its_model(where: str) -> None:
    class Pausing(Script):
        async def triage(self, message: str) -> Triage:
            assert interrupt("May I read this?") == "yes"
            return await super().triage(message)

    script = Pausing(questions=0)
    host = agent(script, saying("Done."), InMemorySaver())
    yes: Any = Command(resume="yes")
    if where == "sync":
        result = host.invoke(said(SENSITIVE), CONFIG)
    else:
        result = await host.ainvoke(said(SENSITIVE), CONFIG)
    assert result["__interrupt__"][0].value == "May I read this?"
    result = host.invoke(yes, CONFIG) if where == "sync" else await host.ainvoke(yes, CONFIG)
    assert result["messages"][-1].text == "Done."
    assert host.get_state(CONFIG).values["raise_penguin"]["degraded"] == []


def test_settings_come_from_the_agents_own_context() -> None:
    class Person(BaseModel):
        country: str

    middleware = RaiseMiddleware(
        roles=Script().roles(), context=lambda person: RaiseContext(country=person.country)
    )
    host: Any = create_agent(
        saying(), middleware=[middleware], context_schema=Person, checkpointer=InMemorySaver()
    )
    danger = said("I want to kill myself tonight")
    result = host.invoke(danger, CONFIG, context=Person(country="GB"))
    assert "116 123" in result["messages"][-1].text


def test_a_context_of_the_host_is_not_taken_for_ours() -> None:
    class Person(BaseModel):
        budget: str = "none of yours"

    host: Any = create_agent(
        saying("Done."),
        middleware=[RaiseMiddleware(roles=Script(questions=0).roles())],
        context_schema=Person,
        checkpointer=InMemorySaver(),
    )
    result = host.invoke(said(SENSITIVE), CONFIG, context=Person())
    assert result["messages"][-1].text == "Done."
