"""What words given to a question are: an answer, a refusal, a question back, another topic."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..penguin.attributes import attribute
from ..penguin.facts import Fact
from ..penguin.reading import AnswerReading
from .roles.protocols import AnswerKind

REMARK_WORDS = 8
"""Another topic of at least this many words is kept as part of the message."""

BRIEF_WORDS = 2

QUESTION_MARKS = "?？؟"


def kind_of(text: str, reading: AnswerReading) -> AnswerKind:
    """What an answer is to the dialogue, in any of the eight languages.

    Args:
        text: The words given to a question.
        reading: What the rules read in them. Whoever tells a fact has answered, and so has whoever
            does not know; a "yes" that tells nothing is an answer too, for the question is heard.
            Nothing but signs, such as "...", declines.
    """
    if tells_a_value(reading.facts) or reading.kind == "unsure":
        return "answer"
    if reading.kind != "other_topic":
        return reading.kind
    if not re.search(r"\w", text):
        return "refusal"
    return "answer" if _is_brief(text) else "other_topic"


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
