"""The agent's model roles: what each is asked and what it answers. Rules and models both fit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ...penguin.facts import Fact, Facts
from ...policies.retrieval import Retrieval

Level = Literal["harmless", "sensitive", "acute"]
Danger = Literal[
    "", "suicide", "self_harm", "overdose", "violence", "child_abuse", "harm_to_others"
]
"""The kind of acute danger; "" where there is none."""
AnswerKind = Literal["answer", "refusal", "ask_back", "other_topic"]
"""What the words given to a question are; "answer" also where the person does not know."""


@dataclass(frozen=True, kw_only=True)
class Triage:
    """What a first reading of a message says."""

    level: Level
    domain: str
    """Domain id; "" where none fits."""
    danger: Danger = ""
    facts: Facts = field(default_factory=dict[str, Fact])
    """What the message itself already tells about the person."""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SelectRequest:
    """What the selector may use to read the last answer and choose the next question."""

    query: str
    domain: str
    facts: Mapping[str, Fact]
    asked: Sequence[str]
    """Attribute ids asked so far, in order."""
    answer: str | None
    """The words given to the last question; None before the first."""
    answered: str | None
    """The attribute that the last question asked for; None before the first."""
    candidates: Sequence[str]
    """Attribute ids that may still be asked: neither known, declined, unclear nor asked."""
    retrieval: Retrieval
    """What the policy knows about the message."""
    price: float = 0.0
    """Points of score that a question's cost of 1 is worth."""
    language: str = "en"
    """ISO 639-1 code of the language to ask in."""
    formal: bool = False
    """Whether the person is addressed formally."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """How to go on: what the answer told, how complete the background is, what to ask next."""

    facts: Facts
    """New or corrected facts read from the last answer."""
    danger: Danger
    """Acute danger seen in the last answer."""
    completeness: int
    """How complete the background is for a safe answer, 0 to 5 (the paper's scale)."""
    attribute: str | None
    """What to ask next, should the talk go on; one of the candidates."""
    question: str
    reason: str
    kind: AnswerKind = "answer"
    """What the last answer was."""
    matter: bool = False
    """With "other_topic": it is a sensitive matter of its own, which replaces the one before."""
    aside: str = ""
    """With "other_topic": a short reply to a harmless question; "" where it is set aside."""


@dataclass(frozen=True, kw_only=True)
class ReplyRequest:
    """What the writer of the final reply may use."""

    query: str
    domain: str
    facts: Mapping[str, Fact]
    level: Level = "sensitive"
    language: str = "en"
    """ISO 639-1 code of the language to write in."""
    formal: bool = False
    """Whether the person is addressed formally."""
    earlier: Sequence[str] = ()
    """Messages of the person that were answered before, the last one last."""
    said: Sequence[str] = ()
    """The replies to them; what stands there need not be said again."""
    parked: Sequence[str] = ()
    """Other matters they brought up while they were asked something."""
    help_line: str = ""
    """A crisis line to name where one fits; "" where the country is not known."""


class Triager(Protocol):
    """Reads a message: how risky, which domain, what it already tells."""

    name: str

    async def triage(self, message: str) -> Triage:
        """Read one message."""
        ...


class Selector(Protocol):
    """Reads the last answer and chooses the next question, in one step (one model call)."""

    name: str

    async def select(self, request: SelectRequest) -> Selection:
        """Read and choose."""
        ...


class Responder(Protocol):
    """Writes the final reply from the message and what is known."""

    name: str

    def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        """The reply, piece by piece."""
        ...
