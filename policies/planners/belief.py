"""A Gaussian belief about the reward of every set (Bayesian regression on what a set holds).

The reward of a set is taken for a sum of effects of normal size: of how many attributes it holds,
of each attribute, of pairs and of triples of them, of the ranking that a prior gave, of what
related messages had in common, and one effect of its own. How much each kind of effect matters,
and how noisy an evaluation is, is what makes the scores seen most likely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from ..scoring import MIDDLE, Known, mean, squares
from .lattice import Floats, Lattice, Rows

LEVEL = 25.0
"""Variance of the general level, in units of the variance of sets: practically free."""
PAIRS = (0.2, 0.05, 0.8)
"""Candidate variances of pairs, with attributes alone at 1; triples have the square."""
OWN = (0.003, 0.05)
"""Candidate variances of a set's own effect."""
EXACT = 1e-6
NOISE = (0.2, EXACT, 0.02, 0.05, 0.1, 0.5, 1.0, 2.0)
"""Candidate variances of an evaluation, in units of the variance of sets; the
smallest stands for none. Of each list the first stands as long as nothing was seen."""
SCALE, SCALE_WEIGHT = 0.06, 2.0
"""Variance of sets expected before anything is seen (scores from 1 to 5), and its weight in
evaluations."""


class Effects(NamedTuple):
    """One way how the reward may have come about: variance of each kind of effect."""

    shares: tuple[float, ...]
    """Of each block of features."""
    own: float
    noise: float
    related: bool
    """Whether the mean of related messages is taken over."""


@dataclass(frozen=True)
class Related:
    """What related messages have in common."""

    mean: Floats
    """Expected reward of every set."""
    features: Floats
    """Sets x any: directions in which messages differ, times their standard deviations."""


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
        square = float((block[leaves] ** 2).sum(axis=1).mean()) if block.size else 0.0
        return block / math.sqrt(square) if square > 0 else block

    def products(order: int) -> Floats:
        chosen = list(combinations(range(len(space.names)), order))
        if not chosen or order > space.depth:
            return np.zeros((len(sizes), 0))
        return np.stack([space.members[:, list(one)].prod(axis=1) for one in chosen], axis=1)

    return Features(
        level=np.ones((len(sizes), 1)),
        size=scaled((sizes[:, None] >= np.arange(1, space.depth + 1)).astype(float)),
        alone=scaled(products(1)),
        pairs=scaled(products(2)),
        triples=scaled(products(3)),
        ranking=scaled((space.members @ ranking)[:, None]),
        related=scaled(related.features) if related else np.zeros((len(sizes), 0)),
    )


def _candidates(ranked: bool, related: bool) -> list[Effects]:
    """All ways of coming about that are compared."""
    found: list[Effects] = []
    for pairs, own, noise in product(PAIRS, OWN, NOISE):
        for ranking in (0.0, 1.0) if ranked else (0.0,):
            shares = (LEVEL, 1.0, 1.0, pairs, pairs**2, ranking, 0.0)
            found.append(Effects(shares, own, noise, False))
        if related:
            for rest in (0.1, 0.5):
                shares = (LEVEL, rest, rest, rest * pairs, rest * pairs**2, 0.0, 1.0)
                found.append(Effects(shares, rest * own, noise, True))
    return found


@dataclass
class Belief:
    """Mean, covariance and samples of the reward of every set, given what was seen.

    The covariance is ``factor @ factor.T`` plus ``own`` on the diagonal, less ``seen @ seen.T``.
    """

    mean: Floats
    factor: Floats
    own: float
    noise: float
    """Variance of one evaluation."""
    samples: Floats
    """Sets x samples: rewards drawn from the belief, kept true to what is seen (Matheron)."""
    rng: np.random.Generator
    exact: bool = False
    """Whether an evaluation is taken for the truth."""
    seen: list[Floats] = field(default_factory=list[Floats])

    def covariance(self, rows: Rows, columns: Rows) -> Floats:
        """Covariance between some sets and others."""
        found = self.factor[rows] @ self.factor[columns].T
        found += self.own * (rows[:, None] == columns)
        if self.seen:
            seen = np.array(self.seen)
            found -= seen[:, rows].T @ seen[:, columns]
        return found

    def variance(self, rows: Rows) -> Floats:
        """Variance of some sets."""
        found = (self.factor[rows] ** 2).sum(axis=1) + self.own
        for one in self.seen:
            found -= one[rows] ** 2
        return np.maximum(found, 0.0)

    def see(self, row: int, score: float) -> None:
        """Take an evaluation of a set into account."""
        everywhere = np.arange(len(self.mean))
        column = self.covariance(everywhere, np.array([row]))[:, 0]
        total = max(float(column[row]), 0.0) + self.noise
        gain = column / total
        heard = score + math.sqrt(self.noise) * self.rng.standard_normal(self.samples.shape[1])
        self.mean = self.mean + gain * (score - self.mean[row])
        self.samples = self.samples + np.outer(gain, heard - self.samples[row])
        self.seen.append(column / math.sqrt(total))

    def imagine(self) -> Belief:
        """A copy, to think ahead with."""
        return replace(self, seen=list(self.seen))


