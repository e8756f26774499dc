"""A Gaussian belief about the reward of every set: what was seen, and what it says of the rest.

How much each kind of effect matters and how noisy an evaluation is (``effects``) is what makes the
scores seen most likely; the scale of all of them is integrated out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from ..scoring import MIDDLE, Known, mean, squares
from .effects import CHOICES, EXACT, Effects, Features, Related
from .lattice import Floats, Lattice, Rows

SCALE, SCALE_WEIGHT = 0.06, 2.0
"""Variance of sets expected before anything is seen (scores from 1 to 5), and the number of
evaluations that this counts for."""
SWEEPS = 3
"""Most rounds of choosing the sizes of effects, one after the other."""
JITTER = 1e-9
HOPE = 0.1
"""Points that knowing the attribute ranked first is expected to add over the middle one."""


@dataclass
class Belief:
    """Mean, covariance and samples of the reward of every set, given what was seen.

    The covariance is ``factor @ factor.T`` plus ``own`` on the diagonal, less ``seen.T @ seen``.
    """

    mean: Floats
    variance: Floats
    factor: Floats
    own: float
    noise: float
    """Variance of one evaluation."""
    exact: bool
    """Whether an evaluation is taken for the truth."""
    samples: Floats
    """Sets x samples: rewards drawn from the belief, kept true to what is seen (Matheron)."""
    rng: np.random.Generator
    seen: list[Floats] = field(default_factory=list[Floats])

    def covariance(self, rows: Rows, columns: Rows) -> Floats:
        """Covariance between some sets and others."""
        found = self.factor[rows] @ self.factor[columns].T
        found += self.own * (rows[:, None] == columns)
        if self.seen:
            seen = np.array(self.seen)
            found -= seen[:, rows].T @ seen[:, columns]
        return found

    def see(self, row: int, score: float) -> None:
        """Take an evaluation of a set into account."""
        column = self.covariance(np.arange(len(self.mean)), np.array([row]))[:, 0]
        total = max(float(column[row]), 0.0) + self.noise
        gain = column / total
        noise = math.sqrt(self.noise)
        heard = np.array(self.rng.normal(score, noise, size=(1, self.samples.shape[1])))
        self.mean = self.mean + gain * (score - self.mean[row])
        self.samples = self.samples + gain[:, None] * (heard - self.samples[row])
        self.variance = np.maximum(self.variance - gain * column, 0.0)
        self.seen.append(column / math.sqrt(total))

    def imagine(self) -> Belief:
        """A copy, to think ahead with."""
        return replace(self, seen=list(self.seen))


class Seen:
    """The scores of the sets evaluated so far, and how likely effects make them."""

    def __init__(
        self,
        space: Lattice,
        ranking: Floats,
        related: Related | None,
        results: Mapping[Known, Sequence[float]],
    ) -> None:
        self.rows = np.array([space.row[known] for known in results], dtype=np.intp)
        self.counts = np.array([len(each) for each in results.values()], dtype=float)
        self.scores = np.array([mean(each) for each in results.values()])
        self.within = math.fsum(squares(each) for each in results.values())
        level = float(self.scores @ self.counts / self.counts.sum()) if results else MIDDLE
        self._level = level + HOPE * (space.members @ ranking)
        self._related = related

    def expected(self, effects: Effects) -> Floats:
        """Reward of every set before the scores are taken into account."""
        return self._related.mean if self._related and effects.related else self._level

    def evidence(self, effects: Effects, grams: Sequence[Floats]) -> tuple[float, float]:
        """Log likelihood of the scores, up to a constant, and the scale of all variances."""
        count = float(self.counts.sum())
        covariance = sum(
            (share * gram for share, gram in zip(effects.shares, grams, strict=True) if share),
            np.diag(effects.own + JITTER + effects.noise / self.counts),
        )
        lower = np.linalg.cholesky(covariance)
        off = self.scores - self.expected(effects)[self.rows]
        square = float(off @ np.linalg.solve(covariance, off)) + self.within / effects.noise
        square += SCALE * SCALE_WEIGHT
        found = -0.5 * (count + SCALE_WEIGHT) * math.log(square)
        found -= float(np.log(np.diag(lower)).sum())
        found -= 0.5 * (count - len(self.rows)) * math.log(effects.noise)
        return found, square / (count + SCALE_WEIGHT)

    def explain(self, start: Effects, blocks: Features) -> tuple[Effects, float]:
        """Effects that make the scores most likely, and their scale: one size after the other."""
        grams = [block[self.rows] @ block[self.rows].T for block in blocks]
        possible = {
            name: sizes
            for name, sizes in CHOICES.items()
            if name not in ("ranking", "related") or getattr(blocks, name).any()
        }

        @cache  # a sweep comes back to what the one before has tried
        def evidence_of(effects: Effects) -> tuple[float, float]:
            return self.evidence(effects, grams)

        best, (most, scale) = start, evidence_of(start)
        for _ in range(SWEEPS):
            before = best
            for name, sizes in possible.items():
                for other in (replace(best, **{name: size}) for size in sizes):
                    evidence, its_scale = evidence_of(other)
                    if evidence > most:
                        best, most, scale = other, evidence, its_scale
            if best == before:
                break
        return best, scale


def believe(
    seen: Seen,
    blocks: Features,
    effects: Effects,
    scale: float,
    *,
    samples: int,
    rng: np.random.Generator,
) -> Belief:
    """The belief that effects of some size give, conditioned on what was seen."""
    shares = zip(effects.shares, blocks, strict=True)
    factor = np.concatenate([math.sqrt(share * scale) * one for share, one in shares if share], 1)
    own, noise = effects.own * scale, effects.noise * scale
    expected = seen.expected(effects)
    drawn = factor @ rng.standard_normal((factor.shape[1], samples))
    drawn += expected[:, None] + math.sqrt(own) * rng.standard_normal(drawn.shape)
    variance = (factor**2).sum(axis=1) + own
    belief = Belief(expected, variance, factor, own, noise, effects.noise == EXACT, drawn, rng)

    rows, variances = seen.rows, noise / seen.counts
    across = belief.covariance(np.arange(len(expected)), rows)
    within = across[rows] + np.diag(variances + JITTER * scale)
    gain = np.linalg.solve(within, across.T).T
    heard = rng.standard_normal((len(rows), samples)) * np.sqrt(variances)[:, None]
    heard += seen.scores[:, None]
    belief.mean = expected + gain @ (seen.scores - expected[rows])
    belief.samples = drawn + gain @ (heard - drawn[rows])
    belief.variance = np.maximum(variance - (gain * across).sum(axis=1), 0.0)
    belief.seen = list(np.linalg.solve(np.linalg.cholesky(within), across.T))
    return belief
