"""A chat model for selection: reads the answer, scores completeness, words the next question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from ...penguin.attributes import attribute
from ...penguin.facts import Fact, known_facts
from ...penguin.prompting import load_prompt
from ...penguin.structured import DEFAULT_TIME_LIMIT, StructuredModel
from ..answers import QUESTION_MARKS, asks_something
from ..wording import Speech
from .model_triage import ToldFact, checked
from .protocols import AnswerKind, Danger, Selection, SelectRequest

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MAX_ASIDE = 300
"""Longest reply to another topic, in characters; a longer one would be a lecture."""


class SelectAnswer(BaseModel):
    """The answer."""

    model_config = ConfigDict(extra="ignore")

    facts: list[ToldFact] = []
    danger: Danger = ""
    kind: AnswerKind = Field(default="answer", description="What the last answer is.")
    new_matter: bool = Field(
        default=False, description="The other topic is a personal, sensitive matter of its own."
    )
    aside: str = Field(default="", description="A short reply to a harmless other topic.")
    completeness: int = Field(ge=0, le=5)
    attribute: str = ""
    question: str = ""
    reason: str = ""


class ModelSelector:
    """Selection with a chat model, one request a step.

    Args:
        model: The chat model.
        time_limit: Seconds for one answer.
    """

    def __init__(self, model: BaseChatModel, *, time_limit: float = DEFAULT_TIME_LIMIT) -> None:
        prompt = load_prompt("graphs", "select")
        self.name = prompt.id
        self._asked = StructuredModel(model, prompt, SelectAnswer, time_limit=time_limit)

    async def select(self, request: SelectRequest) -> Selection:
        """Read and choose. A choice outside the candidates is replaced by the plans' own."""
        answer = await self._asked.ask(_data(request))
        words, asked = request.answer, request.answered
        facts = checked(answer.facts, words, source="answer") if words else {}
        if asked and words is not None and asked not in facts and asked not in request.facts:
            status = "declined" if answer.kind == "refusal" else "unclear"
            facts[asked] = Fact(value="", status=status, source="answer", evidence=words[:200])
        left = [name for name in request.candidates if name not in facts]
        chosen = answer.attribute or None
        worded = chosen in left and sum(map(answer.question.count, QUESTION_MARKS)) == 1
        if chosen and chosen not in left:
            known = known_facts({**request.facts, **facts})
            best = request.retrieval.best(known, left, request.price)
            chosen = best.attribute if best else None
        speech = Speech(request.language, request.formal)
        question, reason = (speech.question(chosen), speech.reason(chosen)) if chosen else ("", "")
        return Selection(
            facts=facts,
            danger=answer.danger,
            completeness=answer.completeness,
            attribute=chosen,
            question=answer.question if worded else question,
            reason=answer.reason if worded and answer.reason else reason,
            kind=answer.kind if words else "answer",
            matter=answer.new_matter,
            aside="" if asks_something(answer.aside) else answer.aside.strip()[:MAX_ASIDE],
        )


def _data(request: SelectRequest) -> dict[str, Any]:
    """What the model sees."""
    candidates = [attribute(name) for name in request.candidates]
    return {
        "language": request.language,
        "address": "formal" if request.formal else "plain",
        "message": request.query,
        "known": {name: dict(fact) for name, fact in request.facts.items()},
        "asked": list(request.asked),
        "last_question_asked_for": request.answered,
        "last_answer": request.answer,
        "candidates": [
            {"attribute": item.id, "sensitive": item.sensitive, "example": item.questions[0]}
            for item in candidates
        ],
        "examples": [
            {
                "message": near.query,
                "asked_in_order": list(near.path),
                "gain": {name: round(gain, 2) for name, gain in near.gains.items()},
            }
            for near in request.retrieval.near
        ],
    }
