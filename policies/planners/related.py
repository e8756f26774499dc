"""What related messages have in common: a prior learnt from their evaluations (empirical Bayes).

Each message's rewards are a mean that all share plus a deviation of its own, both described by the
features of its sets; mean and covariance of the messages are learnt by expectation maximisation,
the covariance shrunk to a diagonal one (hierarchical Bayes as in Schwaighofer, Tresp and Yu 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ..plan import Earlier
from .effects import Related, features
from .lattice import Floats, Lattice, lattice

Told = tuple[tuple[tuple[int, ...], tuple[float, ...], float], ...]
"""Of each message the rows of the sets that were evaluated, their scores, and how related it is."""

FEWEST = 3
"""Messages from which there is something to learn."""
ROUNDS = 8
"""Rounds of expectation maximisation."""
SHRINKAGE = 10.0
"""Messages that the diagonal covariance counts for."""


def learn(space: Lattice, earlier: Sequence[Earlier]) -> Related | None:
    """Learn from earlier messages; None where there are too few to learn from.

    Args:
        space: The sets of the message to plan.
        earlier: Evaluations of others; sets outside the space say nothing and are left out.
    """
    told: list[tuple[tuple[int, ...], tuple[float, ...], float]] = []
    for each in earlier:
        scores = {space.row[one]: value for one, value in each.scores.items() if one in space.row}
        if scores and each.similarity > 0:
            told.append((tuple(scores), tuple(scores.values()), each.similarity))
    return _learn(space.names, space.depth, tuple(told)) if len(told) >= FEWEST else None


@lru_cache(maxsize=2)  # a message is often planned more than once with the same messages behind it
def _learn(names: tuple[str, ...], depth: int, told: Told) -> Related:
    space = lattice(names, depth)
    blocks = features(space, np.zeros(len(space.names)), None)
    basis = _basis(np.concatenate([blocks.level, blocks.size, blocks.alone, blocks.pairs], axis=1))
    scores = [np.array(values) for _, values, _ in told]
    weights = np.array([similarity for _, _, similarity in told])
    shown = [basis[list(rows)] for rows, _, _ in told]
    squares: Floats = np.array([one.T @ one for one in shown])
    products: Floats = np.array([one.T @ values for one, values in zip(shown, scores, strict=True)])
    counts = np.array([len(values) for values in scores])
    lengths = np.array([float(values @ values) for values in scores])

    width = basis.shape[1]
    every = np.concatenate(scores)
    together: Floats = squares.sum(axis=0) + 1e-6 * np.eye(width)
    mean: Floats = np.linalg.inv(together) @ products.sum(axis=0)
    spread = float(every.var()) * len(basis) / width
    covariance: Floats = spread * np.eye(width)
    noise = 0.5 * float(every.var()) + 1e-9
    for _ in range(ROUNDS):
        precision = np.linalg.inv(covariance)
        left = np.linalg.inv(precision + squares / noise)
        found: Floats = np.einsum("qab,qb->qa", left, products / noise + precision @ mean)
        mean = np.array(weights @ found / weights.sum(), dtype=float)
        off = found - mean
        scatter = np.einsum("q,qab->ab", weights, left) + (weights[:, None] * off).T @ off
        even = np.trace(scatter) / weights.sum() / width
        covariance = (scatter + SHRINKAGE * even * np.eye(width)) / (weights.sum() + SHRINKAGE)
        missed = lengths - 2 * (found * products).sum(axis=1)
        missed += np.einsum("qa,qab,qb->q", found, squares, found)
        missed += np.einsum("qab,qab->q", left, squares)
        noise = float(weights @ missed / (weights @ counts)) + 1e-9
    return Related(mean=basis @ mean, directions=basis @ np.linalg.cholesky(covariance))


def _basis(block: Floats) -> Floats:
    """An orthonormal basis of the columns."""
    left, sizes, _ = np.linalg.svd(block, full_matrices=False)
    return left[:, sizes > 1e-8 * sizes[0]]
