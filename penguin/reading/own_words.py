"""Own words: which free text can be the answer to a question for one attribute.

An attribute has a range of values, and people have more: a beekeeper, "cohabiting", "drained but
hopeful". Such words are kept as they stand, and only where they can be the answer. "It's raining
here again" is none, and a fact that nobody told would end the questions too early.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..attributes import Attribute
from .lexicon import SCRIPTS, Lexicon, lexicons_of
from .spelling import fold

MAX_CHARACTERS = 200
"""Longest own words kept as a value."""
MAX_WORDS = 15
"""A longer sentence tells a story; it is no value."""
STATUS_WORDS = 6
"""Words up to which "I'm ..." says what somebody is; feelings may take more."""

MEASURED = ("age", "economic_status")
"""A number and a level: words beside them do not say which."""
YES_OR_NO = 2
"""Values of an attribute that is either so or not, which own words cannot widen."""

SENTENCE = re.compile(r"[^.!?।؟]+[.!?।؟]*")
LETTER = re.compile(r"[^\W\d_]")


def own_words(item: Attribute, text: str, lexicons: Sequence[Lexicon]) -> str | None:
    """The sentence of a text that can be an answer in somebody's own words.

    Args:
        item: What was asked for. An age and how money is have none; a yes or no neither.
        text: What was said, cleaned.
        lexicons: The languages in which it may be meant.

    Returns:
        A phrase ("Cohabiting partner") or what somebody says of themselves ("I'm freelance"); None
        where no sentence is either.
    """
    if item.id in MEASURED or len(item.values) == YES_OR_NO:
        return None
    for sentence in (found.strip() for found in SENTENCE.findall(text)):
        words = len(sentence.split())
        folded = fold(sentence)
        if words > MAX_WORDS or re.search("[?؟]", folded) or not LETTER.search(folded):
            continue
        if _says_not(folded, lexicons):
            continue
        if any(one.group("aside").fullmatch(folded.strip(" .,!~")) for one in lexicons):
            continue
        if any(
            _of_oneself(item, folded, words, one) or _is_phrase(folded, one) for one in lexicons
        ):
            return sentence.rstrip(".! ")[:MAX_CHARACTERS]
    return None


def _says_not(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a sentence begins with what somebody is not, or is no more: "not rich", "I was"."""
    parts = [part.strip(" .,!~") for part in re.split(r"[,،;]", folded)]
    parts = [
        part for part in parts if not any(one.group("aside").fullmatch(part) for one in lexicons)
    ]
    first = parts[0] if parts else ""
    likely = [one for one in lexicons if _likely(folded, one)]
    return any(one.group(group).search(first) for one in likely for group in ("not_before", "past"))


def _of_oneself(item: Attribute, folded: str, words: int, lexicon: Lexicon) -> bool:
    if item.group == "demographic" and lexicon.group("works").search(folded):
        return True
    feels = lexicon.group("feels").match(folded) is not None
    if item.group != "emotion" and (words > STATUS_WORDS or feels):
        return False
    return feels or lexicon.group("oneself").match(folded) is not None


def _is_phrase(folded: str, lexicon: Lexicon) -> bool:
    """Whether a sentence is a mere phrase about its writer, in a language that can tell."""
    if not lexicon.words.of_else or not _likely(folded, lexicon):
        return False
    if not re.search(SCRIPTS[lexicon.words.script], folded):
        return False
    return not (lexicon.group("of_else").search(folded) or lexicon.group("no_phrase").match(folded))


def _likely(folded: str, lexicon: Lexicon) -> bool:
    """Whether no other language has more of its small words in a text."""
    words = set(re.findall(r"[\w']+", folded))
    mine = len(words & lexicon.known_by)
    return all(len(words & one.known_by) <= mine for one in lexicons_of(folded))
