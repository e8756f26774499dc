"""The blind pass: a reading of the reply without the profile, which catches recitation.

A reply gains nothing by listing what it knows, and loses by telling what it need not: to whoever
reads the screen over the person's shoulder it discloses all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ..prompting import load_prompt
from ..structured import StructuredModel
from .verdict import Rating, Verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

FREE = 2
"""Facts a reply may state without loss; advice has to touch what it is about."""
COST = 0.5
"""Points lost, in empathy and in alignment, for each further one."""


class Disclosure(BaseModel):
    """A fact about the person that a reply states."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(description="The words of the reply that state it, copied.")


class Disclosures(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid")

    facts: list[Disclosure]


class BlindPass:
    """Counts what a reply tells about the person, without knowing the person.

    Args:
        model: The chat model.
        time_limit: Seconds for one reading.
    """

    def __init__(self, model: BaseChatModel, *, time_limit: float) -> None:
        prompt = load_prompt("penguin", "blind")
        self.name = prompt.id
        self._asked = StructuredModel(model, prompt, Disclosures, time_limit=time_limit)

    async def apply(self, query: str, reply: str, verdict: Verdict) -> Verdict:
        """The verdict after points were taken off for recitation.

        Raises:
            RaisePenguinError: The reading failed; the caller has no verdict then.
        """
        found = await self._asked.ask({"query": query, "reply": reply})
        plain = " ".join(reply.split()).lower()
        told = [
            fact.words
            for fact in found.facts
            if fact.words and " ".join(fact.words.split()).lower() in plain
        ]
        loss = COST * max(0, len(told) - FREE)
        if not loss:
            return verdict
        note = f" Blind pass: states {len(told)} facts ({'; '.join(told)[:200]}), -{loss:g}."
        lowered = {
            name: Rating(
                reason=verdict_rating.reason + note, score=max(1.0, verdict_rating.score - loss)
            )
            for name, verdict_rating in (
                ("emotional_empathy", verdict.emotional_empathy),
                ("user_alignment", verdict.user_alignment),
            )
        }
        return verdict.model_copy(update=lowered)
