"""What the reward of a set may be made of, for the Gaussian belief of the default planner.

The reward is taken for a sum of effects of normal size: of how many attributes are known, of each
attribute, of pairs and of triples of them, of the ranking that a prior gave, of the directions in
which related messages differ, and one effect of the set's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from .lattice import Floats, Lattice

LEVEL = 25.0
"""Variance of the general level, in units of the variance of sets: practically free."""
NEGLIGIBLE = 1e-9
"""Share of the largest square below which a feature of the largest sets is rounding."""
EXACT = 1e-6
"""Variance of an evaluation that stands for none."""


@dataclass(frozen=True)
class Related:
    """What related messages have in common."""

    mean: Floats
    """Expected reward of every set."""
    directions: Floats
    """Sets x any: directions in which messages differ, times their standard deviations."""


@dataclass(frozen=True)
class Effects:
    """How much each kind of effect matters: its variance, with that of attributes alone at 1.

    The defaults stand as long as nothing was seen.
    """

    pairs: float = 0.2
    """Of pairs; that of triples is the square."""
    own: float = 0.01
    """Of a set's own."""
    ranking: float = 0.0
    related: float = 0.0
    """Of related messages, whose mean is then taken over; there the others are what is left."""
    noise: float = 0.2
    """Of one evaluation."""

    @property
    def shares(self) -> tuple[float, ...]:
        """Variance of each block of features."""
        alone = (1.0, 1.0, self.pairs, self.pairs**2, self.ranking)
        return (LEVEL, *alone, self.related)


CHOICES = {
    "related": (0.0, 1.0, 5.0),
    "ranking": (0.0, 1.0),
    "noise": (EXACT, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
    "pairs": (0.02, 0.07, 0.2, 0.6),
    "own": (0.003, 0.01, 0.05),
}
"""Sizes that are compared."""


class Features(NamedTuple):
    """Blocks of features of every set, each with a mean square of 1 over the largest sets."""

    level: Floats
    size: Floats
    alone: Floats
    pairs: Floats
    triples: Floats
    ranking: Floats
    related: Floats


def features(space: Lattice, ranking: Floats, related: Related | None) -> Features:
    """Describe every set.

    Args:
        space: The sets.
        ranking: Promise of each attribute, 0 on average; all 0 when nothing is known.
        related: What related messages have in common.
    """
    leaves = space.levels[-1]
    sizes = space.members.sum(axis=1)

    def scaled(block: Floats) -> Floats:
        if not block.size:
            return block
        squares = (block**2).sum(axis=1)
        square = float(squares[leaves].mean())
        # where the largest sets are alike, as the one of all attributes is, rounding is all that
        # is left of what tells sets apart
        square = square if square > NEGLIGIBLE * squares.max() else float(squares.mean())
        return block / math.sqrt(square) if square > 0 else block

    def together(order: int) -> Floats:
        chosen = list(combinations(range(len(space.names)), order))
        if not chosen or order > space.depth:
            return np.zeros((len(sizes), 0))
        return np.stack([space.members[:, list(one)].prod(axis=1) for one in chosen], axis=1)

    return Features(
        level=np.ones((len(sizes), 1)),
        size=scaled((sizes[:, None] >= np.arange(1, space.depth + 1)).astype(float)),
        alone=scaled(together(1)),
        pairs=scaled(together(2)),
        triples=scaled(together(3)),
        ranking=scaled((space.members @ ranking)[:, None]),
        related=scaled(related.directions) if related else np.zeros((len(sizes), 0)),
    )
