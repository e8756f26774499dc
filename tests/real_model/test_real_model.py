"""Guards every role against a real small model: protocol, streaming, schemas, time limits.

SmolLM2-135M writes rubbish, so nothing here is about quality: a role ends in a valid answer or in
an error of ours, and a dialogue always in a reply.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.roles import ReplyRequest, Roles, SelectRequest, open_roles
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.errors import ModelUnavailableError, StructuredAnswerError
from raise_penguin.penguin.judging.model_judge import ModelJudge
from raise_penguin.penguin.judging.verdict import DIMENSIONS, Unscored, Verdict
from raise_penguin.penguin.models import open_model
from raise_penguin.penguin.people import planning_people
from raise_penguin.penguin.prompting import load_prompt
from raise_penguin.penguin.structured import StructuredModel
from raise_penguin.penguin.users.model_user import ModelUser
from raise_penguin.policies.model_prior import ModelPrior
from raise_penguin.policies.retrieval import Retrieval
from raise_penguin.policies.reward import JudgedReward
from raise_penguin.policies.scoring import RewardError

pytestmark = [pytest.mark.real_model, pytest.mark.timeout(600)]

MODEL = "openai:smollm2"
MESSAGE = "I want to quit my job on Friday. Good idea?"
PATIENCE = 300.0
"""Seconds for one role; a slow machine is not what is tested."""
CANDIDATES = ["age", "gender", "economic_status"]


def model(url: str) -> Any:
    return open_model(MODEL, base_url=url, timeout=PATIENCE, max_retries=0)


def roles(url: str) -> Roles:
    return open_roles(model(url), time_limit=PATIENCE)


async def valid_or_named(answer: Awaitable[Any]) -> Any:
    """The answer; None where it ended in an error of ours."""
    try:
        return await answer
    except (StructuredAnswerError, ModelUnavailableError):
        return None


def select_request(answer: str | None) -> SelectRequest:
    return SelectRequest(
        query=MESSAGE,
        domain="career",
        facts={},
        asked=["age"] if answer else [],
        answer=answer,
        answered="age" if answer else None,
        candidates=CANDIDATES,
        retrieval=Retrieval(()),
    )


def test_models_are_listed(real_server: str) -> None:
    with urllib.request.urlopen(f"{real_server}/models") as response:
        assert json.load(response)["data"]


async def test_a_plain_call(real_server: str) -> None:
    said = await model(real_server).ainvoke("Say hello.")
    assert said.text
    assert said.usage_metadata["output_tokens"] > 0


async def test_triage(real_server: str) -> None:
    found = await valid_or_named(roles(real_server).triage.triage(MESSAGE))
    assert found is None or found.level in ("harmless", "sensitive", "acute")


@pytest.mark.parametrize("answer", [None, "I'm 34"])
async def test_select(real_server: str, answer: str | None) -> None:
    found = await valid_or_named(roles(real_server).select.select(select_request(answer)))
    if found is not None:
        assert 0 <= found.completeness <= 5
        assert found.attribute is None or found.attribute in CANDIDATES
        assert set(found.facts) <= set(load_attributes())


async def test_the_reply_is_streamed(real_server: str) -> None:
    request = ReplyRequest(query=MESSAGE, domain="career", facts={})
    pieces = [piece async for piece in roles(real_server).respond.write(request)]
    assert len(pieces) > 5
    assert "".join(pieces).strip()


async def test_the_judge_gives_a_verdict_or_none(real_server: str) -> None:
    judge = ModelJudge(model(real_server), time_limit=PATIENCE)
    person = planning_people("career_quitting", 1, 0)[0]
    verdict = await judge.judge(MESSAGE, person, "Take your time, and ask a friend.")
    if isinstance(verdict, Unscored):
        assert verdict.cause
    else:
        assert isinstance(verdict, Verdict)
        assert all(1 <= getattr(verdict, name).score <= 5 for name in DIMENSIONS)


async def test_the_user_answers(real_server: str) -> None:
    person = planning_people("career_quitting", 1, 0)[0]
    user = ModelUser(model(real_server), person, time_limit=PATIENCE)
    said = await valid_or_named(user.answer("How old are you?"))
    assert said is None or said.strip()


async def test_the_prior_ranks(real_server: str) -> None:
    prior = ModelPrior(model(real_server), MESSAGE, time_limit=PATIENCE)
    found = await valid_or_named(prior(frozenset(), CANDIDATES))
    if found is not None:
        assert set(found) == set(CANDIDATES)
        assert sum(found.values()) == pytest.approx(1)


async def test_the_reward_scores_or_says_why_not(real_server: str) -> None:
    writer, judge = roles(real_server).respond, ModelJudge(model(real_server), time_limit=PATIENCE)

    async def write(query: str, domain: str, facts: Any) -> str:
        request = ReplyRequest(query=query, domain=domain, facts=facts)
        return "".join([piece async for piece in writer.write(request)])

    people = planning_people("career_quitting", 1, 0)
    reward = JudgedReward(MESSAGE, "career", people, writer=write, judge=judge, attempts=1)
    try:
        score = await reward(frozenset({"age"}))
    except RewardError:
        score = None
    assert (score is None) == bool(reward.unscored)
    assert score is None or 1 <= score <= 5


class Colour(BaseModel):
    """The answer."""

    colour: str
    warm: bool


class WithoutSchemas(ChatOpenAI):
    """A client that cannot hand a schema to its server."""

    def with_structured_output(self, *args: Any, **settings: Any) -> Any:
        raise NotImplementedError


async def test_a_schema_is_kept_by_the_server(real_server: str) -> None:
    prompt = load_prompt("policies", "prior")
    asked = StructuredModel(model(real_server), prompt, Colour, time_limit=PATIENCE)
    assert isinstance(await asked.ask({"message": "The sun is orange."}), Colour)


async def test_without_schemas_it_is_asked_in_words(real_server: str) -> None:
    plain: Any = WithoutSchemas
    client = plain(model="smollm2", base_url=real_server, api_key="none", timeout=PATIENCE)
    prompt = load_prompt("policies", "prior")
    asked = StructuredModel(client, prompt, Colour, time_limit=PATIENCE)
    found = await valid_or_named(asked.ask({"message": "The sun is orange."}))
    assert found is None or isinstance(found, Colour)


async def talk(context: RaiseContext, answer: str, heard: Callable[[str], None]) -> Any:
    """A whole dialogue; the last state."""
    door = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    turn = await door.send("t", MESSAGE, on_piece=heard)
    while turn.kind == "question":
        turn = await door.send("t", answer, on_piece=heard)
    return turn.state


@pytest.mark.parametrize(
    "settings",
    [{}, {"selection": "policy"}, {"triage_model": "offline"}],
    ids=["every role", "plans choose", "rules triage"],
)
async def test_a_dialogue_ends_in_a_reply(real_server: str, settings: dict[str, str]) -> None:
    """Rules triage in one of them: this model sees acute danger everywhere, and help ends it."""
    common = {"model": MODEL, "base_url": real_server, "time_limit": PATIENCE, "budget": 1}
    pieces: list[str] = []
    context = RaiseContext.model_validate({**common, **settings})
    state = await talk(context, "I'm 34", pieces.append)
    assert state["outcome"] == "answered" or "triage_model" not in settings
    assert state["outcome"] in ("answered", "crisis")
    assert len(state["asked"]) <= 1
    assert state["messages"][-1].text
    assert state["messages"][-1].text in "".join(pieces)
    assert {entry["role"] for entry in state["degraded"]} <= {"triage", "select", "respond"}


async def test_a_time_limit_ends_in_the_rules_reply_and_is_marked(real_server: str) -> None:
    context = RaiseContext(model=MODEL, base_url=real_server, time_limit=0.2, budget=1)
    state = await talk(context, "I'm 34", lambda piece: None)
    assert {entry["role"] for entry in state["degraded"]} == {"triage", "select", "respond"}
    assert state["outcome"] == "answered"
    assert len(state["messages"][-1].text.split()) > 40


async def test_acute_danger_waits_for_no_model(real_server: str) -> None:
    context = RaiseContext(model=MODEL, base_url=real_server, country="GB")
    door = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    turn = await door.send("t", "I am going to kill myself tonight.")
    assert turn.state["outcome"] == "crisis"
    assert turn.state.get("calls", 0) == 0
