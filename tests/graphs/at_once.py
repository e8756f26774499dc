"""Processes that answer the same question at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("resume_worker.py")


def answers_at_once(
    store: str, question: str, savers: Sequence[str], thread: str = "t"
) -> list[dict[str, Any]]:
    """The turns of one process for each kind of saver, each with an answer of its own.

    Args:
        store: A SQLite file or the address of a PostgreSQL.
        question: Id of the question that waits.
        savers: "sync" or "async", for each process.
        thread: The thread in which it waits.
    """
    workers = [
        subprocess.Popen(
            [sys.executable, str(WORKER), store, kind, question, f"age is {30 + place}", thread],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place, kind in enumerate(savers)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    results = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * len(workers)
    return results
