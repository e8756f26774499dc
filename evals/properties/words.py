"""The words of a move: plain messages, answers out of turn, and what no form expects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from ...graphs.words import MAX_CHARACTERS
from ...penguin.controls import load_controls
from ...penguin.data_files import load_yaml
from ...penguin.domains import load_situations
from ...penguin.users.behaviours import load_behaviours
from ...penguin.wording import first_wording
from .plans import Move

LONG = 10_000
MARKED: frozenset[Move] = frozenset({"topic", "harmless", "remark", "injection"})
"""Moves whose words carry the person's mark."""


def words_for(move: Move, draw: float, mark: str) -> str:
    """What is said in a move.

    Args:
        move: One whose words do not depend on the question.
        draw: Chooses, 0 to 1.
        mark: The person's own word.
    """
    if move == "long":
        return _filled(LONG)
    if move == "too_long":
        return _filled(MAX_CHARACTERS + 1)
    if move == "surrogate":
        return "my name is \ud800 and I'd rather not say"
    choices = _choices()[move]
    said = choices[int(draw * len(choices))]
    return f"{said} ({mark})" if move in MARKED else said


def _filled(characters: int) -> str:
    line = "and then he said it again and I did not know what to say, so we left it there. "
    return (line * (characters // len(line) + 1))[:characters]


@lru_cache(maxsize=1)
def _choices() -> dict[str, Sequence[str]]:
    shipped = files("raise_penguin.evals.properties") / "data" / "utterances.yaml"
    controls = load_controls()
    messages = [
        first_wording(query)
        for _, situation in load_situations().values()
        for query in situation.queries[:2]
    ]
    return {
        **load_yaml(shipped, dict[str, tuple[str, ...]]),
        "topic": messages,
        "harmless": [one.text for one in controls if one.kind == "harmless"],
        "crisis": [
            *load_behaviours()["crisis"].texts,
            *(one.text for one in controls if one.kind == "acute"),
        ],
    }
