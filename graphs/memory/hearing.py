"""Understanding, by rules, what a person wants of memory. Consent is never guessed.

Only a whole message counts: "I can't forget everything he said about me" is no wish, and "remember
that I agreed" is no yes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from ...penguin.reading import read_facts
from ..answers import asks_something
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
        if named := pattern.named_in(plain):
            return Wish(wanted="forget", attributes=named, language=language)
        for wanted, whole in pattern.wishes.items():
            if whole.fullmatch(plain):
                return Wish(wanted=wanted, attributes=[], language=language)
    for language in () if asks_something(text) else LANGUAGES:
        if told := _patterns(language).told_in(plain):
            return Wish(wanted="forget", attributes=told, language=language)
    return None


def may_be_a_wish(text: str) -> str:
    """Language of a message that sounds like a wish to have something forgotten; "" for others.

    It may be none ("forget my ex"): a reply is due, and a word on how to say it.
    """
    plain = _plain(text)
    if not plain or len(plain) > LONGEST:
        return ""
    return next((each for each in LANGUAGES if _patterns(each).forgetting.fullmatch(plain)), "")


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
        self.forgetting = whole([hear.forgetting])
        self._clauses = {
            attribute_id: whole(
                [
                    each.replace("{clause}", f"(?:{named.clause})")
                    for each in hear.forget_one
                    if "{clause}" in each
                ]
            )
            for attribute_id, named in words.attributes.items()
            if named.clause
        }
        self._names = {
            attribute_id: re.compile(f"(?:{_folded(named.what)})")
            for attribute_id, named in words.attributes.items()
        }
        one = f"(?:{'|'.join(named.what for named in words.attributes.values())})"
        row = rf"{one}(?:\s*(?:(?:{hear.among})\s*)*{one})*"
        self._rows = _with_group("row", row, polite, hear.forget_one, "{what}")
        self._told = _with_group("told", ".+", polite, hear.forget_told, "{told}")

    def named_in(self, plain: str) -> list[str]:
        """The attributes that a whole message wants forgotten by their names."""
        for attribute_id, clause in self._clauses.items():
            if clause.fullmatch(plain):
                return [attribute_id]
        for pattern in self._rows:
            if found := pattern.fullmatch(plain):
                return self._in_row(found["row"])
        return []

    def told_in(self, plain: str) -> list[str]:
        """The attributes that a whole message wants forgotten by telling them again."""
        for pattern in self._told:
            if found := pattern.fullmatch(plain):
                return list(read_facts(found["told"], source="message"))
        return []

    def _in_row(self, row: str) -> list[str]:
        """The attributes named in a row; the longest name counts, "mental health" before health."""
        found: list[str] = []
        at = 0
        while at < len(row):
            ends = {
                name: match.end()
                for name, one in self._names.items()
                if (match := one.match(row, at))
            }
            if not ends:
                at += 1
                continue
            longest = max(ends, key=lambda name: ends[name])
            found += [longest] if longest not in found else []
            at = ends[longest]
        return found


def _with_group(
    name: str, inside: str, polite: str, patterns: Iterable[str], place: str
) -> list[re.Pattern[str]]:
    """Patterns of whole messages with a named group in a place."""
    return [
        re.compile(
            polite
            + _folded(before)
            + f"(?P<{name}>{_folded(inside)})"
            + _folded(after)
            + rf"\s*{polite}"
        )
        for before, found, after in (each.partition(place) for each in patterns)
        if found
    ]


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
