"""Guards the chat-model roles over real HTTP: misbehaviour ends in a result or a named error."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.roles import ReplyRequest, SelectRequest, open_roles
from raise_penguin.graphs.roles.model_triage import ToldFact, checked
from raise_penguin.penguin.errors import ModelUnavailableError, StructuredAnswerError
from raise_penguin.penguin.judging.model_judge import ModelJudge
from raise_penguin.penguin.judging.verdict import Unscored, Verdict
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.users.model_user import ModelUser
from raise_penguin.policies.model_prior import ModelPrior
from raise_penguin.policies.retrieval import Retrieval

MESSAGE = "I want to quit my job on Friday. Good idea?"
PERSON = Profile(id="p", values={"age": "25-34", "economic_status": "Difficult"})
REQUEST = SelectRequest(
    query=MESSAGE,
    domain="career",
    facts={},
    asked=[],
    answer=None,
    answered=None,
    candidates=["age", "gender"],
    retrieval=Retrieval(()),
)


async def ask(role: str, server: Any, **settings: Any) -> Any:
    """One call of a role."""
    model = server.model(**settings)
    roles = open_roles(model, time_limit=3)
    if role == "triage":
        return await roles.triage.triage(MESSAGE)
    if role == "select":
        return await roles.select.select(REQUEST)
    if role == "respond":
        request = ReplyRequest(query=MESSAGE, domain="career", facts={})
        return "".join([piece async for piece in roles.respond.write(request)])
    if role == "judge":
        verdict = await ModelJudge(model, time_limit=3).judge(MESSAGE, PERSON, "Take your time.")
        if isinstance(verdict, Unscored):
            raise StructuredAnswerError(verdict.cause)
        return verdict
    if role == "user":
        return await ModelUser(model, PERSON, time_limit=3).answer("How old, what age are you?")
    prior = ModelPrior(model, MESSAGE, time_limit=3)
    return await prior(frozenset(), ["gender", "age"])


ROLES = ["triage", "select", "respond", "judge", "user", "prior"]
STRUCTURED = ["triage", "select", "judge", "prior"]


@pytest.mark.parametrize("role", ROLES)
async def test_a_good_answer_costs_one_request(role: str, chat_server: Any) -> None:
    assert await ask(role, chat_server)
    assert chat_server.counts() == {role: 1, "total": 1}


@pytest.mark.parametrize("role", STRUCTURED)
@pytest.mark.parametrize("behaviour", ["malformed", "wrong", "refusal", "empty"])
async def test_a_bad_answer_is_repaired_once(role: str, behaviour: str, chat_server: Any) -> None:
    chat_server.script(behaviour)
    assert await ask(role, chat_server)
    assert chat_server.counts()["total"] == 2


@pytest.mark.parametrize("role", STRUCTURED)
@pytest.mark.parametrize("behaviour", ["malformed", "wrong", "refusal", "empty"])
async def test_two_bad_answers_are_a_named_error(
    role: str, behaviour: str, chat_server: Any
) -> None:
    chat_server.script(forever=behaviour)
    with pytest.raises(StructuredAnswerError):
        await ask(role, chat_server)
    assert chat_server.counts()["total"] == 2


@pytest.mark.parametrize("role", STRUCTURED)
async def test_prose_fences_and_reasoning_are_read_through(role: str, chat_server: Any) -> None:
    chat_server.script("prose")
    assert await ask(role, chat_server)
    assert chat_server.counts()["total"] == 1


@pytest.mark.parametrize("role", STRUCTURED)
async def test_a_server_without_schemas_is_asked_in_words(role: str, chat_server: Any) -> None:
    chat_server.script(forever="no_schema")
    assert await ask(role, chat_server)
    assert chat_server.counts()["total"] == 2


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("behaviour", ["429", "500", "cut"])
async def test_the_client_tries_again(role: str, behaviour: str, chat_server: Any) -> None:
    chat_server.script(behaviour)
    assert await ask(role, chat_server)
    assert chat_server.counts()["total"] == 2


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("behaviour", ["429", "500", "cut", "401", "404", "garbage", "delay:5"])
async def test_a_failing_server_is_a_named_error(
    role: str, behaviour: str, chat_server: Any
) -> None:
    chat_server.script(forever=behaviour)
    with pytest.raises((ModelUnavailableError, StructuredAnswerError)) as caught:
        await ask(role, chat_server, max_retries=0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("role", ["respond", "user"])
async def test_an_empty_text_is_a_named_error(role: str, chat_server: Any) -> None:
    chat_server.script(forever="empty")
    with pytest.raises(StructuredAnswerError):
        await ask(role, chat_server)


async def test_private_reasoning_is_never_shown(chat_server: Any) -> None:
    chat_server.script("prose")
    reply = await ask("respond", chat_server)
    assert "think" not in reply
    assert "hm" not in reply


def test_guesses_and_unknown_attributes_are_dropped() -> None:
    told = [
        ToldFact(attribute="age", value="34", evidence="I'm 34"),
        ToldFact(attribute="gender", value="Female", evidence="as a woman"),
        ToldFact(attribute="shoe_size", value="42", evidence="I'm 34"),
    ]
    facts = checked(told, "I’m 34 and tired", source="answer")
    assert {name: fact["value"] for name, fact in facts.items()} == {"age": "25-34"}


@pytest.mark.parametrize("selection", ["model", "policy"])
async def test_calls_of_a_dialogue_counted_by_the_server(selection: str, chat_server: Any) -> None:
    context = RaiseContext.model_validate(
        {
            "model": "openai:test",
            "base_url": chat_server.base_url,
            "selection": selection,
            "budget": 3,
        }
    )
    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    turn = await talk.send("t", MESSAGE)
    while turn.kind == "question":
        turn = await talk.send("t", "hm, let me think, around thirty or so")
    asked = len(turn.state["asked"])
    assert asked == 3
    assert turn.state["degraded"] == []
    total = chat_server.counts()["total"]
    assert total == turn.state["calls"]
    assert total == (2 if selection == "policy" else asked + 3)


async def test_a_dead_server_mid_dialogue_ends_in_a_safe_marked_reply(chat_server: Any) -> None:
    context = RaiseContext(
        model="openai:test", base_url=chat_server.base_url, budget=2, time_limit=2
    )
    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    turn = await talk.send("t", MESSAGE)
    assert turn.kind == "question"
    chat_server.script(forever="401")
    while turn.kind == "question":
        turn = await talk.send("t", "I'm 34")
    assert len(turn.text.split()) > 40
    assert {entry["role"] for entry in turn.state["degraded"]} == {"select", "respond"}


async def test_both_see_danger_and_either_suffices(chat_server: Any) -> None:
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url, country="IE")
    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    turn = await talk.send("t", "i will kill myself tonight")
    assert turn.state["outcome"] == "crisis"
    assert chat_server.counts() == {}


async def test_judge_verdict_type(chat_server: Any) -> None:
    assert isinstance(await ask("judge", chat_server), Verdict)


def talk_with(chat_server: Any, **settings: Any) -> Dialogues:
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url, **settings)
    return Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)


async def test_a_counter_question_costs_no_request(chat_server: Any) -> None:
    talk = talk_with(chat_server)
    await talk.send("t", MESSAGE)
    before = chat_server.counts()["total"]
    turn = await talk.send("t", "Why do you want to know?")
    assert turn.question
    assert turn.question["id"] == "question-1-again"
    assert chat_server.counts()["total"] == before


async def test_an_aside_is_answered_in_the_same_request(chat_server: Any) -> None:
    talk = talk_with(chat_server, budget=2)
    await talk.send("t", MESSAGE)
    turn = await talk.send("t", "What's the capital of France?")
    assert turn.text.startswith("That is Paris. May I ask")
    put = 2
    while turn.kind == "question":
        turn = await talk.send("t", "let me think, around thirty or so")
        put += turn.kind == "question"
    assert chat_server.counts()["total"] == turn.state["calls"] == put + 3
    assert len(turn.state["asked"]) == 2


async def test_a_question_in_chinese_is_one_question(chat_server: Any) -> None:
    turn = await talk_with(chat_server).send(
        "t", "我想辞职，但是还没有别的工作，I am lost 怎么办？"
    )
    assert turn.question
    assert turn.question["question"] == "可以问一下吗？"
    assert "可以跳过" in turn.question["skip"]


async def test_the_writer_is_told_the_line_the_language_and_what_else_came_up(
    chat_server: Any,
) -> None:
    talk = talk_with(chat_server, budget=0, country="GB")
    await talk.send("t", MESSAGE)
    sent = chat_server.requests()[-1]
    assert "116 123" in str(sent)
    assert "also_brought_up" in str(sent)
