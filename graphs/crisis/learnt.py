"""Danger that no phrase names: weights on the letters of a message, learnt from labelled ones.

The phrases of the rules are few and people are many. Groups of letters and of words lean one way or
the other in messages that were labelled by hand; their weights, added up, put a message on a scale
from calm (below 0) to danger (above 0). ``learning.py`` makes the weights.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import inf
from typing import Self

import numpy as np
import numpy.typing as npt

from ...penguin.errors import DataError
from ..roles.protocols import Danger
from .rules import About
from .spelling import SENTENCE_ENDS

BUCKETS = 2**18
"""Into which the groups of letters and words are hashed."""
LONGEST = 6
"""Letters of the longest group."""
APART = (2, 3)
"""How far the two words of a group stand apart between which any others may stand."""
WINDOW = 400
"""Characters weighed at once; of a longer text the worst piece counts."""
DAMPING = 30.0
"""Length of the vector of a text of three to five words. Damped, it has 0.7 of the length of a long
text's: so few words say little either way."""
PART = 12
"""Words of a part of a sentence that is read alone; parts overlap by half."""
KNOWN_WORD = 24
"""The groups of a longer word are not remembered for the next time."""

KINDS: tuple[Danger, ...] = (
    "suicide",
    "self_harm",
    "overdose",
    "violence",
    "child_abuse",
    "harm_to_others",
)
"""In the order of their weights."""

BROKEN = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises for a file that is missing, cut off, damaged or none of its archives."""

OTHER_SIGNS = re.compile(r"[^\w\u0900-\u097f']+")


@dataclass(frozen=True)
class Weighed:
    """Where a text stands on the scale."""

    score: float
    """Log odds of danger, as if danger were as frequent as calm; below 0 for calm."""
    danger: Danger
    """The kind that it would be, also where the score is low."""
    about: About
    worst_part: float
    """The highest score of a part read alone: a sentence, or some words in a row of a long one.
    Infinite, as not read so, for a text of several pieces."""


@dataclass(frozen=True)
class Weights:
    """What was learnt: a row for danger, one for each kind, one for danger of somebody else."""

    rarity: npt.NDArray[np.float32]
    """How rare a bucket is, shape (BUCKETS,); 0 for one never met."""
    rows: npt.NDArray[np.float32]
    """Shape (2 + kinds, BUCKETS)."""
    offsets: npt.NDArray[np.float32]
    """Shape (2 + kinds,)."""

    @classmethod
    def read(cls, path: Traversable | None = None) -> Self:
        """Weights that were learnt; the shipped ones where no file is given.

        Raises:
            DataError: The file is missing or is none of this version.
        """
        path = path or files("raise_penguin.graphs.crisis") / "data" / "weights.npz"
        try:
            with path.open("rb") as opened, np.load(opened) as held:
                rarity, steps, scales = held["rarity"], held["steps"], held["scales"]
                offsets = held["offsets"]
        except BROKEN as error:
            raise DataError(
                f"{path} cannot be read: {error}; install raise-penguin again or run "
                "`raise-penguin crisis learn`"
            ) from error
        if steps.shape != (2 + len(KINDS), BUCKETS) or rarity.shape != (BUCKETS,):
            raise DataError(
                f"{path} is of another version; install raise-penguin again or run "
                "`raise-penguin crisis learn`"
            )
        rows = steps.astype(np.float32) * scales.astype(np.float32)[:, None]
        return cls(rarity.astype(np.float32), rows, offsets.astype(np.float32))

    def weigh(self, plain: str) -> Weighed:
        """Put a text on the scale.

        Args:
            plain: Folded and undisguised; see ``spelling.py``.
        """
        found = [self._scores(words) for words in _pieces(plain)]
        scores = max(found, key=lambda one: float(one[0]))
        worst = inf
        if len(found) == 1:
            parts = [part for one in SENTENCE_ENDS.split(plain) for part in _parts(one)]
            worst = max((float(self._scores(part)[0]) for part in parts), default=float(scores[0]))
        return Weighed(
            score=float(scores[0]),
            danger=KINDS[int(np.argmax(scores[1:-1]))],
            about="other" if scores[-1] > 0 else "self",
            worst_part=worst,
        )

    def _scores(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        at = np.fromiter(buckets(words), dtype=np.int64)
        values = self.rarity[at]
        found = self.rows[:, at] @ damped(values) + self.offsets
        return found.astype(np.float32)


@lru_cache(maxsize=1)
def shipped_weights() -> Weights:
    """The shipped weights, read once a process."""
    return Weights.read()


def damped(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The rarities of a text's groups, shrunk to below unit length, those of a short text more."""
    return values / np.hypot(np.linalg.norm(values), DAMPING)


def words_of_text(plain: str) -> list[str]:
    """The words of a folded text, without signs."""
    return OTHER_SIGNS.sub(" ", plain).split()


def buckets(words: Sequence[str]) -> set[int]:
    """The buckets of a text's groups.

    Letters in a row within a word, two and three words in a row, and two words near each other.
    """
    found: set[int] = set()
    for word in words:
        found.update(_groups(word) if len(word) <= KNOWN_WORD else _groups_of(word))
    for size in (2, 3):
        for start in range(len(words) - size + 1):
            found.add(_bucket("_".join(words[start : start + size])))
    for far in APART:
        pairs = zip(words, words[far:], strict=False)
        found.update(_bucket(f"{one}~{other}") for one, other in pairs)
    return found


@lru_cache(maxsize=20_000)
def _groups(word: str) -> frozenset[int]:
    return _groups_of(word)


def _groups_of(word: str) -> frozenset[int]:
    edged = f" {word} "
    return frozenset(
        _bucket(edged[start : start + size])
        for size in range(1, LONGEST + 1)
        for start in range(max(1, len(edged) - size + 1))
    )


def _bucket(group: str) -> int:
    return zlib.crc32(group.encode()) % BUCKETS


def _parts(sentence: str) -> Iterator[list[str]]:
    """The words of a sentence in parts."""
    words = words_of_text(sentence)
    for start in range(0, max(len(words) - PART // 2, min(1, len(words))), PART // 2):
        yield words[start : start + PART]


def _pieces(plain: str) -> Iterator[list[str]]:
    """The words of a text in pieces that overlap by half; one piece where it is short."""
    words = [
        word[start : start + WINDOW]
        for word in words_of_text(plain)
        for start in range(0, len(word), WINDOW)
    ]
    start, ends = 0, False
    while not ends:
        end, size = start, 0
        while end < len(words) and (end == start or size + len(words[end]) < WINDOW):
            size += len(words[end]) + 1
            end += 1
        yield words[start:end]
        ends = end >= len(words)
        start = max(start + 1, (start + end) // 2)
