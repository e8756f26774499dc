"""Nearest neighbours in PostgreSQL with the pgvector extension (extra ``pgvector``).

The SQLite file stays the truth. Its vectors are copied once into a table named after the hash of
what it holds, so a table can never belong to other plans or to another embedder, and processes
share it. The copy is in half precision, which PostgreSQL scans in a third of the time; it names
candidates, and enough of them that rounding can hide none of the exact neighbours.
"""

from __future__ import annotations

import hashlib
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from ...penguin.embedding import Vectors
from ...penguin.errors import StoreError
from .ranking import Ranking
from .status import IndexStatus

if TYPE_CHECKING:
    from psycopg import Connection

VARIABLE = "RAISE_PENGUIN_PGVECTOR"
"""Environment variable with the address, e.g. ``postgresql://user@localhost/plans``."""
SCHEMA = "raise_penguin"
CONNECT_SECONDS = 5
HALF_SLACK = 3e-3
"""More than half precision can misjudge the difference of two products of unit vectors.

Rounding both vectors moves a product by 2 * 2**-11 and a little, numbers below the normal range and
sums in single precision add less than 0.0005 up to a width of 8,000; a difference has two products.
"""


def pgvector_status(address: str = "") -> IndexStatus:
    """Try PostgreSQL and its extension.

    Args:
        address: Where it is; the value of ``RAISE_PENGUIN_PGVECTOR`` when omitted.
    """
    address = address or os.environ.get(VARIABLE, "")
    if not address:
        return IndexStatus(False, f"no server named; set {VARIABLE}=postgresql://user@host/name")
    try:
        with _connected(address) as connection:
            (found,) = connection.execute(
                "select extversion from pg_extension where extname = 'vector'"
            ).fetchone() or ("",)
            return IndexStatus(True, f"pgvector {found} answers")
    except StoreError as error:
        return IndexStatus(False, str(error))


class PgvectorIndex:
    """A search by pgvector over a copy of the vectors; the neighbours are the exact ones.

    Args:
        ids: Ids of the rows, ascending.
        vectors: Unit vectors, shape (n, width).
        address: Where the server is; the value of ``RAISE_PENGUIN_PGVECTOR`` when omitted.

    Raises:
        StoreError: The package, the server or the extension is missing, or it refuses the copy.
    """

    name = "pgvector"

    def __init__(self, ids: list[int], vectors: Vectors, address: str = "") -> None:
        self._ranking = Ranking(ids, vectors)
        self._lock = threading.Lock()
        self._connection = _connected(address or os.environ.get(VARIABLE, ""))
        digest = hashlib.sha256(np.array(ids, "<i8").tobytes() + vectors.astype("<f4").tobytes())
        self._table = f"{SCHEMA}.half_{digest.hexdigest()[:24]}"
        try:
            if len(ids):
                self._copy(int(digest.hexdigest()[:15], 16))
        except BaseException:
            self._connection.close()
            raise

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Ids and similarities of the k nearest, nearest first; ties by id.

        Raises:
            StoreError: The server is gone, or the vector is none that can be searched for.
        """
        self._ranking.check(vector)
        if k < 1 or not len(self._ranking.ids):
            return []
        from psycopg import Error, sql

        search = sql.SQL("select id from {} order by vector <#> %b limit %s").format(
            sql.SQL(self._table)  # pyright: ignore[reportArgumentType] - our own name
        )

        def candidates(wanted: int) -> list[int]:
            try:
                with self._lock:
                    found = self._connection.execute(search, (_bound(vector), wanted)).fetchall()
            except Error as error:
                raise StoreError(f"pgvector cannot be searched: {error}") from error
            return [int(row) for (row,) in found]

        return self._ranking.widen(candidates, vector, k, slack=HALF_SLACK)

    def close(self) -> None:
        """Close the connection; the copy stays for the next process."""
        self._connection.close()

    def _copy(self, lock: int) -> None:
        """Copy the vectors, all or none, unless a process did so already."""
        from psycopg import Error

        run: Any = self._connection.execute
        width = self._ranking.vectors.shape[1]
        try:
            with self._connection.transaction():
                run("select pg_advisory_xact_lock(%s)", (lock,))
                (there,) = run("select to_regclass(%s)", (self._table,)).fetchone()
                if there is not None:
                    return
                run(f"create schema if not exists {SCHEMA}")
                run(f"create table {self._table}(id bigint primary key, vector halfvec({width}))")
                cursor = self._connection.cursor()
                statement: Any = f"copy {self._table}(id, vector) from stdin with (format binary)"
                with cursor.copy(statement) as copy:
                    copy.set_types(["int8", "halfvec"])
                    for row, vector in zip(self._ranking.ids, self._ranking.vectors, strict=True):
                        copy.write_row((int(row), _bound(vector)))
                # without, the planner takes it for far larger and starts workers: twice the time
                run(f"analyze {self._table}")
        except Error as error:
            raise StoreError(f"pgvector refuses the copy of the plans: {error}") from error


def _bound(vector: Vectors) -> object:
    from pgvector import HalfVector

    return HalfVector(vector)


def _connected(address: str) -> Connection[Any]:
    """A connection to a server that has the extension.

    Raises:
        StoreError: It cannot be had, and why.
    """
    try:
        import psycopg
        from pgvector.psycopg import register_vector
    except ImportError as error:
        raise StoreError(f"{error}; pip install 'raise-penguin[pgvector]'") from error
    if not address:
        raise StoreError(f"no server named; set {VARIABLE}=postgresql://user@host/name")
    try:
        connection = psycopg.connect(address, connect_timeout=CONNECT_SECONDS, autocommit=True)
    except psycopg.Error as error:
        raise StoreError(f"PostgreSQL cannot be reached: {' '.join(str(error).split())}") from error
    try:
        connection.execute("create extension if not exists vector")
        register_vector(connection)
    except psycopg.Error as error:
        connection.close()
        raise StoreError(
            f"the server has no pgvector: {' '.join(str(error).split())}; install the extension"
        ) from error
    return connection
