"""Nearest neighbours with sqlite-vss, loaded through apsw.

Many Pythons are built without ``enable_load_extension``, so the standard ``sqlite3`` cannot load
the extension; apsw can. The extension may be missing or may kill its process, so it is tried in a
child process first, with a real query.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...penguin.embedding import Vectors
from ...penguin.errors import StoreError

PROBE = """
import numpy as np
from raise_penguin.policies.indexes.vss import VssIndex
index = VssIndex([1, 2], np.eye(2, dtype=np.float32))
assert [row for row, _ in index.nearest(np.eye(2, dtype=np.float32)[1], 2)] == [2, 1]
"""
HELP = (
    "on Debian or Ubuntu: apt-get install libblas3 liblapack3 libgomp1, and pip install sqlite-vss"
)


class VssStatus(NamedTuple):
    """Whether sqlite-vss can be used here, and what was found."""

    loads: bool
    reason: str


@lru_cache(maxsize=1)
def vss_status() -> VssStatus:
    """Try the extension once per process, in a child that may crash."""
    try:
        tried = subprocess.run(  # noqa: S603 - our own text
            [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return VssStatus(False, f"sqlite-vss did not answer within 60 s; {HELP}")
    if tried.returncode == 0:
        return VssStatus(True, "sqlite-vss loads through apsw")
    if tried.returncode < 0:
        return VssStatus(
            False, f"sqlite-vss crashed its process (signal {-tried.returncode}); {HELP}"
        )
    lines = tried.stderr.strip().splitlines() or ["no message"]
    return VssStatus(False, f"{lines[-1][:200]}; {HELP}")


class VssIndex:
    """A flat sqlite-vss index in memory, built from the plain table that is the truth.

    Args:
        ids: Ids of the rows, ascending.
        vectors: Unit vectors, shape (n, width).
    """

    name = "vss"

    def __init__(self, ids: list[int], vectors: Vectors) -> None:
        import apsw
        import sqlite_vss

        self._size = len(ids)
        self._vectors = dict(zip(ids, vectors, strict=True))
        self._connection: Any = apsw.Connection(":memory:")
        try:
            self._connection.enable_load_extension(True)
            self._connection.load_extension(sqlite_vss.vector_loadable_path())
            self._connection.load_extension(sqlite_vss.vss_loadable_path())
            self._connection.enable_load_extension(False)
            width = vectors.shape[1] if len(ids) else 1
            self._connection.execute(f"create virtual table near using vss0(vector({width}))")
            with self._connection:
                self._connection.executemany(
                    "insert into near(rowid, vector) values (?, ?)",
                    [(row, vector.tobytes()) for row, vector in self._vectors.items()],
                )
        except apsw.Error as error:
            raise StoreError(f"sqlite-vss cannot be used: {error}; {HELP}") from error

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id.

        Asks for a few more than k, so that ties at the edge are broken by id and not by chance.
        """
        if not self._size:
            return []
        found = self._connection.execute(
            "select rowid from near where vss_search(vector, ?) limit ?",
            (np.ascontiguousarray(vector, dtype=np.float32).tobytes(), min(self._size, 2 * k + 8)),
        )
        near = [(row, float(self._vectors[row] @ vector)) for (row,) in found]
        return sorted(near, key=lambda one: (-round(one[1], 5), one[0]))[:k]

    def close(self) -> None:
        """Close the database in memory."""
        self._connection.close()
