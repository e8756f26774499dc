"""The policy store: plans with their messages in one SQLite file, and how they were made."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ..penguin.embedding import Embedder, Vectors, WordLlamaEmbedder, embedder_named, fingerprint
from ..penguin.errors import SettingsError, StoreError
from .database import close_writer, create_tables, open_for_reading, open_for_writing
from .indexes import Index, make_index
from .records import Cost, PlanRecord, Provenance
from .retrieval import Neighbour
from .schema import COLUMNS, UPSERT, Meta, read_meta, record_of, row_of, transaction, write_meta

__all__ = ["Cost", "PlanRecord", "PolicyStore", "Provenance", "shipped_store_path"]


class PolicyStore:
    """Plans in a SQLite file. Any number of threads and processes may read and write at once.

    Example:
        >>> with PolicyStore.open(shipped_store_path()) as store:
        ...     len(store.nearest("Should I quit without another job?", k=3))
        3
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        embedder: Embedder | None,
        *,
        write: bool,
    ) -> None:
        self.path = path
        self.meta = read_meta(path, connection)
        self._embedder = embedder
        self._connection = connection
        self._write = write
        self._lock = threading.RLock()
        self._indexes: dict[str, Index] = {}
        self._fingerprint: str | None = None
        self._seen = -1

    @classmethod
    def create(cls, path: str | Path, embedder: Embedder | None = None) -> Self:
        """Make a new, empty store.

        Raises:
            StoreError: The file exists or cannot be written.
        """
        if Path(path).exists():
            raise StoreError(f"{path} exists already; open it, or give another file")
        return cls.open_or_create(path, embedder)

    @classmethod
    def open(
        cls,
        path: str | Path,
        embedder: Embedder | None = None,
        *,
        write: bool = False,
        search: bool = True,
    ) -> Self:
        """Open a store.

        Args:
            path: The file; reading works from a read-only folder too. One of an older version is
                migrated: in memory for reading, in place for writing.
            embedder: What embeds messages; must be the one that made the store. When omitted, the
                one that the store names, if it is built in.
            write: Open it for adding plans.
            search: Whether messages will be searched or added. Without, no embedder is needed.

        Raises:
            StoreError: It is missing, no policy store, newer than this release, or was made by
                another embedder.
        """
        path = Path(path)
        if not path.is_file():
            raise StoreError(f"{path}: there is no policy store; make one with 'plan run --out'")
        connection = open_for_writing(path) if write else open_for_reading(path)
        try:
            if search:
                embedder = _checked(path, read_meta(path, connection), embedder)
            return cls(path, connection, embedder if search else None, write=write)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def open_or_create(cls, path: str | Path, embedder: Embedder | None = None) -> Self:
        """Open a store for adding plans; make it where there is none, or an empty file."""
        path = Path(path)
        if not path.exists() or not path.stat().st_size:
            embedder = embedder or WordLlamaEmbedder()
            create_tables(path, embedder.name, embedder.width, fingerprint(embedder))
        return cls.open(path, embedder, write=True)

    @property
    def embedder(self) -> Embedder:
        """What embeds messages here.

        Raises:
            StoreError: The store was opened without one.
        """
        if self._embedder is None:
            raise StoreError(f"{self.path} was opened without search: open it with search=True")
        return self._embedder

    def add(self, records: Iterable[PlanRecord]) -> None:
        """Add plans, all or none, and on disk when this returns.

        A plan for a message that is stored already replaces it: of two who plan the same message
        at once, the last to finish wins. ``merging.merge`` keeps the better known one instead.

        Raises:
            StoreError: The file cannot be written.
        """
        rows = list(records)
        if not rows:
            return
        vectors = self.embedder.embed([record.query for record in rows])
        packed = [
            (*row_of(record), vector.astype("<f4").tobytes())
            for record, vector in zip(rows, vectors, strict=True)
        ]
        try:
            with self._lock, transaction(self._connection):
                now = read_meta(self.path, self._connection)
                if now.fingerprint != self.meta.fingerprint:
                    raise StoreError(f"{self.path} was given another embedder meanwhile: {now}")
                self._connection.executemany(UPSERT, packed)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error
        self._forget()

    def reindex(self, embedder: Embedder) -> None:
        """Embed all messages anew, all or none; the plans stay as they are.

        Raises:
            StoreError: The file cannot be written.
        """
        print_ = fingerprint(embedder)
        try:
            with self._lock, transaction(self._connection):
                held = self._connection.execute("select id, query from plan").fetchall()
                vectors = embedder.embed([query for _, query in held]) if held else []
                self._connection.executemany(
                    "update plan set vector = ? where id = ?",
                    [
                        (vector.astype("<f4").tobytes(), number)
                        for (number, _), vector in zip(held, vectors, strict=True)
                    ],
                )
                write_meta(self._connection, embedder.name, embedder.width, print_)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error
        self.meta, self._embedder = read_meta(self.path, self._connection), embedder
        self._forget()

    def records(self) -> list[PlanRecord]:
        """All plans, in the order in which they were added.

        Raises:
            StoreError: A row is broken.
        """
        rows = self._select(f"select id, {COLUMNS} from plan order by id")
        return [record_of(self.path, number, row) for number, *row in rows]

    @property
    def fingerprint(self) -> str:
        """Hash of all plans and the embedder: two stores with the same one choose alike.

        When plans were made and what they cost is no part of it.
        """
        with self._lock:
            self._notice_changes()
            if self._fingerprint is None:
                content = sorted(
                    json.dumps(record.chosen_by(), sort_keys=True) for record in self.records()
                )
                key = json.dumps([self.meta.embedder, self.meta.width, content])
                self._fingerprint = hashlib.sha256(key.encode()).hexdigest()
            return self._fingerprint

    def nearest(self, query: str, k: int = 5, *, index: str = "auto") -> list[Neighbour]:
        """Plans of the k most similar messages, nearest first; ties in the order of adding.

        Args:
            query: A message.
            k: How many.
            index: "auto", "exact", "vss" or "pgvector"; all give the same, or refuse.

        Raises:
            StoreError: The index cannot be used here, or a row is broken.
        """
        vector = self.embedder.embed([query])[0]
        with self._lock:
            found = self._index(index).nearest(vector, k)
            return [self._neighbour(number, similarity) for number, similarity in found]

    def close(self) -> None:
        """Close the file."""
        self._forget()
        (close_writer if self._write else sqlite3.Connection.close)(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _index(self, name: str) -> Index:
        """The index of that name over the plans as they are now, built when first asked for."""
        self._notice_changes()
        if name not in self._indexes:
            rows = self._select("select id, vector from plan order by id")
            self._indexes[name] = make_index(
                name, [int(number) for number, _ in rows], self._vectors(rows)
            )
        return self._indexes[name]

    def _vectors(self, rows: list[tuple[Any, ...]]) -> Vectors:
        width = self.meta.width
        for number, blob in rows:
            if len(blob) != 4 * width:
                raise StoreError(f"{self.path}: plan {number} has no vector of {width} numbers")
        joined = b"".join(blob for _, blob in rows)
        return np.frombuffer(joined, "<f4").reshape(len(rows), width).astype(np.float32)

    def _select(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error

    def _neighbour(self, number: int, similarity: float) -> Neighbour:
        (row,) = self._select(f"select {COLUMNS} from plan where id = ?", number)
        record = record_of(self.path, number, row)
        return Neighbour(
            query=record.query,
            domain=record.domain,
            situation=record.situation,
            path=record.path,
            values=record.values,
            similarity=similarity,
        )

    def _notice_changes(self) -> None:
        """Drop what was derived from the plans where another process has changed them."""
        ((seen,),) = self._select("pragma data_version")
        if seen != self._seen:
            self._forget()
            self._seen = seen
            now = read_meta(self.path, self._connection)
            if now.fingerprint != self.meta.fingerprint:
                raise StoreError(
                    f"{self.path} was given another embedder meanwhile ({now.embedder}); open it "
                    "again"
                )

    def _forget(self) -> None:
        with self._lock:
            for index in self._indexes.values():
                index.close()
            self._indexes.clear()
            self._fingerprint = None


def shipped_store_path() -> Path:
    """The store that comes with the package, planned offline over the situations of PENGUIN."""
    return Path(str(files("raise_penguin.policies") / "data" / "policy.sqlite"))


def _checked(path: Path, meta: Meta, embedder: Embedder | None) -> Embedder:
    """The embedder to use; refuses one that would find wrong neighbours in silence.

    Raises:
        StoreError: It is not the one that made the store, or must be given.
    """
    advice = (
        f"or embed its messages anew with 'raise-penguin policy reindex {path} --embedder NAME'"
    )
    made_by = f"{path} was made by embedder {meta.embedder} ({meta.width} numbers)"
    if embedder is None:
        try:
            embedder = embedder_named(meta.embedder)
        except SettingsError as error:
            raise StoreError(f"{made_by}; open it with that one: {error}; {advice}") from error
    if meta.fingerprint != fingerprint(embedder):
        raise StoreError(
            f"{made_by} and cannot be searched with {embedder.name} ({embedder.width} numbers): "
            f"use that embedder, {advice}"
        )
    return embedder
