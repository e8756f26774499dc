"""Understanding, by rules, what a person wants of memory. Consent is never guessed.

Only a whole message counts: "I can't forget everything he said about me" is no wish, and "remember
that I agreed" is no yes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .record import Wanted, Wish
from .words import LANGUAGES, Words, words_of

LONGEST = 120
"""Characters of the longest message that can be a wish; longer ones tell something."""
QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي"})
MARKS = re.compile(r"[\u064b-\u0652\u0640\u200b-\u200f\ufeff]")
PUNCTUATION = re.compile(r"[.,!;:\"“”„«»…。，！；：、؟،؛।¿¡?？]+")


def consent(text: str) -> Wanted | None:
    """A plain yes ("agree") or no ("refuse") in any language; None for any other text."""
    plain = _plain(text)
    for language in LANGUAGES:
        pattern = _patterns(language)
        if pattern.agree.fullmatch(plain):
            return "agree"
        if pattern.refuse.fullmatch(plain):
            return "refuse"
    return None


def hear(text: str) -> Wish | None:
    """The wish to be shown or to have forgotten something; None for any other text."""
    plain = _plain(text)
    if not plain or len(plain) > LONGEST:
        return None
    for language in LANGUAGES:
        pattern = _patterns(language)
        for attribute_id, one in pattern.forget_one.items():
            if one.fullmatch(plain):
                return Wish(wanted="forget", attributes=[attribute_id], language=language)
        for wanted, whole in pattern.wishes.items():
            if whole.fullmatch(plain):
                return Wish(wanted=wanted, attributes=[], language=language)
    return None


class _Patterns:
    """One language's patterns, compiled once."""

    def __init__(self, words: Words) -> None:
        hear = words.hear
        polite = f"(?:(?:{_folded(hear.polite)})\\s*)*"

        def whole(patterns: list[str]) -> re.Pattern[str]:
            joined = "|".join(f"(?:{_folded(each)})" for each in patterns)
            return re.compile(rf"{polite}(?:{joined})\s*{polite}")

        self.agree = whole([re.escape(_plain(each)) for each in hear.agree])
        self.refuse = whole([re.escape(_plain(each)) for each in hear.refuse])
        self.wishes: dict[Wanted, re.Pattern[str]] = {
            "show": whole(list(hear.show)),
            "forget_all": whole(list(hear.forget_all)),
            "forget_that": whole(list(hear.forget_that)),
        }
        self.forget_one = {
            attribute_id: whole(
                [
                    each.replace("{what}", f"(?:{named.what})").replace(
                        "{clause}", f"(?:{named.clause})"
                    )
                    for each in hear.forget_one
                    if named.clause or "{clause}" not in each
                ]
            )
            for attribute_id, named in words.attributes.items()
        }


@lru_cache(maxsize=len(LANGUAGES))
def _patterns(language: str) -> _Patterns:
    return _Patterns(words_of(language))


def _folded(text: str) -> str:
    """One spelling of letters that are written in several ways."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(QUOTES)
    return MARKS.sub("", folded)


def _plain(text: str) -> str:
    """A text without case, punctuation and doubled spaces."""
    return " ".join(PUNCTUATION.sub(" ", _folded(text)).split())
