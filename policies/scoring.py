"""Paying for each set once: what planners share about rewards, budgets and bad rewards."""

from __future__ import annotations

import math

from ..penguin.errors import RaisePenguinError
from .plan import Reward


class RewardError(RaisePenguinError):
    """A reward gave something that is no number, or none at all."""


class Ledger:
    """Scores sets within a budget of distinct evaluations; a set once scored costs nothing.

    Args:
        reward: Scores a set.
        evaluations: Most distinct sets that may be scored.
    """

    def __init__(self, reward: Reward, evaluations: int) -> None:
        self._reward = reward
        self._limit = evaluations
        self.scores: dict[frozenset[str], float] = {}

    def affords(self, new: int = 1) -> bool:
        """Whether so many sets not yet scored can still be paid for."""
        return len(self.scores) + new <= self._limit

    async def score(self, known: frozenset[str]) -> float:
        """The reward of a set.

        Raises:
            RewardError: It is not a finite number.
        """
        if known not in self.scores:
            value = await self._reward(known)
            if not math.isfinite(value):
                names = ", ".join(sorted(known)) or "no attribute"
                raise RewardError(f"the reward of {names} is {value}, not a number from 1 to 5")
            self.scores[known] = value
        return self.scores[known]


def prefixes(path: tuple[str, ...]) -> list[frozenset[str]]:
    """The sets along a path, the empty one first."""
    return [frozenset(path[:length]) for length in range(len(path) + 1)]
