"""Matters that are no acute danger and still need a careful word: psychosis, eating, ruin."""

from __future__ import annotations

from typing import Literal

from .reader import readers
from .rules import Care
from .spelling import folded, undisguised

LONGEST = 5_000
"""Characters read."""


def read_care(text: str) -> Care | Literal[""]:
    """The matter that a text tells of, by rules; "" where they see none.

    Fiction, news and work on the matter are none.
    """
    plain = " ".join(undisguised(folded(text[:LONGEST])).split())
    for reader in readers():
        if not reader.concerns(plain):
            continue
        words = reader.words(plain)
        if any(reader.frames[name].search(words) for name in reader.frames):
            continue
        for care, pattern in reader.care.items():
            if pattern.search(words):
                return care
    return ""
