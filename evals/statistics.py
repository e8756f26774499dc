"""Means with intervals: people, not scenarios, are independent, so all is clustered by profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

RESAMPLES = 4_000
CONFIDENCE = 0.95
LEAST_CLUSTERS = 2


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


class Estimate(NamedTuple):
    """A mean, and its interval where there are people enough for one."""

    mean: float
    interval: Interval | None
    n: int


def clustered_mean(values: Sequence[tuple[str, float]], *, seed: int = 0) -> Estimate | None:
    """The mean of values and its interval, by a bootstrap over clusters (arXiv 2411.00640).

    Whole clusters are drawn with replacement, so that two scenarios of one person do not count as
    two people. The interval is the percentile one, from scipy.

    Args:
        values: Cluster and value. For a paired difference, the value is the difference.
        seed: Seed of the resampling.

    Returns:
        None where there are no values. The interval is None for a single cluster.
    """
    if not values:
        return None
    sums: defaultdict[str, list[float]] = defaultdict(list)
    for cluster, value in values:
        sums[cluster].append(value)
    totals = np.array([sum(group) for _, group in sorted(sums.items())])
    counts = np.array([len(group) for _, group in sorted(sums.items())], dtype=float)
    mean = float(totals.sum() / counts.sum())
    if len(totals) < LEAST_CLUSTERS:
        return Estimate(mean, None, len(values))
    return Estimate(mean, _bootstrap(totals, counts, seed), len(values))


def _bootstrap(totals: np.ndarray, counts: np.ndarray, seed: int) -> Interval:
    from scipy.stats import bootstrap  # pyright: ignore[reportUnknownVariableType]

    def ratio(total: np.ndarray, count: np.ndarray, axis: int = -1) -> np.ndarray:
        return total.sum(axis=axis) / count.sum(axis=axis)

    if np.ptp(totals / counts) == 0:
        return Interval(float(totals[0] / counts[0]), float(totals[0] / counts[0]))
    found: Any = bootstrap(
        (totals, counts),
        ratio,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.Generator(np.random.PCG64(seed)),
    ).confidence_interval
    return Interval(float(found.low), float(found.high))
