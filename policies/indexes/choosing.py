"""Which index searches a store: the one asked for or a refusal, never another in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from ...penguin.embedding import Vectors
from ...penguin.errors import SettingsError, StoreError
from .exact import ExactIndex
from .pgvector import PgvectorIndex, pgvector_status
from .ranking import Index
from .status import IndexStatus
from .vss import VssIndex, vss_status

IndexName = Literal["auto", "exact", "vss", "pgvector"]
AUTO = "exact"
WHY_AUTO = "exact: nothing to build, needs numpy alone, and the fastest measured up to 14,000 plans"
CHECKED = 5
"""Stored vectors searched for before an index is trusted."""


def make_index(name: str, ids: list[int], vectors: Vectors) -> Index:
    """Build an index.

    Args:
        name: "exact", "vss", "pgvector", or "auto", which is exact.
        ids: Ids of the rows, ascending.
        vectors: Unit vectors, shape (n, width).

    Raises:
        StoreError: The index cannot be used here, or finds other neighbours than exact search.
        SettingsError: There is no index of that name.
    """
    exact = ExactIndex(ids, vectors)
    if name in ("auto", "exact"):
        return exact
    backends: dict[str, tuple[Callable[[], IndexStatus], Callable[[list[int], Vectors], Index]]] = {
        "vss": (vss_status, VssIndex),
        "pgvector": (pgvector_status, PgvectorIndex),
    }
    if name not in backends:
        raise SettingsError(f"no index {name!r}; use 'auto', 'exact', 'vss' or 'pgvector'")
    status, build = backends[name]
    found = status()
    if not found.works:
        raise StoreError(f"index {name!r} cannot be used: {found.reason}; or use index 'exact'")
    index = build(ids, vectors)
    _compare(index, exact, vectors)
    return index


def _compare(index: Index, exact: Index, vectors: Vectors) -> None:
    """Refuse a backend that finds other neighbours, such as a library of another version.

    Raises:
        StoreError: It does.
    """
    for row in np.linspace(0, len(vectors) - 1, min(CHECKED, len(vectors))).astype(int):
        if index.nearest(vectors[row], CHECKED) != exact.nearest(vectors[row], CHECKED):
            index.close()
            raise StoreError(
                f"index {index.name!r} finds other neighbours than exact search does: its library "
                "is broken here; use index 'exact'"
            )
