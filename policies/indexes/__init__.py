"""Indexes over stored messages: the same neighbours from each."""

from typing import Literal, Protocol

from ...penguin.embedding import Vectors
from ...penguin.errors import SettingsError, StoreError
from .exact import ExactIndex
from .vss import VssIndex, VssStatus, vss_status

__all__ = ["ExactIndex", "Index", "IndexName", "VssIndex", "VssStatus", "make_index", "vss_status"]

IndexName = Literal["auto", "exact", "vss"]


class Index(Protocol):
    """Finds the nearest stored vectors."""

    name: str

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


def make_index(name: str, ids: list[int], vectors: Vectors) -> Index:
    """Build an index.

    Args:
        name: "exact", "vss", or "auto", which is exact: it is faster at any size measured here.
        ids: Ids of the rows, ascending.
        vectors: Unit vectors.

    Raises:
        StoreError: "vss" is asked for and does not load; never another index in silence.
        SettingsError: There is no index of that name.
    """
    if name in ("auto", "exact"):
        return ExactIndex(ids, vectors)
    if name == "vss":
        status = vss_status()
        if not status.loads:
            raise StoreError(f"index 'vss' cannot be used: {status.reason}; or use index 'exact'")
        return VssIndex(ids, vectors)
    raise SettingsError(f"no index {name!r}; use 'auto', 'exact' or 'vss'")
