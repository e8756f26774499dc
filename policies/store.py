"""The policy store: plans with their messages in one SQLite file, and how they were made."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from ..penguin.embedding import Embedder, WordLlamaEmbedder, embedder_named, fingerprint
from ..penguin.errors import SettingsError, StoreError
from .answers import AnswerGains
from .database import create_tables
from .indexes import Index, make_index
from .plan_table import Choose, PlanTable
from .records import Cost, PlanRecord, Provenance, last
from .retrieval import Neighbour
from .schema import Meta

__all__ = ["Cost", "PlanRecord", "PolicyStore", "Provenance", "shipped_store_path"]


class PolicyStore:
    """Plans in an SQLite file. Any number of threads and processes may read and write at once.

    Example:
        >>> with PolicyStore.open(shipped_store_path()) as store:
        ...     len(store.nearest("Should I quit without another job?", k=3))
        3
    """

    def __init__(self, table: PlanTable, embedder: Embedder) -> None:
        self.path = table.path
        self.embedder = embedder
        self._table = table
        self._made_by = table.meta.fingerprint
        self._indexes: dict[str, Index] = {}
        self._fingerprint: str | None = None
        self._version = table.version

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
        cls, path: str | Path, embedder: Embedder | None = None, *, write: bool = False
    ) -> Self:
        """Open a store.

        Args:
            path: The file; reading works from a read-only folder too. One of an older version is
                migrated: in memory for reading, in place for writing.
            embedder: What embeds messages; must be the one that made the store. When omitted, the
                one that the store names, where it can be opened by name.
            write: Open it for adding plans.

        Raises:
            StoreError: It is missing, no policy store, newer than this release, or was made by
                another embedder.
        """
        table = PlanTable.open(path, write=write)
        try:
            return cls(table, _checked(table.path, table.meta, embedder))
        except BaseException:
            table.close()
            raise

    @classmethod
    def open_or_create(cls, path: str | Path, embedder: Embedder | None = None) -> Self:
        """Open a store for adding plans; make it where there is none, or an empty file."""
        path = Path(path)
        if not path.exists() or not path.stat().st_size:
            embedder = embedder or WordLlamaEmbedder()
            create_tables(path, embedder.name, embedder.width, fingerprint(embedder))
        return cls.open(path, embedder, write=True)

    def add(self, records: Iterable[PlanRecord], *, choose: Choose = last) -> None:
        """Add plans, all or none, and on disk when this returns.

        Args:
            records: The plans.
            choose: Which plan stands where one for the same message is stored already, from the
                stored and the new one. The new one when omitted: of two who plan the same message
                at once, the last to finish wins. ``records.better_known`` keeps the one with more
                evaluations.

        Raises:
            StoreError: The file cannot be written.
        """
        if rows := list(records):
            vectors = self.embedder.embed([record.query for record in rows])
            self._table.put(rows, vectors, self._made_by, choose)
            self._forget()

    def records(self) -> list[PlanRecord]:
        """All plans, in the order in which they were added.

        Raises:
            StoreError: A row is broken.
        """
        return self._table.records()

    def get(self, query: str) -> PlanRecord | None:
        """The plan for a message, word for word; None where there is none.

        Raises:
            StoreError: Its row is broken.
        """
        return self._table.get(query)

    def plans(self) -> list[Neighbour]:
        """All plans as neighbours of whatever message, with similarity 1.

        Raises:
            StoreError: A row is broken.
        """
        return [_neighbour(record, 1.0) for record in self.records()]

    @property
    def answers(self) -> AnswerGains | None:
        """What answers are worth, learnt over all plans; None where that was not done.

        Raises:
            StoreError: What the file holds is broken.
        """
        return self._table.answers

    def put_answers(self, answers: AnswerGains) -> None:
        """Write what answers are worth; what was learnt before is replaced.

        Raises:
            StoreError: The file cannot be written.
        """
        self._table.put_answers(answers)
        self._forget()

    @property
    def fingerprint(self) -> str:
        """Hash of all that chooses: two stores with the same one choose alike.

        When plans were made and what they cost is no part of it.
        """
        with self._table.lock:
            self._notice_changes()
            if self._fingerprint is None:
                self._fingerprint = self._table.fingerprint()
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
        with self._table.lock:
            found = self._index(index).nearest(vector, k)
            return [
                _neighbour(self._table.numbered(number), similarity) for number, similarity in found
            ]

    def close(self) -> None:
        """Close the file."""
        self._forget()
        self._table.close()

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
            self._indexes[name] = make_index(name, *self._table.embedded())
        return self._indexes[name]

    def _notice_changes(self) -> None:
        """Drop what was derived from the plans where another process has changed them."""
        version = self._table.version
        if version == self._version:
            return
        self._forget()
        meta = self._table.meta
        if meta.fingerprint != self._made_by:
            raise StoreError(f"{self.path} was given embedder {meta.embedder}; open it again")
        self._version = version

    def _forget(self) -> None:
        with self._table.lock:
            for index in self._indexes.values():
                index.close()
            self._indexes.clear()
            self._fingerprint = None


def shipped_store_path() -> Path:
    """The store that comes with the package, planned offline over the situations of PENGUIN."""
    return Path(str(files("raise_penguin.policies") / "data" / "policy.sqlite"))


def _neighbour(record: PlanRecord, similarity: float) -> Neighbour:
    return Neighbour(
        query=record.query,
        domain=record.domain,
        situation=record.situation,
        path=record.path,
        values=record.values,
        scores=record.scores,
        tree=record.tree,
        similarity=similarity,
    )


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
            raise StoreError(f"{made_by}; open it with that one ({error}), {advice}") from error
    if meta.fingerprint != fingerprint(embedder):
        raise StoreError(
            f"{made_by} and cannot be searched with {embedder.name} ({embedder.width} numbers): "
            f"use that embedder, {advice}"
        )
    return embedder
