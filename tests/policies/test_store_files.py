"""Guards the store's file: versions, damage, what it holds, and which plan stays of two."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from plans import MADE, TREE, HashEmbedder, plan

from raise_penguin.penguin.embedding import PROBE, Vectors, fingerprint
from raise_penguin.penguin.errors import StoreError
from raise_penguin.policies.plan_table import PlanTable
from raise_penguin.policies.records import PlanRecord, better_known, pack_scores, unpack_scores
from raise_penguin.policies.schema import SCHEMA_VERSION
from raise_penguin.policies.store import PolicyStore

VERSION_1 = """
create table meta(key text primary key, value text not null) strict;
create table plan(
    id integer primary key, query text not null unique, domain text not null,
    situation text not null, path text not null, gains text not null,
    provenance text not null, vector blob not null
) strict;
"""


def version_1(path: Path) -> None:
    """A store as the first release wrote it."""
    embedder = HashEmbedder()
    provenance = {
        "planner": "mcts",
        "models": {"writer": "offline"},
        "prompts": {},
        "depth": 2,
        "budget": 10,
        "evaluations": 9,
        "people": 2,
        "seed": 0,
        "unscored": 0,
    }
    meta = {
        "schema_version": "1",
        "embedder": embedder.name,
        "width": str(embedder.width),
        "embedder_fingerprint": fingerprint(embedder),
    }
    made, path_, gains = json.dumps(provenance), '["age"]', "[2.0, 3.0]"
    rows = [
        (query, "career", "career_quitting", path_, gains, made, vector.tobytes())
        for query, vector in zip(("one", "two"), embedder.embed(["one", "two"]), strict=True)
    ]
    with sqlite3.connect(path) as connection:
        connection.executescript(VERSION_1)
        connection.executemany("insert into meta values (?, ?)", list(meta.items()))
        connection.executemany(
            "insert into plan(query, domain, situation, path, gains, provenance, vector)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    connection.close()


def held(path: Path, sql: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_all_of_a_plan_comes_back(tmp_path: Path) -> None:
    records = [plan("one"), plan("two").model_copy(update={"tree": None, "errors": ()})]
    with PolicyStore.create(tmp_path / "p.sqlite", HashEmbedder()) as store:
        store.add(records)
    with PolicyStore.open(tmp_path / "p.sqlite", HashEmbedder()) as store:
        assert store.records() == records
        assert store.get("one") == records[0]
        assert store.get("One") is None
        assert store.records()[0].tree == TREE


def test_new_fields_have_defaults() -> None:
    record = PlanRecord(
        query="q", domain="", situation="", path=("age",), values=(1, 2), provenance=MADE
    )
    assert (record.errors, record.scores, record.tree, record.replaced) == ((), {}, None, ())


@pytest.mark.parametrize(
    ("update", "named"),
    [
        ({"values": (1.0,)}, "values has 1 numbers for 2 questions"),
        ({"errors": (1.0, 2.0)}, "errors has 2"),
        ({"path": ("age", "age")}, "twice"),
        ({"values": (1.0, float("nan"), 2.0)}, "finite"),
        ({"scores": {"two words": 1.0, "": float("inf")}}, "finite"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(update: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        PlanRecord.model_validate(plan("q").model_dump() | update)


def test_a_first_version_is_read_without_touching_it(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    version_1(path)
    before = path.read_bytes()
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert [near.query for near in store.nearest("two", k=1)] == ["two"]
        assert [(one.values, one.errors, one.tree) for one in store.records()] == [
            ((2.0, 3.0), (), None)
        ] * 2
        in_memory = store.fingerprint
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == ["p.sqlite"]
    with PolicyStore.open(path, HashEmbedder(), write=True) as store:
        assert store.fingerprint == in_memory
        store.add([plan("three")])
    meta = {row[0]: row[1] for row in held(path, "select key, value from meta")}
    assert meta["schema_version"] == str(SCHEMA_VERSION)
    assert meta["migrated_from"] == "1"
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert [record.query for record in store.records()] == ["one", "two", "three"]
        assert store.records()[0].provenance.models == {"writer": "offline"}


def test_a_migrated_file_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    version_1(tmp_path / "old.sqlite")
    PolicyStore.open(tmp_path / "old.sqlite", HashEmbedder(), write=True).close()
    PolicyStore.create(tmp_path / "new.sqlite", HashEmbedder()).close()
    columns = "select name, type, \"notnull\", dflt_value from pragma_table_info('plan')"
    assert held(tmp_path / "old.sqlite", columns) == held(tmp_path / "new.sqlite", columns)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("update meta set value = '3' where key = 'schema_version'", "schema version 3"),
        ("update meta set value = 'x' where key = 'schema_version'", "not a policy store"),
        ("delete from meta", "not a policy store"),
        ("drop table meta", "not a policy store"),
        ("update plan set path = '[' where id = 1", "plan 1 is broken"),
        ("update plan set errors = '[1]' where id = 1", "plan 1: .*errors has 1"),
        ("update plan set scores = '{}' where id = 1", "plan 1 is broken: scores"),
        ("update plan set tree = '{}' where id = 1", "plan 1: tree"),
        ("update plan set prefix_values = '[6, 2, 3]' where id = 1", "plan 1: values.0: 6 is no"),
        ("update plan set provenance = 'null' where id = 1", "plan 1: provenance"),
        ("update plan set vector = x'00' where id = 1", "plan 1 has no vector of 16"),
        ("drop table plan", "cannot be read"),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_damage_is_named(sql: str, named: str, write: bool, tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one"), plan("two")])
    with sqlite3.connect(path) as connection:
        connection.execute(sql)
    connection.close()
    with pytest.raises(StoreError, match=named):  # noqa: PT012, SIM117
        with PolicyStore.open(path, HashEmbedder(), write=write) as store:
            store.records()
            store.nearest("one")


def test_a_value_stored_a_little_beyond_the_scale_is_read_as_its_end(tmp_path: Path) -> None:
    """A surrogate's belief was once stored as it was; nothing that was paid for is lost by that."""
    path = tmp_path / "p.sqlite"
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one")])
    with sqlite3.connect(path) as connection:
        connection.execute("update plan set prefix_values = '[0.97, 3.0, 5.1164]'")
    connection.close()
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert store.records()[0].values == (1.0, 3.0, 5.0)


