"""The notation in which the danger rules are written, so that a native speaker can read a file.

``(a|b)`` one of these; ``[x]`` may be missing; ``~`` any ending of the word; ``…`` up to a few
words between; ``<name>`` one of the file's own word lists; ``&`` the other phrase near by, in any
order. Everything else is matched as it stands, however it is accented or capitalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from ...penguin.errors import DataError
from ...penguin.reading.needles import Needles, grams, may_match, needles_of
from .spelling import folded

GAP = "\u22ef"
"""Stands for ``…`` while a phrase is folded, which would take the sign for three points."""
NAME = re.compile(r"<(\w+)>")
LETTER = r"\w\u0900-\u097f"


class Words(str):
    """A sentence as the rules of a language read it."""

    @cached_property
    def grams(self) -> frozenset[str]:
        """Its letters, by which most phrases are passed over."""
        return grams(self)


class Phrasing:
    """Phrases as one expression, which is compiled when a text may hold one of them."""

    def __init__(self, expression: str) -> None:
        self.expression = expression

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression.

        Raises:
            DataError: The brackets of a phrase do not match.
        """
        try:
            return re.compile(self.expression)
        except re.error as error:
            raise DataError(f"a phrase of the danger rules cannot be read: {error}") from error

    @cached_property
    def needles(self) -> Needles:
        """Letters without which no phrase stands in a text."""
        return needles_of([self.expression])

    def search(self, words: Words) -> re.Match[str] | None:
        """The first phrase in a sentence."""
        return self.pattern.search(words) if may_match(self.needles, words.grams) else None

    def match(self, words: Words) -> re.Match[str] | None:
        """A phrase at the beginning of a sentence."""
        return self.pattern.match(words) if may_match(self.needles, words.grams) else None

    def finditer(self, words: Words) -> Iterator[re.Match[str]]:
        """Every phrase in a sentence."""
        return self.pattern.finditer(words) if may_match(self.needles, words.grams) else iter(())


def phrasing(
    phrases: Iterable[str],
    lists: Mapping[str, str],
    *,
    apostrophe: str = "",
    spaces: bool = True,
    gap: int = 30,
    edges: bool = True,
) -> Phrasing | None:
    """What finds any of the phrases; None where there are none.

    Args:
        phrases: In the notation of this module.
        lists: Word lists by name.
        apostrophe: As in ``words_of``.
        spaces: As in ``words_of``.
        gap: Characters that ``…`` may stand for.
        edges: A phrase begins and ends where a word does.

    Raises:
        DataError: A phrase names an unknown list or holds a sign that is none of the notation.
    """
    parts = [_expression(one, lists, apostrophe, spaces, gap) for one in phrases]
    if not parts:
        return None
    body = "|".join(parts)
    return Phrasing(f"(?<![{LETTER}])(?:{body})(?![{LETTER}])" if edges else f"(?:{body})")


def _expression(
    phrase: str, lists: Mapping[str, str], apostrophe: str, spaces: bool, gap: int
) -> str:
    text = phrase
    for _ in range(4):  # a list may name another one
        text = NAME.sub(lambda found: f"({_named(lists, found[1], phrase)})", text)
    text = folded(text.replace("…", GAP)).replace("'", apostrophe)
    if not spaces:
        text = text.replace(" ", "")
    between = f"(?:.{{0,{gap}}} )?" if spaces else f".{{0,{gap}}}"
    text = re.sub(f" *{GAP} *", f" {GAP} " if spaces else GAP, text)
    if re.search(r"[?+*\\^$.{}]", text):
        raise DataError(f"{phrase!r}: only ( | ) [ ] ~ … and <lists> are signs of the rules")
    text = text.replace("(", "(?:")
    text = re.sub(r"\[([^\[\]]*)\] ", r"(?:(?:\1) )?", text)
    text = re.sub(r" \[([^\[\]]*)\](?=$|[|)])", r"(?: (?:\1))?", text)
    text = re.sub(r"\[([^\[\]]*)\]", r"(?:\1)?", text)
    text = text.replace("~", rf"[{LETTER}]*")
    return text.replace(f"{GAP} " if spaces else GAP, between)


def _named(lists: Mapping[str, str], name: str, phrase: str) -> str:
    if name not in lists:
        raise DataError(f"{phrase!r} names the word list <{name}>, which the file does not have")
    return "|".join(lists[name].strip().splitlines())
