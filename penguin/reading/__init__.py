"""Reading: what a person's words tell about them, and how an answer is meant, by rules offline."""

from .answers import AnswerKind
from .reader import (
    AnswerReading,
    asks_back,
    canonical_value,
    read_answer,
    read_facts,
    wants_no_questions,
)

__all__ = [
    "AnswerKind",
    "AnswerReading",
    "asks_back",
    "canonical_value",
    "read_answer",
    "read_facts",
    "wants_no_questions",
]
