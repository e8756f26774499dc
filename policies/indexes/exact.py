"""Exact nearest neighbours with numpy: a matrix product, fast enough for any plan store."""

from __future__ import annotations

import numpy as np

from ...penguin.embedding import Vectors


class ExactIndex:
    """Cosine similarity against every vector.

    Args:
        ids: Ids of the rows, ascending.
        vectors: Unit vectors, shape (n, width).
    """

    name = "exact"

    def __init__(self, ids: list[int], vectors: Vectors) -> None:
        self._ids = np.array(ids, dtype=np.int64)
        self._vectors = vectors

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id."""
        if not len(self._ids):
            return []
        similarities = self._vectors @ vector
        order = np.lexsort((self._ids, -np.round(similarities, 5)))[:k]
        return [(int(self._ids[row]), float(similarities[row])) for row in order]

    def close(self) -> None:
        """Nothing is held open."""
