"""The notation in which the danger rules are written, so that a native speaker can read a file.

``(a|b)`` one of these; ``[x]`` may be missing; ``~`` any ending of the word; ``…`` up to a few
words between; ``<name>`` one of the file's own word lists; ``&`` the other phrase near by, in any
order. Everything else is matched as it stands, however it is accented or capitalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...penguin.errors import DataError
from .spelling import folded

GAP = "\u22ef"
"""Stands for ``…`` while a phrase is folded, which would take the sign for three points."""
NAME = re.compile(r"<(\w+)>")
LETTER = r"\w\u0900-\u097f"


def compiled(
    phrases: Iterable[str],
    lists: Mapping[str, str],
    *,
    apostrophe: str = "",
    spaces: bool = True,
    gap: int = 30,
    edges: bool = True,
) -> re.Pattern[str] | None:
    """One expression that finds any of the phrases; None where there are none.

    Args:
        phrases: In the notation of this module.
        lists: Word lists by name.
        apostrophe: As in ``words_of``.
        spaces: As in ``words_of``.
        gap: Characters that ``…`` may stand for.
        edges: A phrase begins and ends where a word does.

    Raises:
        DataError: A phrase names an unknown list or its brackets do not match.
    """
    parts = [_expression(one, lists, apostrophe, spaces, gap) for one in phrases]
    if not parts:
        return None
    body = "|".join(parts)
    try:
        return re.compile(f"(?<![{LETTER}])(?:{body})(?![{LETTER}])" if edges else f"(?:{body})")
    except re.error as error:
        raise DataError(f"a phrase of the danger rules cannot be read: {error}") from error


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
