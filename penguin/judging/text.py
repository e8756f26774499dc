"""Reading a reply: its sentences, and what in them cannot count as advice or support."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
WORD = re.compile(r"[\w']+")
MOST_WORDS = 60
"""A longer sentence is no sentence that a person would read in distress; it earns nothing."""
FEW_LETTERS = 8
"""Letters below which nothing is said about a text's script."""
LEAST_COMMON = 0.2
"""Share of common words in any real sentence; a bag of key words has fewer."""
MOST_IN_ORDER = 0.8
"""Share of neighbouring words in alphabetical order; a real sentence has about half."""


@dataclass(frozen=True)
class Sentence:
    """One sentence of a reply."""

    text: str
    stems: frozenset[str]
    """Stems of its words that carry meaning."""


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words that every English text has, whatever it is about."""
    source = files("raise_penguin.penguin") / "data" / "common_words.txt"
    return frozenset(source.read_text(encoding="utf-8").split())


def sentences(reply: str) -> list[Sentence]:
    """The sentences that can earn something, each different text once."""
    seen: dict[str, Sentence] = {}
    for part in SENTENCE.split(reply.replace("’", "'")):
        if found := _readable(part):
            seen.setdefault(found.text.lower(), found)
    return list(seen.values())


@lru_cache(maxsize=20_000)  # planning reads the same sentences in thousands of replies
def _readable(part: str) -> Sentence | None:
    """A part of a reply as a sentence; None where it can earn nothing."""
    text = " ".join(part.split())
    words = WORD.findall(text.lower())
    if not 3 <= len(words) <= MOST_WORDS:  # noqa: PLR2004 - two words say nothing
        return None
    if sum(word in common_words() for word in words) / len(words) < LEAST_COMMON:
        return None
    return None if _sorted_list(words) else Sentence(text, stems(text))


def _sorted_list(words: list[str]) -> bool:
    """Whether words stand in alphabetical order, as in a list of key words and in no sentence."""
    pairs = list(pairwise(words))
    in_order = sum(first <= second for first, second in pairs)
    return len(words) >= 5 and in_order / len(pairs) > MOST_IN_ORDER  # noqa: PLR2004


def stems(text: str) -> frozenset[str]:
    """Crude stems of the words that carry meaning, to see whether two texts share a topic."""
    return frozenset(
        word[:5]
        for word in WORD.findall(text.lower())
        if word not in common_words() and len(word) > 2  # noqa: PLR2004
    )


def in_foreign_script(text: str) -> bool:
    """Whether most letters of a text are of another script than the rules are written for."""
    letters = [letter for letter in text if letter.isalpha()]
    return len(letters) >= FEW_LETTERS and 2 * sum(map(str.isascii, letters)) < len(letters)


def share_copied(reply: str, sources: Iterable[str]) -> float:
    """Share of the reply's runs of three words that stand in one of the sources, 0 to 1."""
    runs = _runs(reply)
    if not runs:
        return 0.0
    known = frozenset[tuple[str, ...]]().union(*map(_known_runs, sources))
    return sum(run in known for run in runs) / len(runs)


@lru_cache(maxsize=2_000)
def _known_runs(source: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs(source))


def _runs(text: str) -> list[tuple[str, ...]]:
    words = WORD.findall(text.lower())
    return list(zip(words, words[1:], words[2:], strict=False))