def fit(
    space: Lattice,
    blocks: Features,
    related: Related | None,
    results: Mapping[Known, Sequence[float]],
    *,
    samples: int,
    rng: np.random.Generator,
) -> Belief:
    """The belief that explains what was seen best, conditioned on it.

    Args:
        space: The sets.
        blocks: Their features.
        related: What related messages have in common.
        results: Every score of the sets evaluated so far.
        samples: How many rewards to draw from the belief.
        rng: Draws them.
    """
    rows = np.array([space.row[known] for known in results], dtype=np.intp)
    counts = np.array([len(each) for each in results.values()], dtype=float)
    scores = np.array([mean(each) for each in results.values()])
    within = math.fsum(squares(each) for each in results.values())
    level = float(scores @ counts / counts.sum()) if len(rows) else MIDDLE
    flat = np.full(len(space.sets), level)
    means = {False: flat, True: related.mean if related else flat}
    grams = [block[rows] @ block[rows].T for block in blocks]
    total = counts.sum()

    best = (-math.inf, _candidates(False, False)[0], SCALE)
    for effects in _candidates(bool(blocks.ranking.any()), related is not None):
        gram = sum(share * one for share, one in zip(effects.shares, grams, strict=True) if share)
        covariance = gram + np.diag(effects.own + effects.noise / counts)
        lower = cholesky(covariance + 1e-9 * np.eye(len(rows)), lower=True) if len(rows) else gram
        off = scores - means[effects.related][rows]
        white = solve_triangular(lower, off, lower=True) if len(rows) else off
        square = float(white @ white) + within / effects.noise + SCALE * SCALE_WEIGHT
        # the scale of all variances has an inverse gamma prior and is integrated out
        evidence = -0.5 * (total + SCALE_WEIGHT) * math.log(square)
        evidence -= float(np.log(np.diag(lower)).sum()) if len(rows) else 0.0
        evidence -= 0.5 * ((total - len(rows)) * math.log(effects.noise) + np.log(counts).sum())
        if evidence > best[0]:
            best = (evidence, effects, square / (total + SCALE_WEIGHT))
    _, effects, scale = best
    parts = [
        math.sqrt(share * scale) * block
        for share, block in zip(effects.shares, blocks, strict=True)
        if share
    ]
    factor = np.concatenate(parts, axis=1)
    own, noise = effects.own * scale, effects.noise * scale
    expected = means[effects.related]
    draws = factor @ rng.standard_normal((factor.shape[1], samples))
    draws += math.sqrt(own) * rng.standard_normal(draws.shape)
    belief = Belief(
        expected, factor, own, noise, expected[:, None] + draws, rng, exact=effects.noise == EXACT
    )
    if len(rows):
        everywhere = np.arange(len(expected))
        across = belief.covariance(everywhere, rows)
        lower = cholesky(across[rows] + np.diag(noise / counts + 1e-9 * scale), lower=True)
        heard = scores[:, None] + np.sqrt(noise / counts)[:, None] * rng.standard_normal(
            (len(rows), samples)
        )
        gain = cho_solve((lower, True), across.T).T
        belief.mean = expected + gain @ (scores - expected[rows])
        belief.samples = belief.samples + gain @ (heard - belief.samples[rows])
        belief.seen = list(solve_triangular(lower, across.T, lower=True))
    return belief
