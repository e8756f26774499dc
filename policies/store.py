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
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..penguin.data_files import first_problem
from ..penguin.embedding import Embedder, WordLlamaEmbedder, fingerprint
from ..penguin.errors import StoreError
from .indexes import Index, make_index
from .retrieval import Neighbour

SCHEMA_VERSION = 1
SCHEMA = """
create table meta(key text primary key, value text not null) strict;
create table plan(
    id integer primary key,
    query text not null unique,
    domain text not null,
    situation text not null,
    path text not null,        -- JSON list of attribute ids, in the order to ask
    gains text not null,       -- JSON list: reward of every prefix, the empty one first
    provenance text not null,  -- JSON: how the plan was made
    vector blob not null       -- float32, little endian, length 1
) strict;
"""


class Provenance(BaseModel):
    """How a plan was made, enough to make it again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planner: str
    models: dict[str, str] = Field(description="Model by role; 'offline' is the built-in rules.")
    prompts: dict[str, str] = Field(default={}, description="Prompt versions by name.")
    depth: int
    budget: int = Field(description="Evaluations allowed.")
    evaluations: int = Field(description="Distinct sets scored.")
    people: int = Field(description="Profiles that each set was scored for.")
    seed: int
    unscored: int = Field(default=0, description="Replies that got no score.")


class PlanRecord(BaseModel):
    """One stored plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str
    domain: str
    situation: str
    path: tuple[str, ...]
    values: tuple[float, ...]
    provenance: Provenance


