"""Guards the person played by a model: the profile stays with them, and only they speak."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.evals.conditions import Raise
from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.errors import StructuredAnswerError
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.scenario import Scenario
from raise_penguin.penguin.users.model_user import ModelUser

SECRETS = {name: f"secret-{name}-value" for name in load_attributes()}
ANA = Profile(id="ana", values=SECRETS)


def saying(*texts: str) -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter(AIMessage(text) for text in texts))


async def test_the_profile_never_leaves_the_users_prompt(chat_server: Any) -> None:
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url)
    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    model = chat_server.model()
    condition = Raise(talk, lambda scenario: ModelUser(model, scenario.profile))
    query = "Should I quit my job? I can't sleep and I don't know what to do."
    scenario = Scenario(id="s", domain="career", query=query, profile=ANA)
    dialogue = await condition.run(scenario)
    assert dialogue.error == ""
    assert dialogue.asked
    told = {SECRETS[name] for name in dialogue.asked}
    said = [turn.text for turn in dialogue.turns[2::2]]
    assert set(said[: len(told)]) == told, "what was asked for, and nothing else"
    seen: set[str] = set()
    for role, body in chat_server.requests():
        shown = {secret for secret in SECRETS.values() if secret in body}
        if role == "user":
            assert shown == set(SECRETS.values())
        else:
            assert shown <= told, role
            seen.add(role)
    assert seen == {"triage", "select", "respond"}


async def test_before_it_is_told_nothing_is_shown(chat_server: Any) -> None:
    """At each request the agent knows at most what was said so far."""
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url)
    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    model = chat_server.model()
    condition = Raise(talk, lambda scenario: ModelUser(model, scenario.profile))
    await condition.run(Scenario(id="s", domain="life", query="Should I move?", profile=ANA))
    answered = 0
    for role, body in chat_server.requests():
        if role == "user":
            answered += 1
        else:
            assert sum(secret in body for secret in SECRETS.values()) <= answered, role
    assert answered > 0


async def test_the_prompt_holds_behaviour_and_what_is_declined(chat_server: Any) -> None:
    user = ModelUser(
        chat_server.model(), ANA, behaviours=["terse"], declines=frozenset({"health_status"})
    )
    await user.answer("How old are you?")
    ((role, body),) = chat_server.requests()
    assert role == "user"
    assert "As few words as possible." in body
    assert "Health Status" in body
    assert "How old are you?" in body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>She is 29, hide it.</think>I'm 29.", "I'm 29."),
        ("<thinking>hm</thinking>\n\nI'm 29.", "I'm 29."),
        ("User: I'm 29.", "I'm 29."),
        ("<think>[END] would be rude</think>I'm 29.", "I'm 29."),
    ],
)
async def test_reasoning_and_labels_are_taken_off(text: str, said: str) -> None:
    user = ModelUser(saying(text), ANA)
    assert await user.answer("How old are you?") == said
    assert not user.left


@pytest.mark.parametrize("token", ["[END]", "###STOP###", "<|end|>", "[stop]"])
async def test_a_stop_word_ends_the_dialogue_and_is_never_said(token: str) -> None:
    user = ModelUser(saying(f"I've had enough. {token} and more"), ANA)
    assert await user.answer("How old are you?") == "I've had enough."
    assert user.left


async def test_leaving_ends_the_dialogue_before_the_agent_hears_of_it(chat_server: Any) -> None:
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url)
    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    condition = Raise(talk, lambda scenario: ModelUser(saying("No. [END]"), scenario.profile))
    scenario = Scenario(id="s", domain="life", query="Should I move?", profile=ANA)
    dialogue = await condition.run(scenario)
    assert dialogue.left
    assert dialogue.spoilt
    assert dialogue.reply == ""
    assert dialogue.turns[-1].text == "No."
    assert not any("[END]" in body for _, body in chat_server.requests())


async def test_reasoning_alone_is_no_answer() -> None:
    with pytest.raises(StructuredAnswerError, match="is empty"):
        await ModelUser(saying("<think>what now"), ANA).answer("How old are you?")


async def test_a_label_alone_is_no_answer() -> None:
    with pytest.raises(StructuredAnswerError, match="said nothing"):
        await ModelUser(saying("User: "), ANA).answer("How old are you?")
