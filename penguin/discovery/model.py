"""Proposals by a chat model, in the same schema and only with evidence that stands in the data."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..attributes import Attribute, Group, Type, Value, load_attributes
from ..data_files import first_problem
from ..errors import StructuredAnswerError
from ..prompting import load_prompt
from ..structured import StructuredModel
from .exchanges import Exchange
from .grouping import COVERED, Cover
from .proposal import Evidence, Proposal, asked_by, safe_questions

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..embedding import Embedder

BATCH = 20
"""Exchanges in one request."""
IN_FLIGHT = 8


class ProposedValue(BaseModel):
    """A value as a model proposes it; its words become patterns here, so none of its own runs."""

    model_config = ConfigDict(frozen=True)

    value: str = Field(min_length=1)
    words: tuple[str, ...] = ()
    said: tuple[str, ...] = Field(min_length=1)


class Quoted(BaseModel):
    """Words that a model says stand in an exchange."""

    model_config = ConfigDict(frozen=True)

    message: str
    quote: str = Field(min_length=3)


class Proposed(BaseModel):
    """An attribute as a model proposes it."""

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    group: Group = "demographic"
    type: Type = "category"
    sensitive: bool = True
    cost: float = Field(ge=0, le=1)
    reason: str
    questions: tuple[str, ...]
    words: tuple[str, ...] = Field(min_length=1)
    values: tuple[ProposedValue, ...]
    evidence: tuple[Quoted, ...]


class Answer(BaseModel):
    """What the model answers with."""

    model_config = ConfigDict(frozen=True)

    attributes: tuple[Proposed, ...] = ()


@dataclass
class Found:
    """What a model proposed, and what of it was thrown away."""

    proposals: list[Proposal] = field(default_factory=list[Proposal])
    dropped: Counter[str] = field(default_factory=Counter[str])
    """Why, with how often."""


async def propose_with_model(
    exchanges: Sequence[Exchange], model: BaseChatModel, *, embedder: Embedder, least: int
) -> Found:
    """Have a model read all exchanges, some at a time, and keep what the data bears out.

    Args:
        exchanges: Messages and replies.
        model: The chat model; one call for each twenty exchanges.
        embedder: Tells what the attributes there are cover.
        least: Different messages whose words must show a need.

    Raises:
        ModelUnavailableError: The model cannot be reached.
    """
    found, slots = Found(), asyncio.Semaphore(IN_FLIGHT)
    asker = StructuredModel(model, load_prompt("penguin", "discover"), Answer)
    known = {item.id: item.label for item in load_attributes().values()}

    async def read(batch: Sequence[Exchange]) -> Answer:
        shown = [{"id": one.id, "message": one.query, "reply": one.reply} for one in batch]
        async with slots:
            try:
                return await asker.ask({"known": known, "exchanges": shown})
            except StructuredAnswerError:
                found.dropped["an answer that is no proposal"] += 1
                return Answer()

    batches = [exchanges[start : start + BATCH] for start in range(0, len(exchanges), BATCH)]
    answers = await asyncio.gather(*(read(batch) for batch in batches))
    proposed: dict[str, Proposed] = {}
    evidence: dict[str, list[Evidence]] = {}
    texts = {one.id: _plain(f"{one.query}\n{one.reply}") for one in exchanges}
    for one in (item for answer in answers for item in answer.attributes):
        proposed.setdefault(one.id, one)
        quoted = [Evidence(q.message, q.quote) for q in one.evidence]
        true = [each for each in quoted if _plain(each.quote) in texts.get(each.message, "")]
        found.dropped["a quote that does not stand in the data"] += len(quoted) - len(true)
        evidence.setdefault(one.id, []).extend(true)
    cover = Cover(embedder)
    for name, one in proposed.items():
        kept = _checked(one, tuple(dict.fromkeys(evidence[name])), cover, embedder, least=least)
        if isinstance(kept, Proposal):
            found.proposals.append(kept)
        else:
            found.dropped[kept] += 1
    found.dropped = +found.dropped
    found.proposals.sort(key=lambda each: (-each.support, each.attribute.id))
    return found


def _checked(
    one: Proposed, evidence: tuple[Evidence, ...], cover: Cover, embedder: Embedder, *, least: int
) -> Proposal | str:
    """The proposal, or why it cannot be taken."""
    if len({each.message for each in evidence}) < least:
        return f"fewer than {least} messages with evidence"
    near = cover.nearness(embedder.embed([one.label])[0])
    if one.id in near or max(near.values()) >= COVERED:
        return "covered by an attribute that stands already"
    if len(questions := safe_questions(one.questions)) < 3:  # noqa: PLR2004 - the schema's
        return "fewer than three questions that ask for it and nothing else"
    values = [
        Value(value=each.value, said=each.said, signs=tuple(map(_sign, each.words)))
        for each in one.values
    ]
    try:
        attribute = Attribute(
            **one.model_dump(include={"id", "label", "group", "type", "sensitive", "cost"}),
            reason=one.reason,
            questions=questions,
            values=tuple(values),
            asked_by=asked_by(word.lower() for word in one.words),
        )
    except ValidationError as error:
        return f"not of the schema: {first_problem(error)}"
    if not all(attribute.asked_pattern.search(question) for question in questions):
        return "words that its own questions do not hold"
    return Proposal(attribute, evidence)


def _sign(word: str) -> str:
    return rf"\b{re.escape(word.lower())}\b"


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())
