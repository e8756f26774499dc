"""Synthetic rewards over sets of attributes, in families of related messages.

A family is a kind of message; each draw is one message of it. Rewards lie between 0 and about 1 and
become scores from 1 to 5 by ``1 + 4 * reward``. The forms are written down in docs/planning.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np

from ...penguin.attributes import load_attributes
from ...policies.planners.lattice import Floats, Lattice, Rows, lattice
from ...policies.prior import STATIC_ORDER, rank_probabilities

ALONE = (0.85, 0.78, 0.71, 0.55, 0.41, 0.38, 0.38, 0.31, 0.31, 0.21)
"""Points that each attribute alone added in the paper (Figure 6), in the static order."""


class Family(Protocol):
    """A kind of message."""

    def draw(self, rng: np.random.Generator) -> Floats:
        """The reward of every set of one message of the kind."""
        ...


def space(depth: int) -> Lattice:
    """The sets of up to ``depth`` of the ten attributes."""
    return lattice(tuple(load_attributes()), depth)


@dataclass(frozen=True)
class Synergies:
    """Diminishing returns of weights and pairwise synergies: 1 - exp(-(w.x + x'Px)).

    Weights start from the paper's figure, vary by kind and again by message; half of the variance
    of each synergy belongs to the kind.
    """

    space: Lattice
    weights: Floats
    pairs: Floats

    spread = 0.2
    """Standard deviation of the logarithm of a weight, by kind and again by message."""
    synergy = 0.05
    """Standard deviation of a synergy; all weights together are 1.6."""
    total = 1.6

    @classmethod
    def of(cls, space: Lattice, rng: np.random.Generator) -> Synergies:
        """A kind drawn by chance."""
        known: dict[str, float] = dict(zip(STATIC_ORDER, ALONE, strict=True))
        start = np.sqrt([known[name] for name in space.names])
        weights = start * np.exp(cls.spread * rng.standard_normal(len(start)))
        return cls(space, weights, rng.standard_normal(len(_pairs(space))))

    def draw(self, rng: np.random.Generator) -> Floats:
        """The reward of every set of one message."""
        weights = self.weights * np.exp(self.spread * rng.standard_normal(len(self.weights)))
        own = rng.standard_normal(len(self.pairs))
        pairs = self.synergy * (self.pairs + own) / np.sqrt(2)
        together = np.stack(
            [self.space.members[:, pair].prod(axis=1) for pair in _pairs(self.space)]
        )
        drive = self.space.members @ (self.total * weights / weights.sum()) + pairs @ together
        return 1 - np.exp(-np.maximum(drive, 0.0))


@dataclass(frozen=True)
class Trees:
    """A forest of decision trees that ask whether an attribute is known; one attribute does harm.

    Each tree asks three attributes along a branch and gives more the more of them are known, plus a
    value of its leaf by chance, half by kind and half by message. Knowing the harmful attribute
    takes a sixth of the range away. Nothing is additive or smooth.
    """

    space: Lattice
    questions: tuple[Rows, ...]
    """For each tree the attribute asked at its seven inner nodes."""
    leaves: Floats
    """Trees x 8."""
    harmful: int

    trees = 8
    harm = 1 / 6

    @classmethod
    def of(cls, space: Lattice, rng: np.random.Generator) -> Trees:
        """A kind drawn by chance."""
        chances = np.array([1 / (1 + STATIC_ORDER.index(name)) ** 0.5 for name in space.names])
        questions = tuple(
            rng.choice(len(space.names), size=7, p=chances / chances.sum())
            for _ in range(cls.trees)
        )
        leaves = rng.standard_normal((cls.trees, 8))
        return cls(space, questions, leaves, int(rng.integers(len(space.names))))

    def draw(self, rng: np.random.Generator) -> Floats:
        """The reward of every set of one message."""
        gain = np.array([bin(leaf).count("1") for leaf in range(8)]) / 3
        chance = (self.leaves + rng.standard_normal(self.leaves.shape)) / np.sqrt(2)
        reward = np.zeros(len(self.space.sets))
        for asked, leaf in zip(self.questions, gain + 0.3 * chance, strict=True):
            node: Rows = np.zeros(len(reward), dtype=np.intp)
            for _ in range(3):
                known: Floats = self.space.members[np.arange(len(node)), asked[node]]
                node = 2 * node + 1 + known.astype(np.intp)
            reward += leaf[node - 7] / self.trees
        return reward - self.harm * self.space.members[:, self.harmful]


def _pairs(space: Lattice) -> list[tuple[int, int]]:
    return list(combinations(range(len(space.names)), 2))


class SyntheticReward:
    """The reward of a message, with noise that belongs to the set and the trial."""

    def __init__(self, known: Lattice, values: Floats, noise: float, seed: int) -> None:
        self._space, self._values, self._noise, self._seed = known, values, noise, seed
        self._drawn: dict[tuple[int, int], float] = {}

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """A score from 1 to 5, and beyond where noise takes it."""
        row = self._space.row[known]
        value = self._values[row]
        if self._noise:
            if (row, trial) not in self._drawn:  # every planner meets the same noise
                rng = np.random.default_rng([self._seed, row, trial])
                self._drawn[row, trial] = rng.normal()
            value += self._noise * self._drawn[row, trial]
        return 1 + 4 * float(value)


class GainPrior:
    """Ranks each next attribute by what it truly adds to those known, as a perfect model would.

    Args:
        known: The sets.
        values: The reward of each.
        misleading: Rank the other way round.
    """

    def __init__(self, known: Lattice, values: Floats, *, misleading: bool = False) -> None:
        self._space, self._values, self._misleading = known, values, misleading
        self._told: dict[tuple[frozenset[str], tuple[str, ...]], dict[str, float]] = {}

    async def __call__(self, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        """Probabilities by rank among the candidates (1/rank)."""
        asked = (known, tuple(candidates))
        if asked not in self._told:
            worth = {name: self._values[self._space.row[known | {name}]] for name in candidates}
            ranking = sorted(worth, key=lambda name: worth[name], reverse=not self._misleading)
            self._told[asked] = rank_probabilities(ranking, candidates)
        return self._told[asked]


FORMS = {"synergies": Synergies, "trees": Trees}
"""The two forms of rewards."""
