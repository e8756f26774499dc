"""Needles: a few letters without which a pattern cannot match, so that most are never searched.

Of 180 values in eight languages a text tells a handful. Where none of a pattern's needles is among
the text's grams, the pattern matches nowhere in it; looking that up costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import add

GRAM = 4
"""Longest needle, in characters."""
LETTERS = 15
"""Letters that are as good as equally frequent; tells how rare a needle is."""
MOST = 400
"""More needles than these tell next to nothing."""

Needles = frozenset[str] | None
"""Strings one of which stands in every text that matches; None where that cannot be told."""

TOKEN = re.compile(
    r"(?P<around>\(\?<?[=!])|(?P<open>\(\?:|\(\?P<\w+>|\((?!\?))|(?P<close>\))|(?P<either>\|)"
    r"|\[(?P<klass>\^?\]?(?:\\.|[^\]\\])*)\]|(?P<times>[*+?]\??|\{\d*,?\d*\}\??)"
    r"|(?P<place>[\^$]|\\[bBAZ])|(?P<any>\.|\\[wWdDsS])|\\(?P<escaped>[^a-zA-Z0-9])|(?P<char>[^\\(])",
    re.DOTALL,
)


def grams(text: str) -> frozenset[str]:
    """All strings of one to four characters that stand in a text."""
    longest = list(text)
    found = set(longest)
    for size in range(1, GRAM):
        longest = list(map(add, longest, text[size:]))
        found.update(longest)
    return frozenset(found)


def needles_of(expressions: Iterable[str]) -> Needles:
    """The needles of expressions, one of which is to match; they match case and are not verbose.

    Raises:
        ValueError: An expression uses syntax that is not known here.
    """
    return _either([_alternatives(_tokens(one), 0)[0] for one in expressions])


def may_match(needles: Needles, found: frozenset[str]) -> bool:
    """Whether a pattern of these needles can match a text of these grams."""
    return needles is None or not needles.isdisjoint(found)


@dataclass
class _Sequence:
    """What has been read of one alternative."""

    run: str
    """The characters that stand there one after the other, up to here."""
    parts: list[Needles]

    def end_run(self) -> None:
        if kept := self.run.strip()[:GRAM] or self.run[:GRAM]:
            self.parts.append(frozenset({kept}))
        self.run = ""

    def best(self) -> Needles:
        """The needles of the part that is met least often."""
        self.end_run()
        told = [part for part in self.parts if part is not None]
        return min(told, key=_frequency, default=None)


def _frequency(needles: frozenset[str]) -> float:
    return sum(LETTERS ** -len(needle) for needle in needles)


def _either(found: Sequence[Needles]) -> Needles:
    """The needles of alternatives; none if one of them can do without."""
    every = [one for one in found if one is not None]
    joined = frozenset[str]().union(*every)
    return joined if len(every) == len(found) and len(joined) <= MOST else None


def _tokens(expression: str) -> list[tuple[str, str]]:
    """The kind and text of each token."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(expression):
        match = TOKEN.match(expression, at)
        if match is None or match.lastgroup is None:
            raise ValueError(f"cannot read {expression[at : at + 10]!r} of a pattern")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _alternatives(tokens: Sequence[tuple[str, str]], at: int) -> tuple[Needles, int]:
    """The needles of what stands up to the closing bracket, and the place behind it."""
    found: list[Needles] = []
    sequence = _Sequence("", [])
    while at < len(tokens) and tokens[at][0] != "close":
        kind, text = tokens[at]
        at += 1
        if kind == "either":
            found.append(sequence.best())
            sequence = _Sequence("", [])
            continue
        one: Needles = None
        if kind in ("open", "around"):
            one, at = _alternatives(tokens, at)
        elif kind == "klass" and not re.match(r"\^|.*[\\\-]", text, re.DOTALL):
            one = frozenset(text)
        optional = at < len(tokens) and tokens[at][0] == "times"
        least = _least(tokens[at][1]) if optional else 1
        at += optional
        if kind in ("char", "escaped"):
            if not optional:
                sequence.run += text
                continue
            one = frozenset({text})
        sequence.end_run()
        if least and kind != "around":
            sequence.parts.append(one)
    found.append(sequence.best())
    return _either(found), at + 1


def _least(times: str) -> int:
    """How often something stands there at least, 0 or more."""
    if times[0] in "*?":
        return 0
    least = re.match(r"\{(\d+)", times)
    return int(least[1]) if least else int(times[0] == "+")
