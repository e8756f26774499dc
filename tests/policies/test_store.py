"""Guards the policy store: what goes in comes out, wrong files are refused, indexes agree."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from raise_penguin.penguin.embedding import LangChainEmbedder, Vectors, WordLlamaEmbedder
from raise_penguin.penguin.errors import SettingsError, StoreError
from raise_penguin.penguin.wording import wordings
from raise_penguin.policies.indexes import ExactIndex, VssIndex, vss_status
from raise_penguin.policies.store import (
    PlanRecord,
    PolicyStore,
    Provenance,
    shipped_store_path,
)

MADE = Provenance(
    planner="mcts",
    models={"writer": "offline", "judge": "offline"},
    depth=2,
    budget=10,
    evaluations=9,
    people=2,
    seed=0,
)
needs_vss = pytest.mark.skipif(not vss_status().works, reason=vss_status().reason)


def record(query: str) -> PlanRecord:
    return PlanRecord(
        query=query,
        domain="career",
        situation="career_quitting",
        path=("age", "gender"),
        values=(2.0, 3.0, 3.5),
        provenance=MADE,
    )


class OtherEmbedder:
    """As wide as the default one, and different."""

    name = WordLlamaEmbedder.name
    width = WordLlamaEmbedder.width

    def embed(self, texts: Sequence[str]) -> Vectors:
        rng = np.random.default_rng(len(texts))
        return rng.normal(size=(len(texts), self.width)).astype(np.float32)


def test_plans_come_back(tmp_path: Path) -> None:
    records = [record("Should I quit my job?"), record("My dog eats shoes.")]
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        store.add(records)
        store.add([records[0]])
    with PolicyStore.open(tmp_path / "p.sqlite") as store:
        assert store.records() == records
        near = store.nearest("Is it time to leave this job?", k=1)[0]
        assert near.query == records[0].query
        assert near.gains == {"age": 1.0, "gender": 0.5}


def test_same_plans_same_fingerprint(tmp_path: Path) -> None:
    prints: list[str] = []
    for name in ("a", "b"):
        with PolicyStore.create(tmp_path / name) as store:
            store.add([record("one"), record("two")] if name == "a" else [record("two")])
            if name == "b":
                store.add([record("one")])
            prints.append(store.fingerprint)
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("missing", "no policy store"),
        ("text", "not a policy store"),
        ("empty", "not a policy store"),
        ("newer", "schema version 99"),
        ("truncated", "p.sqlite"),
    ],
)
def test_wrong_files_are_refused(damage: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    if damage == "text":
        path.write_text("hello " * 1000)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage != "missing":
        with PolicyStore.create(path) as store:
            store.add([record(f"message {n}") for n in range(40)])
        if damage == "newer":
            with sqlite3.connect(path) as connection:
                connection.execute("update meta set value = '99' where key = 'schema_version'")
            connection.close()
        else:
            path.write_bytes(path.read_bytes()[:9_000])
    with pytest.raises(StoreError, match=named), PolicyStore.open(path) as store:
        store.records()


def test_another_embedder_of_the_same_width_is_refused(tmp_path: Path) -> None:
    PolicyStore.create(tmp_path / "p.sqlite").close()
    with pytest.raises(StoreError, match="cannot be searched with"):
        PolicyStore.open(tmp_path / "p.sqlite", OtherEmbedder())


def test_a_read_only_file_in_a_read_only_folder_works(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    with PolicyStore.create(folder / "p.sqlite") as store:
        store.add([record("one")])
    (folder / "p.sqlite").chmod(0o444)
    folder.chmod(0o555)
    try:
        with PolicyStore.open(folder / "p.sqlite") as store:
            assert len(store.nearest("one", k=5)) == 1
    finally:
        folder.chmod(0o755)
    assert os.listdir(folder) == ["p.sqlite"]  # noqa: PTH208


def test_threads_may_read_at_once() -> None:
    with PolicyStore.open(shipped_store_path()) as store:
        found: list[list[str]] = []

        def read() -> None:
            found.append([near.query for near in store.nearest("Should I quit?", k=3)])

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert all(one == found[0] for one in found)


def test_any_langchain_embeddings_do(tmp_path: Path) -> None:
    from langchain_core.embeddings import DeterministicFakeEmbedding

    embedder = LangChainEmbedder(DeterministicFakeEmbedding(size=16), "fake")
    with PolicyStore.create(tmp_path / "p.sqlite", embedder) as store:
        store.add([record("one"), record("two")])
        assert store.nearest("two", k=1)[0].query == "two"
    with pytest.raises(StoreError, match="made by embedder fake"):
        PolicyStore.open(tmp_path / "p.sqlite")


def test_exact_breaks_ties_by_id() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], dtype=np.float32)
    index = ExactIndex([4, 5, 7, 9], vectors)
    assert [row for row, _ in index.nearest(vectors[0], 3)] == [4, 7, 9]
    assert ExactIndex([], np.zeros((0, 2), np.float32)).nearest(vectors[0], 3) == []


@needs_vss
def test_vss_finds_the_same_neighbours_as_exact() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2_000, 64)).astype(np.float32)
    vectors[500:520] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = list(range(1, 2_001))
    exact, vss = ExactIndex(ids, vectors), VssIndex(ids, vectors)
    for query in (*vectors[:20], *rng.normal(size=(20, 64)).astype(np.float32)):
        expected, found = exact.nearest(query, 5), vss.nearest(query, 5)
        assert [row for row, _ in found] == [row for row, _ in expected]
    vss.close()


@needs_vss
def test_the_shipped_store_gives_the_same_from_both() -> None:
    with PolicyStore.open(shipped_store_path()) as store:
        for record in store.records()[::9]:
            for index in ("exact", "vss"):
                assert store.nearest(record.query, index=index) == store.nearest(record.query)


def test_vss_where_it_does_not_load_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    from raise_penguin.policies.indexes import IndexStatus

    monkeypatch.setattr(
        "raise_penguin.policies.indexes.choosing.vss_status", lambda: IndexStatus(False, "not here")
    )
    with PolicyStore.open(shipped_store_path()) as store:
        with pytest.raises(StoreError, match="not here"):
            store.nearest("x", index="vss")
        with pytest.raises(SettingsError, match="guess"):
            store.nearest("x", index="guess")


def test_the_shipped_policy_is_planned_offline_for_the_train_split_alone() -> None:
    from raise_penguin.penguin.domains import load_situations

    with PolicyStore.open(shipped_store_path()) as store:
        records = store.records()
    splits = {name: one.split for name, (_, one) in load_situations().items()}
    train = {name for name, split in splits.items() if split == "train"}
    assert {one.situation for one in records} == train
    assert len(records) == 3 * len(train)
    assert all(
        one.provenance.models == {"writer": "offline", "judge": "offline"} for one in records
    )
    assert all(len(one.path) == 5 for one in records)
    assert len({one.path for one in records}) > 10
    evaluated = {
        wording
        for _, one in load_situations().values()
        if one.split != "train"
        for query in one.queries
        for wording in wordings(query)
    }
    assert not evaluated & {one.query for one in records}


@pytest.mark.slow
def test_planning_the_shipped_policy_again_gives_the_same_paths(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("raise-penguin")), "plan", "run"]
    out = tmp_path / "again.sqlite"
    options = "--situations career_quitting --start-from none --evaluations 60 --people 8"
    subprocess.run([*command, "--out", str(out), "--messages", "3", *options.split()], check=True)
    with PolicyStore.open(shipped_store_path()) as store, PolicyStore.open(out) as again:
        shipped = {one.query: one.chosen_by() for one in store.records()}
        assert len(again.records()) == 3
        assert all(shipped[one.query] == one.chosen_by() for one in again.records())


def test_two_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    PolicyStore.create(path).close()

    def add(number: int) -> None:
        with PolicyStore.open(path, write=True) as store:
            for n in range(5):
                store.add([record(f"message {number} {n}")])

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(add, number) for number in range(3)))

    asyncio.run(both())
    with PolicyStore.open(path) as store:
        assert len(store.records()) == 15
