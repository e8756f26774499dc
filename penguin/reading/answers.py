"""Answers: how what somebody says to a question is meant, beside the values that it tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from .clauses import Clause
from .lexicon import Lexicon
from .spelling import EMOJI

AnswerKind = Literal["answer", "refusal", "unsure", "ask_back", "other_topic"]
"""What an answer is to its question.

- "answer": it tells the value, in the paper's terms or in the person's own words.
- "refusal": they would rather not say; also jokes about it, and leaving.
- "unsure": they do not know, shrug, or stay so vague that nothing can be used.
- "ask_back": they ask why it is asked, what for or who sees it; the question stands.
- "other_topic": it says nothing to the question, which stands; it may tell other facts.
"""

BLANK = re.compile(r"\W*(n ?[/.\\] ?a\.?|[-–—/_]+|x+)\W*|[-–—/_]+")
"""How a field of a form is left blank in any language; refused, as an empty answer is."""
SHRUGS = re.compile("[\U0001f937\U0001f914\U0001f615\U0001fae4]")
SILENCES = re.compile("[\U0001f910\U0001f92b\U0001f645\U0001f6ab\u26d4\U0001f64a]")
"""Emoji that say no: a zipped or hushed mouth, arms crossed, no entry."""


FACES = {
    "Anger": "\U0001f620\U0001f621\U0001f92c\U0001f624",
    "Depression": "\U0001f622\U0001f62d\U0001f614\U0001f61e\U0001f641\u2639\U0001f97a\U0001f494",
    "Anxiety": "\U0001f628\U0001f630\U0001f631\U0001f61f\U0001f627\U0001f616",
    "Happiness": "\U0001f600\U0001f603\U0001f604\U0001f601\U0001f60a\U0001f642\U0001f970",
    "Excitement": "\U0001f929\U0001f389\U0001f973",
    "Calmness": "\U0001f60c\U0001f9d8",
    "Indifferent": "\U0001f610\U0001f611\U0001f636\U0001f612",
    "Other": "\U0001f62b\U0001f634\U0001f635\U0001f971",
}
"""Faces that name a feeling, where it was asked for and nothing is written."""


def emoji_value(asked: str, text: str) -> str | None:
    """The feeling that an answer of nothing but emoji shows, where a feeling was asked for."""
    if asked != "emotional_state" or re.search(r"\w", text):
        return None
    return next((value for value, faces in FACES.items() if set(text) & set(faces)), None)


def emoji_kind(text: str) -> AnswerKind | None:
    """What an answer without a word is; None where emoji are words about a feeling or nothing."""
    if SILENCES.search(text):
        return "refusal"
    if SHRUGS.search(text):
        return "unsure"
    return None


def says(group: str, folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether words of a group stand in a folded text."""
    return any(one.group(group).search(folded) for one in lexicons)


def is_aside(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a text is nothing but an aside such as "ok" or "haha"."""
    bare = EMOJI.sub("", folded).strip(" .,!~")
    return not bare or any(one.group("aside").fullmatch(bare) for one in lexicons)


def is_yes_or_no(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a text is a bare yes or no, which answers some questions and not others."""
    return is_aside(folded, lexicons) and says("yes_no", folded, lexicons)


def telling(clauses: Sequence[Clause], lexicons: Sequence[Lexicon]) -> list[Clause]:
    """The clauses that neither refuse nor say that the person does not know."""
    return [
        clause
        for clause in clauses
        if not says("refusing", clause.folded, lexicons)
        and not says("unsure", clause.folded, lexicons)
    ]
