"""One ranking for every index, so that all give the same neighbours to the last bit.

An index only names candidates, nearest first by its own arithmetic. They are ranked here: cosine
in double precision, summed row by row and so the same in whatever company a row is, then by id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...penguin.embedding import Vectors
from ...penguin.errors import StoreError

Rows = npt.NDArray[np.int64]

SLACK = 1e-4
"""More than single precision can misjudge the difference of two products of unit vectors."""
SPARE = 8
"""Candidates asked for beside k, so that asking twice is rare."""


class Index(Protocol):
    """Finds the nearest stored vectors."""

    @property
    def name(self) -> str:
        """The backend."""
        ...

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id.

        Raises:
            StoreError: The vector has another width than the rows, or is not finite.
        """
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class Ranking:
    """The rows of an index and how candidates among them are ranked.

    Args:
        ids: Ids of the rows, ascending.
        vectors: Unit vectors, shape (n, width).
    """

    def __init__(self, ids: list[int], vectors: Vectors) -> None:
        self.ids = np.array(ids, dtype=np.int64)
        self.vectors = vectors
        self._longest = float(np.linalg.norm(vectors, axis=1).max(initial=0))

    def check(self, vector: Vectors) -> None:
        """Refuse a query that no row can be compared with.

        Raises:
            StoreError: It has another width than the rows, or holds something that is no number.
        """
        width = self.vectors.shape[1]
        if vector.shape != (width,):
            raise StoreError(
                f"a query's vector has shape {vector.shape} where rows have {width} numbers: embed "
                "it with the embedder that made the rows"
            )
        if not np.isfinite(vector).all():
            raise StoreError(
                "a query's vector holds something that is no finite number: its embedder is broken"
            )

    def scale(self, vector: Vectors) -> float:
        """By how much products can exceed those of unit vectors, and errors in them too.

        1, but for an embedder that does not keep to the length of 1.
        """
        return max(1.0, self._longest * float(np.linalg.norm(vector)))

    def best(self, rows: Rows, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k best of some rows."""
        similarities = self._similarities(rows, vector)
        order = np.lexsort((self.ids[rows], -similarities))[:k]
        return [(int(self.ids[rows[place]]), float(similarities[place])) for place in order]

    def widen(
        self,
        candidates: Callable[[int], list[int]],
        vector: Vectors,
        k: int,
        *,
        slack: float = SLACK,
    ) -> list[tuple[int, float]]:
        """The k best of a backend's candidates; asks for more until none can be missing.

        Args:
            candidates: Gives the ids of that many candidates, nearest first by inner product.
            vector: The query.
            k: How many, at least 1.
            slack: More than the backend can misjudge the difference of two products of unit
                vectors.

        Raises:
            StoreError: The backend has lost rows, or has others.
        """
        size, slack = len(self.ids), slack * self.scale(vector)
        wanted = min(size, 2 * k + SPARE)
        while True:
            found = np.array(candidates(wanted), dtype=np.int64)
            rows = np.searchsorted(self.ids, found)
            if len(found) != wanted or (self.ids[rows % size] != found).any():
                raise StoreError(
                    f"an index answers with {len(found)} rows where {wanted} are stored, or with "
                    "rows of another store: use index 'exact', and make the other anew"
                )
            best = self.best(rows, vector, k)
            if wanted == size:
                return best
            farthest = float(self._similarities(rows[-1:], vector)[0])
            if farthest < best[-1][1] - slack:
                return best
            wanted = min(size, 4 * wanted)  # the last place is tied: see who else has it

    def _similarities(self, rows: Rows, vector: Vectors) -> npt.NDArray[np.float64]:
        products = self.vectors[rows].astype(np.float64) * vector.astype(np.float64)
        return products.sum(axis=1)