def test_an_empty_store_finds_nothing_and_an_empty_file_becomes_one(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    path.touch()
    with pytest.raises(StoreError, match="not a policy store"):
        PolicyStore.open(path, HashEmbedder())
    with PolicyStore.open_or_create(path, HashEmbedder()) as store:
        store.add([])
        assert (store.records(), store.nearest("one")) == ([], [])
    with pytest.raises(StoreError, match="exists already"):
        PolicyStore.create(path, HashEmbedder())
    with pytest.raises(StoreError, match="cannot be written"):
        PolicyStore.create(tmp_path / "missing" / "p.sqlite", HashEmbedder())


def test_plans_are_all_added_or_none(tmp_path: Path) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite", HashEmbedder()) as store:
        store.add([plan("one")])

        def fail(stored: PlanRecord, new: PlanRecord) -> PlanRecord:
            raise ValueError(f"{stored.query} and {new.query}")

        with pytest.raises(ValueError, match="one and one"):
            store.add([plan("two"), plan("one")], choose=fail)
        assert [record.query for record in store.records()] == ["one"]
        store.add([plan("three")])
    store.close()


def test_a_store_being_written_is_in_wal_mode_and_one_file_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one")])
        assert held(path, "pragma journal_mode") == [("wal",)]
    assert held(path, "pragma journal_mode") == [("delete",)]
    assert [left.name for left in tmp_path.iterdir()] == ["p.sqlite"]


def test_dates_and_costs_leave_the_fingerprint_alone(tmp_path: Path) -> None:
    later = MADE.model_copy(update={"made": None, "cost": None})
    kinds = {
        "same": plan("q"),
        "later": plan("q").model_copy(update={"provenance": later, "replaced": (MADE,)}),
        "other tree": plan("q").model_copy(update={"tree": None}),
        "other errors": plan("q").model_copy(update={"errors": ()}),
        "other seed": plan("q", seed=1),
    }
    prints: dict[str, str] = {}
    for name, record in kinds.items():
        with PolicyStore.create(tmp_path / name, HashEmbedder()) as store:
            store.add([record])
            prints[name] = store.fingerprint
    assert prints["same"] == prints["later"]
    assert len(set(prints.values())) == 4
    assert later.same_settings(MADE)
    assert not MADE.same_settings(plan("q", seed=1).provenance)


def test_the_last_of_two_plans_stands_or_the_better_known(tmp_path: Path) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite", HashEmbedder()) as store:
        store.add([plan("q", evaluations=50), plan("other")])
        store.add([plan("q", evaluations=20, seed=1)])
        assert store.records()[0].provenance.evaluations == 20
        for _ in range(2):
            store.add([plan("q", evaluations=50, seed=2)], choose=better_known)
            store.add([plan("q", evaluations=10, seed=3)], choose=better_known)
        kept = store.records()[0]
        assert kept.provenance.seed == 2
        assert sorted(one.seed or 0 for one in kept.replaced) == [1, 3]
        assert [near.query for near in store.nearest("q", k=1)] == ["q"]


def test_another_embedder_is_refused_and_the_store_can_be_embedded_anew(tmp_path: Path) -> None:
    path, other = tmp_path / "p.sqlite", HashEmbedder("another")
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one"), plan("two")])
        before = store.records()
    advice = f"raise-penguin policy reindex {path} --embedder NAME"
    with pytest.raises(StoreError, match=advice):
        PolicyStore.open(path, other)
    with pytest.raises(StoreError, match=advice):
        PolicyStore.open(path)
    with PlanTable.open(path, write=True) as table:
        table.reindex(other)
    with PolicyStore.open(path, other) as store:
        assert store.records() == before
        assert store.nearest("two", k=1)[0].similarity == pytest.approx(1)


class BrokenEmbedder(HashEmbedder):
    """Embeds the probe text as it should, and plans' messages not."""

    def __init__(self, damage: str) -> None:
        super().__init__()
        self.damage = damage

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = super().embed(texts)
        if not texts or PROBE in texts:
            return vectors
        return {
            "width": vectors[:, :-1],
            "number": vectors[:-1],
            "nan": np.where(np.arange(self.width) == 3, np.float32("nan"), vectors),
        }[self.damage]


@pytest.mark.parametrize("damage", ["width", "number", "nan"])
def test_vectors_that_are_none_are_refused_and_nothing_is_written(
    damage: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.sqlite"
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one")])
    broken = BrokenEmbedder(damage)
    refused = pytest.raises(StoreError, match="embedder hash gave vectors of shape")
    with PolicyStore.open(path, broken, write=True) as store, refused:
        store.add([plan("two"), plan("three")])
    with PlanTable.open(path, write=True) as table, refused:
        table.reindex(broken)
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert [near.query for near in store.nearest("one")] == ["one"]


def test_scores_are_packed_without_loss() -> None:
    scores = plan("q").scores
    packed = pack_scores(scores)
    assert packed == {"of": ["age", "gender"], "sets": {"0": 2.0, "1": 3.0, "3": 3.5}}
    assert unpack_scores(packed) == scores
    with pytest.raises(ValueError, match="packed"):
        unpack_scores({"of": ["age"], "sets": {"2": 1.0}})
