"""Nearest neighbours with sqlite-vss, loaded through apsw.

Many Pythons are built without ``enable_load_extension``, so the standard ``sqlite3`` cannot load
the extension; apsw can. The extension may be missing or may kill its process, so it is tried in a
child process first, with a real query.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from typing import Any

import numpy as np

from ...penguin.embedding import Vectors
from ...penguin.errors import StoreError
from .ranking import Ranking
from .status import IndexStatus

PROBE = """
import numpy as np
from raise_penguin.policies.indexes.vss import VssIndex
index = VssIndex([1, 2], np.eye(2, dtype=np.float32))
assert [row for row, _ in index.nearest(np.eye(2, dtype=np.float32)[1], 2)] == [2, 1]
"""
BATCH = 1_000
"""Rows a transaction. sqlite-vss 0.1.2 takes quadratic time in it: 14,000 at once took 20 s, in
batches half a second."""
HELP = (
    "on Debian or Ubuntu: apt-get install libblas3 liblapack3 libgomp1, and pip install sqlite-vss"
)


@lru_cache(maxsize=1)
def vss_status() -> IndexStatus:
    """Try the extension once per process, in a child that may crash."""
    try:
        tried = subprocess.run(  # noqa: S603 - our own text
            [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return IndexStatus(False, f"sqlite-vss did not answer within 60 s; {HELP}")
    if tried.returncode == 0:
        return IndexStatus(True, "sqlite-vss loads through apsw")
    if tried.returncode < 0:
        return IndexStatus(
            False, f"sqlite-vss crashed its process (signal {-tried.returncode}); {HELP}"
        )
    lines = tried.stderr.strip().splitlines() or ["no message"]
    return IndexStatus(False, f"{lines[-1][:200]}; {HELP}")


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

        self._ranking = Ranking(ids, vectors)
        self._connection: Any = apsw.Connection(":memory:")
        try:
            self._connection.enable_load_extension(True)
            self._connection.load_extension(sqlite_vss.vector_loadable_path())
            self._connection.load_extension(sqlite_vss.vss_loadable_path())
            self._connection.enable_load_extension(False)
            width = vectors.shape[1] if len(ids) else 1
            self._connection.execute(
                f"create virtual table near using vss0(vector({width}) metric_type=INNER_PRODUCT)"
            )
            rows = [(row, vector.tobytes()) for row, vector in zip(ids, vectors, strict=True)]
            for start in range(0, len(rows), BATCH):
                with self._connection:
                    self._connection.executemany(
                        "insert into near(rowid, vector) values (?, ?)", rows[start : start + BATCH]
                    )
        except apsw.Error as error:
            self._connection.close()
            raise StoreError(f"sqlite-vss cannot be used: {error}; {HELP}") from error

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id."""
        self._ranking.check(vector)
        if k < 1 or not len(self._ranking.ids):
            return []
        query = np.ascontiguousarray(vector, dtype=np.float32).tobytes()

        def candidates(wanted: int) -> list[int]:
            found = self._connection.execute(
                "select rowid from near where vss_search(vector, ?) limit ?", (query, wanted)
            )
            return [row for (row,) in found]

        return self._ranking.widen(candidates, vector, k)

    def close(self) -> None:
        """Close the database in memory."""
        self._connection.close()
