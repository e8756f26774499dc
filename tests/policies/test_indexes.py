"""Guards the indexes: the same neighbours from each, and never others in silence."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import HashEmbedder, plan

from raise_penguin.penguin.embedding import Vectors
from raise_penguin.penguin.errors import StoreError
from raise_penguin.policies.indexes import (
    ExactIndex,
    Index,
    PgvectorIndex,
    VssIndex,
    make_index,
    pgvector_status,
    vss_status,
)
from raise_penguin.policies.indexes import vss as vss_module
from raise_penguin.policies.store import PolicyStore

ADDRESS = "RAISE_PENGUIN_PGVECTOR"
needs_vss = pytest.mark.skipif(not vss_status().works, reason=vss_status().reason)


def unit(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def crowd(size: int, width: int) -> tuple[Vectors, Vectors]:
    """Vectors in clusters, with exact copies, near copies and empty texts among them; queries."""
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(size // 20, width))
    vectors = centres[rng.integers(len(centres), size=size)] + 0.3 * rng.normal(size=(size, width))
    close = 3e-3 * rng.normal(size=(40, width))  # too close for half precision to tell apart
    vectors[size // 4 : size // 4 + 40] = vectors[9] + close
    vectors[size // 2 : size // 2 + 60] = vectors[7]
    vectors[-40:] = vectors[11] + 1e-7 * rng.normal(size=(40, width))
    vectors[20:23] = 0
    queries = np.concatenate([vectors[[7, 9, 11, 20]], rng.normal(size=(17, width)), centres[:10]])
    return unit(vectors), unit(queries)


def assert_agree(indexes: list[Index], queries: Vectors) -> None:
    for query in queries:
        for k in (1, 5, 30):
            found = [index.nearest(query, k) for index in indexes]
            assert all(one == found[0] for one in found), (k, found)
            assert len(found[0]) == k


@pytest.mark.parametrize("length", [1, 10_000])
def test_exact_is_what_brute_force_in_double_precision_finds(length: int) -> None:
    """Also with an embedder that does not keep to vectors of length 1."""
    vectors, queries = (length * some for some in crowd(600, 32))
    index = ExactIndex([3 * n for n in range(600)], vectors)
    for query in queries:
        scores = [float((row.astype(float) * query.astype(float)).sum()) for row in vectors]
        expected = sorted(range(600), key=lambda row: (-scores[row], row))[:40]
        assert index.nearest(query, 40) == [(3 * row, scores[row]) for row in expected]


@needs_vss
@pytest.mark.parametrize("length", [1, 300])
def test_all_indexes_agree(postgres: str, length: int) -> None:
    vectors, queries = (length * some for some in crowd(1_500, 64))
    ids = list(range(5, 1_505))
    near: list[Index] = [
        ExactIndex(ids, vectors),
        VssIndex(ids, vectors),
        PgvectorIndex(ids, vectors, postgres),
    ]
    assert_agree(near, queries)
    for index in near:
        index.close()


@needs_vss
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_indexes_agree_on_the_size_of_the_benchmark(postgres: str) -> None:
    vectors, queries = crowd(14_000, 384)
    ids = list(range(1, 14_001))
    near: list[Index] = [
        ExactIndex(ids, vectors),
        VssIndex(ids, vectors),
        PgvectorIndex(ids, vectors, postgres),
    ]
    assert_agree(near, queries)
    for index in near:
        index.close()


SMALL = st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=12)


@needs_vss
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=SMALL, query=st.lists(st.integers(-2, 2), min_size=3, max_size=3), k=st.integers(0, 14))
def test_ties_are_broken_by_id_whatever_the_backend(
    rows: list[list[int]], query: list[int], k: int
) -> None:
    vectors, asked = unit(np.array(rows, float)), unit(np.array([query], float))[0]
    ids = list(range(len(rows)))
    vss = VssIndex(ids, vectors)
    try:
        assert vss.nearest(asked, k) == ExactIndex(ids, vectors).nearest(asked, k)
    finally:
        vss.close()


def test_a_query_that_cannot_be_compared_is_refused_alike_by_all(postgres: str) -> None:
    vectors, _ = crowd(100, 8)
    ids = list(range(100))
    near: list[Index] = [ExactIndex(ids, vectors), PgvectorIndex(ids, vectors, postgres)]
    near += [VssIndex(ids, vectors)] if vss_status().works else []
    for query, named in (
        (np.full(8, np.nan, np.float32), "no finite number"),
        (np.r_[vectors[0][:7], np.float32(np.inf)], "no finite number"),
        (vectors[0][:7], r"shape \(7,\) where rows have 8 numbers"),
        (vectors[:1], r"shape \(1, 8\) where rows have 8 numbers"),
    ):
        told: set[str] = set()
        for index in near:
            with pytest.raises(StoreError, match=named) as refused:
                index.nearest(query, 5)
            told.add(str(refused.value))
        assert len(told) == 1
    for index in near:
        index.close()


def test_the_same_from_a_store(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, postgres)
    names = ["exact", "pgvector", *(["vss"] if vss_status().works else [])]
    with PolicyStore.create(tmp_path / "p.sqlite", HashEmbedder()) as store:
        assert all(store.nearest("a", index=name) == [] for name in names)
        store.add(plan(f"message {n}") for n in range(40))
        for name in names:
            assert store.nearest("a", index=name) == store.nearest("a")
        store.add([plan("a")])
        for name in names:
            assert store.nearest("a", index=name)[0].query == "a"


def test_processes_share_one_copy_in_postgres(postgres: str) -> None:
    import psycopg

    vectors, queries = crowd(300, 8)
    ids = list(range(300))
    first, second = (PgvectorIndex(ids, vectors, postgres) for _ in range(2))
    other = PgvectorIndex(ids, vectors[::-1].copy(), postgres)
    assert first.nearest(queries[5], 5) == second.nearest(queries[5], 5)
    assert first.nearest(queries[5], 5) != other.nearest(queries[5], 5)
    tables = "select table_name from information_schema.columns where udt_name = 'halfvec'"
    with psycopg.connect(postgres, autocommit=True) as connection:
        names = {name for (name,) in connection.execute(tables).fetchall()}
        for name in names:
            connection.execute(f"delete from raise_penguin.{name} where id < 290")  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(StoreError, match="10 rows"):
        first.nearest(queries[5], 5)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop schema raise_penguin cascade")
    with pytest.raises(StoreError, match="cannot be searched"):
        first.nearest(queries[5], 5)
    for index in (first, second, other):
        index.close()


def test_a_missing_server_is_a_reason_and_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    assert ADDRESS in pgvector_status().reason
    closed = pgvector_status("postgresql://nobody@127.0.0.1:1/none")
    assert not closed.works
    assert "cannot be reached" in closed.reason
    with pytest.raises(StoreError, match=f"'pgvector' cannot be used: .*{ADDRESS}"):
        make_index("pgvector", [1], np.eye(1, dtype=np.float32))


def test_missing_packages_are_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = pgvector_status("postgresql://localhost/x")
    assert not found.works
    assert "raise-penguin[pgvector]" in found.reason


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", r"signal 4\)"),
        ("raise ImportError('libblas.so.3: cannot open shared object file')", "libblas.so.3"),
    ],
)
def test_an_extension_that_crashes_or_is_missing_is_refused(
    probe: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vss_status.cache_clear()
    monkeypatch.setattr(vss_module, "PROBE", probe)
    try:
        with pytest.raises(StoreError, match=f"'vss' cannot be used: .*{reason}.*'exact'"):
            make_index("vss", [1], np.eye(1, dtype=np.float32))
    finally:
        vss_status.cache_clear()


class OtherNeighbours:
    """A backend as a broken library would make it."""

    name = "vss"

    def __init__(self, ids: list[int], vectors: Vectors) -> None:
        self._exact = ExactIndex(ids, -vectors)

    def nearest(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        return self._exact.nearest(vector, k)

    def close(self) -> None:
        pass


def test_a_backend_that_finds_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from raise_penguin.policies.indexes import IndexStatus, choosing

    monkeypatch.setattr(choosing, "vss_status", lambda: IndexStatus(True, ""))
    monkeypatch.setattr(choosing, "VssIndex", OtherNeighbours)
    vectors, _ = crowd(100, 8)
    with pytest.raises(StoreError, match="other neighbours"):
        make_index("vss", list(range(100)), vectors)
