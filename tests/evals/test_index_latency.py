"""Guards the benchmark of the indexes: it measures what works and says why the rest does not."""

from __future__ import annotations

import pytest

from raise_penguin.evals.benchmarks import index_latency
from raise_penguin.evals.benchmarks.index_latency import Latency, run
from raise_penguin.policies.indexes import IndexStatus, choosing


def test_every_index_is_measured_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(index_latency.POSTGRES, "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(choosing, "vss_status", lambda: IndexStatus(False, "no such library"))
    plain, exact, vss, pgvector = run(size=200, width=8, searches=5, k=3, seed=0)
    assert isinstance(plain, Latency)
    assert isinstance(exact, Latency)
    assert 0 < exact.p50 <= exact.p95
    assert "no such library" in str(vss)
    assert "cannot be reached" in str(pgvector)
