"""Exact nearest neighbours with numpy, fast enough for any plan store."""

from __future__ import annotations

import numpy as np

from ...penguin.embedding import Vectors
from .ranking import SLACK, Ranking


class ExactIndex:
    """Cosine similarity against every vector, in single precision, then ranked exactly.

    Args:
        ids: Ids of the rows, ascending.
        vectors: Unit vectors, shape (n, width).
    """

    name = "exact"

    def __init__(self, ids: list[int], vectors: Vectors) -> None:
        self._ranking = Ranking(ids, vectors)

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id."""
        self._ranking.check(vector)
        # row by row, not as one product: that one BLAS spreads over all cores, where it waits for
        # whatever else runs there (14,000 x 384 on two busy cores: p95 36 ms against 13)
        rough = np.vecdot(self._ranking.vectors, vector)
        k = min(k, len(rough))
        if k < 1:
            return []
        floor = np.partition(rough, len(rough) - k)[len(rough) - k]
        rows = np.flatnonzero(rough >= floor - SLACK * self._ranking.scale(vector))
        return self._ranking.best(rows, vector, k)

    def close(self) -> None:
        """Nothing is held open."""