class PolicyStore:
    """Plans in a SQLite file. Several threads and processes may read while one writes.

    Example:
        >>> with PolicyStore.open(shipped_store_path()) as store:
        ...     len(store.nearest("Should I quit without another job?", k=3))
        3
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, embedder: Embedder) -> None:
        self.path = path
        self.embedder = embedder
        self._connection = connection
        self._lock = threading.RLock()
        self._indexes: dict[str, Index] = {}
        self._fingerprint: str | None = None

    @classmethod
    def create(cls, path: str | Path, embedder: Embedder | None = None) -> Self:
        """Make a new, empty store.

        Raises:
            StoreError: The file exists or cannot be written.
        """
        path, embedder = Path(path), embedder or WordLlamaEmbedder()
        if path.exists():
            raise StoreError(f"{path} exists already; open it, or give another file")
        try:
            connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
            with connection:
                connection.executescript(SCHEMA)
                meta = {
                    "schema_version": str(SCHEMA_VERSION),
                    "embedder": embedder.name,
                    "width": str(embedder.width),
                    "embedder_fingerprint": fingerprint(embedder),
                }
                connection.executemany("insert into meta values (?, ?)", sorted(meta.items()))
        except sqlite3.Error as error:
            path.unlink(missing_ok=True)
            raise StoreError(f"{path} cannot be written: {error}") from error
        return cls(path, connection, embedder)

    @classmethod
    def open(
        cls, path: str | Path, embedder: Embedder | None = None, *, write: bool = False
    ) -> Self:
        """Open a store.

        Args:
            path: The file; reading works in a read-only folder too.
            embedder: What embeds messages; must be the one that made the store. The default one
                when omitted.
            write: Open it for adding plans.

        Raises:
            StoreError: It is missing, no policy store, newer than this release, or was made by
                another embedder.
        """
        path, embedder = Path(path), embedder or WordLlamaEmbedder()
        if not path.is_file():
            raise StoreError(f"{path}: there is no policy store; make one with 'plan run --out'")
        mode = "rw" if write else "ro"
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                check_same_thread=False,
                timeout=5,
            )
            try:
                meta: dict[str, str] = dict(connection.execute("select key, value from meta"))
                _check(path, meta, embedder)
            except (sqlite3.Error, StoreError):
                connection.close()
                raise
        except sqlite3.Error as error:
            raise StoreError(f"{path} is not a policy store: {error}") from error
        return cls(path, connection, embedder)

    @classmethod
    def open_or_create(cls, path: str | Path, embedder: Embedder | None = None) -> Self:
        """Open a store for adding plans; make it where there is none."""
        if Path(path).exists():
            return cls.open(path, embedder, write=True)
        return cls.create(path, embedder)

    def add(self, records: Iterable[PlanRecord]) -> None:
        """Add plans, all or none; a plan for a message that is stored already replaces it.

        Raises:
            StoreError: The file cannot be written.
        """
        rows = list(records)
        vectors = list(self.embedder.embed([record.query for record in rows])) if rows else []
        try:
            with self._lock, self._connection:
                self._connection.executemany(
                    "insert or replace into plan(id, query, domain, situation, path, gains,"
                    " provenance, vector) values ((select id from plan where query = ?),"
                    " ?, ?, ?, ?, ?, ?, ?)",
                    [
                        (
                            record.query,
                            record.query,
                            record.domain,
                            record.situation,
                            json.dumps(record.path),
                            json.dumps(record.values),
                            record.provenance.model_dump_json(),
                            vector.astype("<f4").tobytes(),
                        )
                        for record, vector in zip(rows, vectors, strict=True)
                    ],
                )
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be written: {error}") from error
        self._forget()

    def records(self) -> list[PlanRecord]:
        """All plans, in the order in which they were added.

        Raises:
            StoreError: A row is broken.
        """
        return [self._record(row) for row in self._rows()]

    def plans(self) -> list[Neighbour]:
        """All plans as neighbours of whatever message, with similarity 1.

        Raises:
            StoreError: A row is broken.
        """
        return [_as_neighbour(record, 1.0) for record in self.records()]

    @property
    def fingerprint(self) -> str:
        """Hash of all plans and the embedder: two stores with the same one choose alike."""
        with self._lock:
            if self._fingerprint is None:
                content = [record.model_dump_json() for record in self.records()]
                key = json.dumps([self.embedder.name, self.embedder.width, sorted(content)])
                self._fingerprint = hashlib.sha256(key.encode()).hexdigest()
            return self._fingerprint

    def nearest(self, query: str, k: int = 5, *, index: str = "auto") -> list[Neighbour]:
        """Plans of the k most similar messages, nearest first; ties in the order of adding.

        Args:
            query: A message.
            k: How many.
            index: "auto", "exact" or "vss"; all give the same.
        """
        vector = self.embedder.embed([query])[0]
        with self._lock:
            if index not in self._indexes:
                rows = self._rows()
                vectors = np.array([np.frombuffer(row[7], "<f4") for row in rows], np.float32)
                self._indexes[index] = make_index(index, [int(row[0]) for row in rows], vectors)
            found = self._indexes[index].nearest(vector, k)
            return [self._neighbour(row, similarity) for row, similarity in found]

    def close(self) -> None:
        """Close the file."""
        self._forget()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _rows(self) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(
                    "select id, query, domain, situation, path, gains, provenance, vector"
                    " from plan order by id"
                ).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error

    def _record(self, row: tuple[Any, ...]) -> PlanRecord:
        number, query, domain, situation, path, gains, provenance, _ = row
        try:
            return PlanRecord(
                query=query,
                domain=domain,
                situation=situation,
                path=json.loads(path),
                values=json.loads(gains),
                provenance=Provenance.model_validate_json(provenance),
            )
        except ValidationError as error:
            raise StoreError(f"{self.path}: plan {number}: {first_problem(error)}") from error
        except ValueError as error:
            raise StoreError(f"{self.path}: plan {number} is broken: {error}") from error

    def _neighbour(self, number: int, similarity: float) -> Neighbour:
        row = self._connection.execute(
            "select id, query, domain, situation, path, gains, provenance, vector"
            " from plan where id = ?",
            (number,),
        ).fetchone()
        record = self._record(row)
        return _as_neighbour(record, round(similarity, 5))  # the indexes differ in the last bits

    def _forget(self) -> None:
        """Drop what was derived from the plans."""
        with self._lock:
            for index in self._indexes.values():
                index.close()
            self._indexes.clear()
            self._fingerprint = None


def _as_neighbour(record: PlanRecord, similarity: float) -> Neighbour:
    return Neighbour(
        query=record.query,
        domain=record.domain,
        situation=record.situation,
        path=record.path,
        values=record.values,
        similarity=similarity,
    )


def shipped_store_path() -> Path:
    """The store that comes with the package, planned offline over the situations of PENGUIN."""
    return Path(str(files("raise_penguin.policies") / "data" / "policy.sqlite"))


def _check(path: Path, meta: dict[str, str], embedder: Embedder) -> None:
    """Refuse a store that would be misread."""
    version = int(meta.get("schema_version", "0"))
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema version {version}, this release reads {SCHEMA_VERSION}: install "
            "the release that made it, or plan again with 'raise-penguin plan run'"
        )
    made_by = f"{meta.get('embedder')} ({meta.get('width')} numbers)"
    if meta.get("embedder_fingerprint") != fingerprint(embedder):
        raise StoreError(
            f"{path} was made by embedder {made_by} and cannot be searched with {embedder.name} "
            f"({embedder.width} numbers): use that embedder, or plan again into a new file with "
            "'raise-penguin plan run --out'"
        )
