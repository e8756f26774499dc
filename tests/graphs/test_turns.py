"""Guards the dialogue: both ways of taking turns, odd answers, repeats, new words, failures."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, RaiseContext, answer_command, build_raise_graph
from raise_penguin.graphs.roles import Selection, SelectRequest, Triage
from raise_penguin.graphs.words import MAX_CHARACTERS
from raise_penguin.penguin.errors import MessageError, SettingsError


def dialogues(script: Script, mode: str = "interrupt", **settings: Any) -> Dialogues:
    graph = build_raise_graph(roles=script.roles(), checkpointer=InMemorySaver())
    return Dialogues(graph, context=RaiseContext.model_validate({"mode": mode, **settings}))


@pytest.fixture(params=["interrupt", "message"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_asks_then_answers_with_what_was_learnt(mode: str) -> None:
    script = Script()
    talk = dialogues(script, mode)
    first = await talk.send("t", SENSITIVE)
    assert first.kind == "question"
    assert first.question is not None
    assert first.question["attribute"] == "age"
    assert first.question["remaining"] == 2
    second = await talk.send("t", "age is 34 and profession is nurse")
    assert second.question is not None
    assert second.question["attribute"] == "gender"
    last = await talk.send("t", "no")
    assert (last.kind, last.text) == ("reply", "Here is a reply.")
    facts = last.state["facts"]
    assert facts["age"]["value"] == "34"
    assert facts["profession"]["value"] == "nurse"
    assert facts["gender"]["status"] == "declined"
    assert last.state["asked"] == ["age", "gender"]
    assert script.calls == {"triage": 1, "select": 3, "respond": 1}
    assert last.state["calls"] == len(last.state["asked"]) + 3


async def test_both_modes_reach_the_same_state() -> None:
    states: list[str] = []
    for mode in ("interrupt", "message"):
        script = Script(questions=3)
        talk = dialogues(script, mode)
        for words in (SENSITIVE, "age is 34", "no", "hm, hard to say"):
            turn = await talk.send("t", words)
        state: dict[str, Any] = dict(turn.state)  # pyright: ignore[reportPossiblyUnbound]
        state["messages"] = [
            (m.type, m.id if m.type == "ai" else "", m.text) for m in state["messages"]
        ]
        state["log"] = [entry for entry in state["log"] if entry["node"] != "triage"]
        states.append(json.dumps(state, sort_keys=True))
    assert states[0] == states[1]


@pytest.mark.parametrize("saver", ["memory", "sqlite"])
def test_sync_savers(saver: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def check(checkpointer: Any) -> None:
        graph = build_raise_graph(roles=Script().roles(), checkpointer=checkpointer)
        talk = Dialogues(graph)
        pieces: list[str] = []
        assert talk.send_sync("t", SENSITIVE).kind == "question"
        assert talk.send_sync("t", "age is 34").kind == "question"
        assert talk.send_sync("t", None, on_piece=pieces.append).kind == "reply"
        assert "".join(pieces) == "Here is a reply."

    with caplog.at_level(logging.WARNING):
        if saver == "memory":
            check(InMemorySaver())
        else:
            with SqliteSaver.from_conn_string(str(tmp_path / "t.sqlite")) as checkpointer:
                check(checkpointer)
    assert "unregistered" not in caplog.text.lower()


async def test_async_sqlite_saver(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "t.sqlite")) as checkpointer:
        script = Script()
        talk = Dialogues(build_raise_graph(roles=script.roles(), checkpointer=checkpointer))
        with caplog.at_level(logging.WARNING):
            await talk.send("t", SENSITIVE)
            await talk.send("t", "age is 34")
            turn = await talk.send("t", "no")
        assert turn.kind == "reply"
        nodes = [
            snapshot.next
            async for snapshot in talk.graph.aget_state_history(
                {"configurable": {"thread_id": "t"}}
            )
        ]
        assert {("triage",), ("select",), ("ask",), ("respond",)} <= set(nodes)
    assert "unregistered" not in caplog.text.lower()


def test_strict_msgpack_is_on() -> None:
    from langgraph.checkpoint.serde import _msgpack

    assert _msgpack.STRICT_MSGPACK_ENABLED


def test_state_is_plain_json_but_for_messages(mode: str) -> None:
    talk = dialogues(Script(), mode)
    talk.send_sync("t", SENSITIVE)
    turn = talk.send_sync("t", "age is 34")
    plain: dict[str, Any] = {k: v for k, v in turn.state.items() if k != "messages"}
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize(
    "answer", ["", "0", "no", {}, [], None, {"a" * 32: 1}, 0, False, 3.5, "\x00"]
)
async def test_odd_answers_end_as_an_answer(answer: object, mode: str) -> None:
    talk = dialogues(Script(questions=1), mode)
    question = (await talk.send("t", SENSITIVE)).question
    assert question is not None
    if mode == "interrupt":
        config: Any = {"configurable": {"thread_id": "t"}}
        await talk.graph.ainvoke(answer_command(question["id"], answer), config)
        turn = await talk.resume("t")
    else:
        turn = await talk.send("t", answer if isinstance(answer, str) else None)
    assert turn is not None
    assert turn.kind == "reply"
    assert turn.state["facts"]["age"]["status"] in {"declined", "unclear"}


@pytest.mark.parametrize("value", ["", "0", "no", {}, [], {"a" * 32: 1}, {"text": None}])
async def test_odd_raw_resume_values_never_fail(value: object) -> None:
    talk = dialogues(Script(questions=1))
    await talk.send("t", SENSITIVE)
    config: Any = {"configurable": {"thread_id": "t"}}
    await talk.graph.ainvoke(Command(resume=value), config)
    turn = await talk.resume("t")
    assert turn is not None
    assert turn.kind in {
        "reply",
        "question",
    }  # LangGraph itself drops {} and maps of ids


async def test_five_useless_answers_run_no_node_twice_as_often() -> None:
    script = Script(questions=9)
    talk = dialogues(script, budget=6)
    await talk.send("t", SENSITIVE)
    for _ in range(5):
        turn = await talk.send("t", "?")
    turn = await talk.send("t", "age is 34")
    assert turn.kind == "reply"
    assert script.calls["select"] == 7
    assert len(turn.state["asked"]) == len(set(turn.state["asked"])) == 6


async def test_stale_answer_is_not_taken(mode: str) -> None:
    talk = dialogues(Script(), mode)
    first = await talk.send("t", SENSITIVE)
    assert first.question is not None
    second = await talk.send("t", "age is 34", question_id=first.question["id"])
    again = await talk.send("t", "age is 99", question_id=first.question["id"])
    assert again.kind == "repeated"
    assert again.question == second.question
    assert again.state["facts"]["age"]["value"] == "34"


async def test_danger_is_heard_in_a_stale_answer_once(mode: str) -> None:
    talk = dialogues(Script(), mode)
    first = await talk.send("t", SENSITIVE)
    assert first.question is not None
    stale = first.question["id"]
    await talk.send("t", "age is 34", question_id=stale)
    turn = await talk.send("t", "I want to kill myself", question_id=stale)
    assert (turn.kind, turn.question) == ("reply", None)
    assert "findahelpline.com" in turn.text
    again = await talk.send("t", "I want to kill myself", question_id=stale)
    assert (again.kind, again.text) == ("repeated", turn.text)
    assert (again.state["crisis"] or {}).get("helped") == 1


def test_words_to_a_question_of_a_deleted_thread_are_a_message() -> None:
    talk = dialogues(Script())
    assert talk.send_sync("t", SENSITIVE, question_id="question-1").kind == "question"
    with pytest.raises(MessageError):
        talk.send_sync("new", None, question_id="question-1")


async def test_an_answer_that_is_too_long_is_refused_with_a_way_to_help(mode: str) -> None:
    talk = dialogues(Script(), mode)
    await talk.send("t", SENSITIVE)
    with pytest.raises(MessageError, match="emergency number"):
        await talk.send("t", "a" * (MAX_CHARACTERS + 1))


async def test_stale_raw_resume_and_empty_invoke_do_not_fill_the_next_question() -> None:
    talk = dialogues(Script())
    config: Any = {"configurable": {"thread_id": "t"}}
    await talk.send("t", SENSITIVE)
    await talk.graph.ainvoke(answer_command("question-1", "age is 34"), config)
    await talk.graph.ainvoke(answer_command("question-1", "gender is x"), config)
    await talk.graph.ainvoke(None, config)
    turn = await talk.resume("t")
    assert turn is not None
    assert turn.kind == "question"
    assert turn.question is not None
    assert turn.question["id"] == "question-2"
    assert "gender" not in turn.state["facts"]


async def test_two_resumes_at_once_count_once(mode: str) -> None:
    talk = dialogues(Script(), mode)
    question = (await talk.send("t", SENSITIVE)).question
    assert question is not None
    turns = await asyncio.gather(
        *(talk.send("t", f"age is {age}", question_id=question["id"]) for age in (34, 35))
    )
    assert sorted(turn.kind for turn in turns) == ["question", "repeated"]


async def test_new_input_while_a_question_waits_is_its_answer() -> None:
    script = Script()
    talk = dialogues(script)
    await talk.send("t", SENSITIVE)
    config: Any = {"configurable": {"thread_id": "t"}}
    await talk.graph.ainvoke({"messages": [{"role": "user", "content": "age is 34"}]}, config)
    turn = await talk.resume("t")
    assert turn is not None
    assert turn.state["facts"]["age"]["value"] == "34"
    assert turn.state["query"] == SENSITIVE
    assert script.calls["triage"] == 1


async def test_words_that_answer_nothing_stay_part_of_the_message() -> None:
    script = Script(questions=1)
    talk = dialogues(script)
    await talk.send("t", SENSITIVE)
    remark = "listen, the landlord also wants us gone by Friday, that is the thing"
    turn = await talk.send("t", remark)
    assert turn.state["query"] == f"{SENSITIVE}\n{remark}"
    assert script.replies[0].query.endswith(remark)


async def test_known_from_the_message_is_never_asked() -> None:
    script = Script(questions=3)
    talk = dialogues(script)
    turn = await talk.send("t", SENSITIVE + " my age is 34")
    assert turn.question is not None
    assert turn.question["attribute"] == "gender"
    assert all("age" not in request.candidates for request in script.requests)


async def test_harmless_messages_are_answered_at_once(mode: str) -> None:
    script = Script(level="harmless")
    turn = await dialogues(script, mode).send("t", "Which bus goes to the station?")
    assert (turn.kind, turn.state["asked"]) == ("reply", [])
    assert script.calls == {"triage": 1, "respond": 1}


@pytest.mark.parametrize("where", ["message", "answer"])
async def test_danger_gets_help_before_anything_else(where: str, mode: str) -> None:
    script = Script()
    talk = dialogues(script, mode, country="GB")
    if where == "answer":
        await talk.send("t", SENSITIVE)
    before = script.calls.total()
    turn = await talk.send("t", "I want to kill myself tonight")
    assert turn.kind == "reply"
    assert turn.state["outcome"] == "crisis"
    assert "116 123" in turn.text
    assert turn.text.find("116 123") < (turn.text.find("?") % len(turn.text))
    assert turn.question is None
    assert script.calls.total() == before, "no model is asked before help is given"
    after = await talk.send("t", "thank you")
    assert after.kind in {"reply", "question"}, "the talk may go on"


@pytest.mark.parametrize(("budget", "asked"), [(0, 0), (1, 1), (3, 3)])
async def test_budget_is_never_exceeded(budget: int, asked: int, mode: str) -> None:
    script = Script(questions=9)
    talk = dialogues(script, mode, budget=budget)
    turn = await talk.send("t", SENSITIVE)
    while turn.kind == "question":
        turn = await talk.send("t", "?")
    assert len(turn.state["asked"]) == asked
    assert turn.state["calls"] <= asked + 3


async def test_a_failing_model_is_replaced_and_marked() -> None:
    script = Script(failing=frozenset({"triage", "select", "respond"}))
    talk = dialogues(script)
    turn = await talk.send("t", SENSITIVE)
    while turn.kind == "question":
        turn = await talk.send("t", "I'd rather not say")
    assert turn.kind == "reply"
    assert len(turn.text.split()) > 20
    assert {entry["role"] for entry in turn.state["degraded"]} >= {"triage", "respond"}


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x01", "x" * (MAX_CHARACTERS + 1)])
async def test_unreadable_messages_are_refused_and_nothing_is_stored(text: str) -> None:
    talk = dialogues(Script())
    with pytest.raises(MessageError):
        await talk.send("t", text)
    assert await talk.resume("t") is None


async def test_defaults_without_a_context() -> None:
    graph = build_raise_graph(roles=Script().roles(), checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    result = await graph.ainvoke({"messages": [("user", SENSITIVE)]}, config)
    assert result["__interrupt__"][0].value["attribute"] == "age"


def test_no_checkpointer_is_refused() -> None:
    with pytest.raises(SettingsError, match="checkpointer"):
        Dialogues(build_raise_graph())


def test_a_thread_of_a_newer_version_is_refused() -> None:
    talk = dialogues(Script())
    talk.send_sync("t", SENSITIVE)
    talk.graph.update_state(
        {"configurable": {"thread_id": "t"}}, {"schema_version": 99}, as_node="ask"
    )
    with pytest.raises(SettingsError, match="version 99"):
        talk.send_sync("t", "hello")


async def test_what_a_country_forbids_is_not_asked_unless_lifted(mode: str) -> None:
    """Nigeria: asking about self-harm could be held against the person (attributes.yaml)."""
    for settings, asked in (
        ({"country": "NG"}, False),
        ({"country": "ng"}, False),
        ({"country": "NG", "country_limits": False}, True),
        ({"country": "GB"}, True),
        ({}, True),
        ({"never_ask": ("past_self_harm_history",)}, False),
        (
            {"country": "NG", "country_limits": False, "never_ask": ("past_self_harm_history",)},
            False,
        ),
    ):
        script = Script()
        await dialogues(script, mode, **settings).send("t", SENSITIVE)
        offered = script.requests[0].candidates
        assert ("past_self_harm_history" in offered) is asked, settings
        assert "age" in offered


async def test_a_choice_of_what_is_never_asked_is_not_taken() -> None:
    class Stubborn(Script):
        async def select(self, request: SelectRequest) -> Selection:
            found = await super().select(request)
            return replace(found, attribute="gender", question="What is your gender?")

    turn = await dialogues(Stubborn(), never_ask=("gender",)).send("t", SENSITIVE)
    assert (turn.kind, turn.state["asked"]) == ("reply", [])


def test_an_unknown_attribute_is_refused_in_the_settings() -> None:
    with pytest.raises(ValueError, match="no attribute shoe_size; use some of: age"):
        RaiseContext(never_ask=("shoe_size",))


class Waiting(Script):
    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def triage(self, message: str) -> Triage:
        self.begun.set()
        await self.may_go_on.wait()
        return await super().triage(message)


async def test_a_dialogue_is_forgotten_after_the_turn_that_it_is_at() -> None:
    script = Waiting()
    talk = dialogues(script)
    turn = asyncio.create_task(talk.send("t", SENSITIVE))
    await script.begun.wait()
    forgetting = asyncio.create_task(talk.forget("t"))
    await asyncio.sleep(0)
    script.may_go_on.set()
    assert (await turn).kind == "question"
    await forgetting
    assert await talk.resume("t") is None


@pytest.mark.parametrize("sync", [False, True])
async def test_a_cut_off_turn_is_finished_with_its_own_settings(sync: bool) -> None:
    script = Waiting()
    talk = dialogues(script)
    mine = talk.context.model_copy(update={"budget": 0})
    turn = asyncio.create_task(talk.send("t", SENSITIVE, context=mine))
    await script.begun.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    script.may_go_on.set()
    if sync:
        found = await asyncio.to_thread(talk.resume_sync, "t", context=mine)
    else:
        found = await talk.resume("t", context=mine)
    assert found is not None
    assert (found.kind, found.state["asked"]) == ("reply", [])
