"""A chat model for triage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...penguin.attributes import load_attributes
from ...penguin.domains import load_domains
from ...penguin.facts import TOLD, Fact, Facts, Source, Status
from ...penguin.prompting import load_prompt
from ...penguin.reading import canonical_value
from ...penguin.reading.spelling import clean, fold
from ...penguin.structured import DEFAULT_TIME_LIMIT, StructuredModel
from .protocols import Danger, Level, Triage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ToldFact(BaseModel):
    """One fact as a model reports it."""

    model_config = ConfigDict(extra="ignore")

    attribute: str
    value: str = ""
    status: Literal["known", "declined", "unclear"] = "known"
    evidence: str = Field(default="", description="The exact words that show it.")
    confidence: float = Field(default=TOLD, ge=0, le=1, description="How sure, 0 to 1.")


class TriageAnswer(BaseModel):
    """The answer."""

    model_config = ConfigDict(extra="ignore")

    level: Level
    danger: Danger = ""
    domain: str = ""
    facts: list[ToldFact] = []
    reason: str = ""


class ModelTriager:
    """Triage with a chat model, one request a message.

    Args:
        model: The chat model.
        time_limit: Seconds for one answer.
    """

    def __init__(self, model: BaseChatModel, *, time_limit: float = DEFAULT_TIME_LIMIT) -> None:
        prompt = load_prompt("graphs", "triage")
        self.name = prompt.id
        self._asked = StructuredModel(model, prompt, TriageAnswer, time_limit=time_limit)

    async def triage(self, message: str) -> Triage:
        """Read one message."""
        domains = load_domains()
        answer = await self._asked.ask(
            {"message": message},
            trusted={"domains": list(domains), "attributes": list(load_attributes())},
        )
        acute = answer.level == "acute"
        return Triage(
            level=answer.level,
            domain=answer.domain if answer.domain in domains else "",
            danger=(answer.danger or "suicide") if acute else "",
            facts=checked(answer.facts, message, source="message"),
            reason=answer.reason,
        )


def checked(told: list[ToldFact], text: str, *, source: Source) -> Facts:
    """The facts that a text really shows: known attributes, with evidence that stands in it.

    A model may guess; a guess about a person is not kept. Evidence counts by its words, without
    regard to quotes, spaces and case.
    """
    plain = _plain(text)
    facts: Facts = {}
    for one in told:
        status: Status = one.status
        if one.attribute not in load_attributes():
            continue
        if status == "known" and not (one.value and one.evidence and _plain(one.evidence) in plain):
            continue
        value = canonical_value(one.attribute, one.value) or one.value if status == "known" else ""
        facts[one.attribute] = Fact(
            value=value[:200],
            status=status,
            source=source,
            evidence=one.evidence[:200],
            confidence=one.confidence,
        )
    return facts


def _plain(text: str) -> str:
    return fold(clean(text))
