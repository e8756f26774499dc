"""What words given to a question are: an answer, a refusal, a question back, another topic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from ..penguin.attributes import attribute
from ..penguin.data_files import data_files, load_yaml
from ..penguin.facts import Fact, Facts
from .roles.protocols import AnswerKind

REMARK_WORDS = 8
"""Another topic of at least this many words is kept as part of the message."""

BRIEF_WORDS = 2

QUESTION_MARKS = "?？؟"
CURLY = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})


class Patterns(BaseModel):
    """Regular expressions, case-insensitive, by language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask_back: dict[str, tuple[str, ...]] = {}
    refusal: dict[str, tuple[str, ...]] = {}
    unsure: dict[str, tuple[str, ...]] = {}


def kind_of(answer: str, facts: Facts) -> AnswerKind:
    """What an answer is, in any of the eight languages.

    Args:
        answer: The words given to a question.
        facts: What they tell, as read by rules or by a model. Whoever tells a fact has answered.
    """
    if tells_a_value(facts):
        return "answer"
    told = {fact["status"] for fact in facts.values()}
    text = " ".join(answer.translate(CURLY).lower().split())
    if not re.search(r"\w", text):
        return "refusal"
    if _pattern("ask_back").search(text):
        return "ask_back"
    if "declined" in told or _pattern("refusal").search(text):
        return "refusal"
    if told or _pattern("unsure").search(text) or _is_brief(text):
        return "answer"
    return "other_topic"


def tells_a_value(facts: Mapping[str, Fact]) -> bool:
    """Whether something is known that is more than the person's own words.

    Own words may be anything; "I won't say" in a language that the reader does not know is some.
    """
    return any(
        fact["status"] == "known" and attribute(name).value_named(fact["value"]) is not None
        for name, fact in facts.items()
    )


def asks_something(text: str) -> bool:
    """Whether a text holds a question."""
    return any(mark in text for mark in QUESTION_MARKS)


def _is_brief(text: str) -> bool:
    """Whether a text is a "yes", a "no" or the like: an answer, if one that tells nothing."""
    return not asks_something(text) and _size(text) <= BRIEF_WORDS


def is_long(text: str) -> bool:
    """Whether a text is long enough to be part of the matter."""
    return _size(text) >= REMARK_WORDS


def _size(text: str) -> int:
    """Words; Chinese writes no spaces and about two signs a word."""
    return len(text.split()) + len(re.findall("[一-鿿]", text)) // 2


@lru_cache(maxsize=3)
def _pattern(kind: str) -> re.Pattern[str]:
    found = [load_yaml(source, Patterns) for source in data_files("graphs", "answers.yaml")]
    cues = [cue for one in found for cues in getattr(one, kind).values() for cue in cues]
    return re.compile("|".join(f"(?:{cue})" for cue in cues), re.IGNORECASE)
