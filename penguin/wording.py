"""Small variations inside hand-written texts: ``I slept {four|five} hours`` says two sentences."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np

CHOICE = re.compile(r"\{([^{}|]*(?:\|[^{}|]*)+)\}")


def first_wording(text: str) -> str:
    """The text with the first choice everywhere.

    Example:
        >>> first_wording("I slept {four|five} hours.")
        'I slept four hours.'
    """
    return CHOICE.sub(lambda match: match[1].split("|")[0], text)


def vary(text: str, rng: np.random.Generator) -> str:
    """The text with a choice drawn everywhere."""

    def drawn(match: re.Match[str]) -> str:
        choices = match[1].split("|")
        return choices[int(rng.random() * len(choices))]

    return CHOICE.sub(drawn, text)


def wordings(text: str) -> list[str]:
    """Every wording of the text."""
    parts = CHOICE.split(text)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def count_wordings(text: str) -> int:
    """How many wordings the text has."""
    return math.prod(len(match[1].split("|")) for match in CHOICE.finditer(text))
