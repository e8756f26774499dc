"""The tables of a policy store, their version, and how an older file becomes a newer one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from ..penguin.data_files import first_problem
from ..penguin.embedding import Vectors
from ..penguin.errors import StoreError
from .records import PlanRecord, on_scale, pack_scores, unpack_scores

SCHEMA_VERSION = 2
TABLES = (
    "create table meta(key text primary key, value text not null) strict",
    """create table plan(
        id integer primary key,
        query text not null unique,
        domain text not null,
        situation text not null,
        path text not null,           -- JSON list of attribute ids, in the order to ask
        prefix_values text not null,  -- JSON list: reward of every prefix, the empty one first
        provenance text not null,     -- JSON: how the plan was made
        vector blob not null,         -- float32, little endian, length 1
        errors text not null default '[]',    -- JSON list: standard errors of prefix_values
        scores text not null default '{"of":[],"sets":{}}',  -- JSON: evaluated sets, packed
        tree text,                    -- JSON: a plan that branches on answers
        replaced text not null default '[]'   -- JSON list: provenances that a merge left out
    ) strict""",
)
MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (
        "alter table plan rename column gains to prefix_values",
        "alter table plan add column errors text not null default '[]'",
        """alter table plan add column scores text not null default '{"of":[],"sets":{}}'""",
        "alter table plan add column tree text",
        "alter table plan add column replaced text not null default '[]'",
        "insert into meta values ('migrated_from', '1')",
    ),
}
"""What makes a file of each version one of the next."""

COLUMNS = (
    "query, domain, situation, path, prefix_values, provenance, errors, scores, tree, replaced"
)
UPSERT = f"""insert into plan({COLUMNS}, vector) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict(query) do update set (domain, situation, path, prefix_values, provenance, errors,
scores, tree, replaced, vector) = (excluded.domain, excluded.situation, excluded.path,
excluded.prefix_values, excluded.provenance, excluded.errors, excluded.scores, excluded.tree,
excluded.replaced, excluded.vector)"""  # noqa: S608 - our own names


SELECT = f"select id, {COLUMNS} from plan"  # noqa: S608 - our own names


SAVE_OTHERS = "; 'raise-penguin policy export --skip-invalid' saves the other plans"


class Meta(NamedTuple):
    """What a store says about itself."""

    version: int
    embedder: str
    width: int
    fingerprint: str
    """Of the embedder: see ``penguin.embedding.fingerprint``."""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Write all or nothing; waits for its turn where another process writes."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def read_meta(path: Path, connection: sqlite3.Connection) -> Meta:
    """Read what the store says about itself.

    Raises:
        StoreError: It says nothing that is known, or is newer than this release.
    """
    try:
        held: dict[str, str] = dict(connection.execute("select key, value from meta"))
        meta = Meta(
            int(held["schema_version"]),
            held["embedder"],
            int(held["width"]),
            held["embedder_fingerprint"],
        )
    except (sqlite3.DatabaseError, KeyError, ValueError) as error:
        raise StoreError(f"{path} is not a policy store: {error}") from error
    if meta.version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema version {meta.version}, this release reads {SCHEMA_VERSION} and "
            "older: install the release that made it, or export there and import here"
        )
    if meta.version < min(MIGRATIONS):
        raise StoreError(f"{path} is not a policy store: schema version {meta.version}")
    return meta


def write_meta(connection: sqlite3.Connection, embedder: str, width: int, print_: str) -> None:
    """Say which embedder made the vectors."""
    values = {
        "schema_version": str(SCHEMA_VERSION),
        "embedder": embedder,
        "width": str(width),
        "embedder_fingerprint": print_,
    }
    connection.executemany("insert or replace into meta values (?, ?)", sorted(values.items()))


def migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Make an older store one of this version, in one transaction; nothing where it is."""
    if read_meta(path, connection).version == SCHEMA_VERSION:
        return
    with transaction(connection):
        # read again: another process may have migrated while this one waited for its turn
        for version in range(read_meta(path, connection).version, SCHEMA_VERSION):
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
        connection.execute(
            "update meta set value = ? where key = 'schema_version'", (str(SCHEMA_VERSION),)
        )


def row_of(record: PlanRecord) -> tuple[str | None, ...]:
    """A plan as the values of ``COLUMNS``."""
    held: dict[str, Any] = record.model_dump(mode="json")
    return (
        record.query,
        record.domain,
        record.situation,
        json.dumps(held["path"]),
        json.dumps(held["values"]),
        json.dumps(held["provenance"]),
        json.dumps(held["errors"]),
        json.dumps(pack_scores(record.scores), separators=(",", ":")),
        None if record.tree is None else json.dumps(held["tree"], separators=(",", ":")),
        json.dumps(held["replaced"]),
    )


def _kept_to_the_scale(value: float) -> float:
    """A stored value; one that is far off the scale stays, to be refused.

    A surrogate believes a little beyond the scale, and was once stored as it believed.
    """
    return on_scale(value) if abs(value - on_scale(value)) < 1 else value


def record_of(path: Path, row: tuple[Any, ...]) -> PlanRecord:
    """The plan of a row.

    Args:
        path: The store, for messages.
        row: What ``SELECT`` gives: the id, and the values of ``COLUMNS``.

    Raises:
        StoreError: The row is broken.
    """
    number, query, domain, situation, *texts = row
    try:
        held: list[Any] = [None if text is None else json.loads(text) for text in texts]
        path_, values, provenance, errors, scores, tree, replaced = held
        return PlanRecord(
            query=query,
            domain=domain,
            situation=situation,
            path=path_,
            values=tuple(_kept_to_the_scale(value) for value in values),
            provenance=provenance,
            errors=errors,
            scores=unpack_scores(scores),
            tree=tree,
            replaced=replaced,
        )
    except ValidationError as error:
        raise StoreError(f"{path}: plan {number}: {first_problem(error)}{SAVE_OTHERS}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"{path}: plan {number} is broken: {error}{SAVE_OTHERS}") from error


def vector_blobs(vectors: Vectors, shape: tuple[int, int], embedder: str) -> list[bytes]:
    """The vectors as they are stored.

    Raises:
        StoreError: They have another shape, or hold something that is no number: such rows could
            never be found again, and would keep the others from being read.
    """
    if vectors.shape != shape or not np.isfinite(vectors).all():
        raise StoreError(
            f"embedder {embedder} gave vectors of shape {vectors.shape} where {shape} were asked "
            "for, or some that are not finite: nothing was written; mend it or use another embedder"
        )
    return [vector.astype("<f4").tobytes() for vector in vectors]
