"""Tables over many messages: several processes, and a folder with which a killed run goes on."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

import numpy as np

from ...penguin.errors import RunError
from ...policies.planners.lattice import Floats
from ...policies.reward_cache import content_key
from .arms import Table, shares

PACKAGE = Path(__file__).resolve().parents[2]
DECIDING = (
    "policies/planners/*.py",
    "policies/plan.py",
    "policies/prior.py",
    "policies/scoring.py",
    "penguin/attributes.py",
    "penguin/data/attributes.yaml",
    "evals/benchmarks/arms.py",
    "evals/benchmarks/rewards.py",
)
"""Sources on which the shares depend: after a change of any, all is computed again."""


@lru_cache(maxsize=1)
def sources() -> str:
    """The SHA-256 of the sources."""
    digest = hashlib.sha256()
    for pattern in DECIDING:
        for path in sorted(PACKAGE.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def kept_shares(table: Table, seed: int, folder: Path | None) -> dict[tuple[str, int], float]:
    """``shares`` of a table for one message, from the folder where they are there already.

    Each is a file of its own named by the table's content, the seed and the sources; it appears
    under its name once it is whole, so that neither a kill nor a second run can spoil it.

    Args:
        table: The table.
        seed: The message.
        folder: An existing folder; None keeps nothing.

    Raises:
        RunError: A file is not what was written.
    """
    if folder is None:
        return shares(table, seed)
    path = folder / f"{content_key(asdict(table), seed, sources())}.json"
    if path.exists():
        try:
            rows = json.loads(path.read_text("utf-8"))["shares"]
            return {(str(label), int(budget)): float(share) for label, budget, share in rows}
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} is broken ({error}): remove it and run again") from error
    found = shares(table, seed)
    rows = [(label, budget, share) for (label, budget), share in found.items()]
    told = json.dumps({"table": table.title, "seed": seed, "shares": rows})
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(told + "\n", encoding="utf-8")
    draft.replace(path)
    return found


def measure(
    wanted: Sequence[Table],
    seeds: int,
    *,
    processes: int | None = None,
    folder: Path | None = None,
    on_done: Callable[[], None] = lambda: None,
) -> Iterator[dict[tuple[str, int], Floats]]:
    """The shares of each table over seeds, table by table, computed by several processes.

    Args:
        wanted: The tables.
        seeds: Messages a table.
        processes: One a core when omitted.
        folder: Where what is done is kept, see ``kept_shares``.
        on_done: Called after each message of each table.
    """
    # a process for each core, so that the linear algebra of each needs one thread
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    jobs = [(table, seed, folder) for table in wanted for seed in range(seeds)]
    spawned = get_context("spawn")
    with ProcessPoolExecutor(processes, spawned, initializer=_end_with_parent) as pool:
        found = pool.map(kept_shares, *zip(*jobs, strict=True))
        try:
            for _ in wanted:
                rows: list[dict[tuple[str, int], float]] = []
                for row in islice(found, seeds):
                    rows.append(row)
                    on_done()
                yield {key: np.array([row[key] for row in rows]) for key in rows[0]}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """End this process when the one that started it is killed; it would wait for work for ever."""
    parent = parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
