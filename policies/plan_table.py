"""The rows of a policy store: plans and the vectors of their messages, without searching them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from pydantic import ValidationError

from ..penguin.data_files import first_problem
from ..penguin.embedding import Embedder, Vectors, fingerprint
from ..penguin.errors import StoreError
from .answers import AnswerGains
from .database import close_writer, open_for_reading, open_for_writing, refuse_folder
from .records import PlanRecord
from .schema import (
    SELECT,
    UPSERT,
    Meta,
    read_meta,
    record_of,
    row_of,
    transaction,
    vector_blobs,
    write_meta,
)

ANSWERS = "answers"
"""Under which key of the table ``meta`` it stands what answers are worth."""

Choose = Callable[[PlanRecord, PlanRecord], PlanRecord]
"""Which plan stands for a message, from the stored and the new one."""


class Embedded(NamedTuple):
    """The vectors of the messages."""

    ids: list[int]
    """Ascending: the order in which the plans were added."""
    vectors: Vectors
    """Shape (n, width)."""


class PlanTable:
    """Plans in an SQLite file, read and written by any number of threads and processes.

    No embedder is needed to read them; ``PolicyStore`` searches them.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, write: bool) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._connection = connection
        self._write = write

    @classmethod
    def open(cls, path: str | Path, *, write: bool = False) -> Self:
        """Open the plans of a store.

        Args:
            path: The file; reading works from a read-only folder too. One of an older version is
                migrated: in memory for reading, in place for writing.
            write: Open it for adding plans.

        Raises:
            StoreError: It is missing, no policy store, or newer than this release.
        """
        path = Path(path)
        refuse_folder(path)
        if not path.is_file():
            raise StoreError(f"{path}: there is no policy store; make one with 'plan run --out'")
        connection = open_for_writing(path) if write else open_for_reading(path)
        return cls(path, connection, write=write)

    @property
    def meta(self) -> Meta:
        """What the store says about itself now."""
        with self.lock:
            return read_meta(self.path, self._connection)

    @property
    def version(self) -> int:
        """A number that changes when another connection changes the plans."""
        ((version,),) = self._select("pragma data_version")
        return int(version)

    def records(self) -> list[PlanRecord]:
        """All plans, in the order in which they were added.

        Raises:
            StoreError: A row is broken.
        """
        return [record_of(self.path, row) for row in self._select(f"{SELECT} order by id")]

    def readable(self) -> tuple[list[PlanRecord], list[StoreError]]:
        """The plans that can be read, as in ``records``, and what is wrong with each other row."""
        found: list[PlanRecord] = []
        broken: list[StoreError] = []
        for row in self._select(f"{SELECT} order by id"):
            try:
                found.append(record_of(self.path, row))
            except StoreError as error:
                broken.append(error)
        return found, broken

    def get(self, query: str) -> PlanRecord | None:
        """The plan for a message, word for word; None where there is none.

        Raises:
            StoreError: Its row is broken.
        """
        rows = self._select(f"{SELECT} where query = ?", query)
        return record_of(self.path, rows[0]) if rows else None

    def numbered(self, number: int) -> PlanRecord:
        """The plan of an id that the vectors gave.

        Raises:
            StoreError: Its row is broken.
        """
        (row,) = self._select(f"{SELECT} where id = ?", number)
        return record_of(self.path, row)

    def embedded(self) -> Embedded:
        """The vectors of all messages.

        Raises:
            StoreError: A row is broken.
        """
        rows, width = self._select("select id, vector from plan order by id"), self.meta.width
        for number, blob in rows:
            if len(blob) != 4 * width:
                raise StoreError(f"{self.path}: plan {number} has no vector of {width} numbers")
        joined = np.frombuffer(b"".join(blob for _, blob in rows), "<f4")
        vectors = joined.reshape(len(rows), width).astype(np.float32)
        return Embedded([int(number) for number, _ in rows], vectors)

    def put(
        self, records: Sequence[PlanRecord], vectors: Vectors, made_by: str, choose: Choose
    ) -> None:
        """Write plans, all or none, and on disk when this returns.

        Args:
            records: The plans.
            vectors: Of their messages.
            made_by: Fingerprint of the embedder that made the vectors.
            choose: Which plan stands where one for the same message is stored already.

        Raises:
            StoreError: The file cannot be written, or has another embedder by now; or the vectors
                are none.
        """
        with self._writing():
            meta = self.meta
            if meta.fingerprint != made_by:
                raise StoreError(
                    f"{self.path} was given embedder {meta.embedder} meanwhile; open it again"
                )
            blobs = vector_blobs(vectors, (len(records), meta.width), meta.embedder)
            for record, blob in zip(records, blobs, strict=True):
                stored = self.get(record.query)
                kept = record if stored is None else choose(stored, record)
                if kept != stored:
                    self._connection.execute(UPSERT, (*row_of(kept), blob))

    def reindex(self, embedder: Embedder) -> None:
        """Embed all messages anew, all or none; the plans stay as they are.

        Raises:
            StoreError: The file cannot be written, or the embedder makes no vectors.
        """
        made_by, width = fingerprint(embedder), embedder.width

        def embedded(queries: list[str]) -> dict[str, bytes]:
            vectors = embedder.embed(queries)
            blobs = vector_blobs(vectors, (len(queries), width), embedder.name)
            return dict(zip(queries, blobs, strict=True))

        blobs = embedded([query for (query,) in self._select("select query from plan")])
        with self._writing():
            queries = [query for (query,) in self._select("select query from plan")]
            blobs |= embedded([query for query in queries if query not in blobs])
            self._connection.executemany(
                "update plan set vector = ? where query = ?",
                [(blobs[query], query) for query in queries],
            )
            write_meta(self._connection, embedder.name, width, made_by)

    @property
    def answers(self) -> AnswerGains | None:
        """What answers are worth, learnt over all plans; None where that was not done.

        Raises:
            StoreError: What the file holds is broken.
        """
        rows = self._select("select value from meta where key = ?", ANSWERS)
        try:
            return AnswerGains.model_validate_json(rows[0][0]) if rows else None
        except ValidationError as error:
            raise StoreError(f"{self.path}: {ANSWERS}: {first_problem(error)}") from error

    def put_answers(self, answers: AnswerGains) -> None:
        """Write what answers are worth; what was learnt before is replaced.

        Raises:
            StoreError: The file cannot be written.
        """
        with self._writing():
            self._connection.execute(
                "insert or replace into meta values (?, ?)", (ANSWERS, answers.model_dump_json())
            )

    def fingerprint(self) -> str:
        """Hash of all that chooses: plans, what answers are worth, the embedder.

        When plans were made and what they cost is no part of it.
        """
        plans = sorted(json.dumps(one.chosen_by(), sort_keys=True) for one in self.records())
        chosen_by: list[object] = [self.meta.embedder, self.meta.width, plans]
        if (answers := self.answers) is not None:
            chosen_by.append(answers.model_dump(mode="json"))
        key = json.dumps(chosen_by)
        return hashlib.sha256(key.encode()).hexdigest()

    def close(self) -> None:
        """Close the file."""
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

    def _select(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self.lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error

    @contextmanager
    def _writing(self) -> Generator[None]:
        try:
            with self.lock, transaction(self._connection):
                yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error
