"""The state of a RAISE dialogue: plain JSON beside the messages; any checkpointer holds it."""

from __future__ import annotations

import operator
from typing import Annotated, Any, Literal, cast

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from ..penguin.errors import SettingsError
from ..penguin.facts import Facts
from .roles.protocols import Danger, Level

SCHEMA_VERSION = 2
"""Version of this layout, stored in each thread; raised when a field changes meaning. A thread of
version 1 goes on: the fields that it lacks are worked out from what it has."""

AGAIN = "-again"
"""Ends the id of a question that stands after words that were no answer to it. It stands once."""


class Question(TypedDict):
    """A question waiting for the person, and what the interrupt shows them."""

    id: str
    """Names the question; an answer may name it too, and an answer to another one is not taken."""
    attribute: str
    question: str
    reason: str
    remaining: int
    """How many more questions may follow this one at most."""
    skip: str
    """Says that the person may skip it."""


class Answer(TypedDict):
    """The person's words to a question, not yet read."""

    question_id: str
    attribute: str
    text: str


class TriageRecord(TypedDict):
    """What triage said of the message (or select of an answer)."""

    level: Level
    domain: str
    danger: Danger
    reason: str


class Decision(TypedDict):
    """One line of the decision log: which node decided what, and why."""

    node: str
    decision: str
    reason: str


class Degradation(TypedDict):
    """A role whose model failed, so that a rule-based stand-in answered."""

    role: str
    cause: str


class RaiseInput(TypedDict):
    """What a caller gives: the person's message."""

    messages: Annotated[list[AnyMessage], add_messages]


class RaiseState(TypedDict, total=False):
    """Everything a dialogue is at a checkpoint."""

    messages: Annotated[list[AnyMessage], add_messages]
    schema_version: int
    policy: str
    """Fingerprint of the policy store that chose the questions; "" where it could not be read."""
    query: str
    """The message being answered, with what the person added to it; "" where the newest one is
    still to be read by triage."""
    language: str
    """ISO 639-1 code of the dialogue, for questions and offline replies."""
    formal: bool
    """Whether the person is addressed formally, as their own words do or ask for."""
    topic: str
    """Domain of the matter talked about; a harmless message in between leaves it."""
    follow_up: bool
    """Whether the message goes on with a topic that was answered before."""
    parked: list[str]
    """Other matters the person brought up, set aside for the reply; it then empties the list."""
    triage: TriageRecord
    facts: Facts
    asked: list[str]
    """Attributes asked in this thread, in order; none is asked twice."""
    asked_before: int
    """How many of them belong to earlier topics; the budget counts the rest."""
    pending: Question | None
    answer: Answer | None
    outcome: Literal["", "asking", "answered", "crisis"]
    log: Annotated[list[Decision], operator.add]
    calls: Annotated[int, operator.add]
    """Role calls so far, by models or by rules; with a model each is one request."""
    degraded: Annotated[list[Degradation], operator.add]


def last_words(state: RaiseState) -> str:
    """The text of the newest message of the person; "" where there is none."""
    for message in reversed(state.get("messages") or []):
        if message.type == "human":
            return message_text(message.content)
    return ""


def message_text(content: str | list[Any]) -> str:
    """The plain text of a message's content, which may come as blocks."""
    if isinstance(content, str):
        return content
    texts = [
        block if isinstance(block, str) else str(cast("dict[str, Any]", block).get("text", ""))
        for block in content
        if isinstance(block, (str, dict))
    ]
    return "\n".join(text for text in texts if text)


def check_version(state: RaiseState) -> None:
    """Refuse a thread that a newer release wrote.

    Raises:
        SettingsError: Its version is above SCHEMA_VERSION; both are named.
    """
    version = state.get("schema_version", SCHEMA_VERSION)
    if version > SCHEMA_VERSION:
        raise SettingsError(
            f"the thread was written with state version {version}; this release reads version "
            f"{SCHEMA_VERSION} and below: update raise-penguin or start a new thread"
        )
