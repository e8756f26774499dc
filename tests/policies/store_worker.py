"""One process of the store's tests: ``store_worker.py JOB STORE [NAME COUNT]``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from plans import HashEmbedder, plan

from raise_penguin.penguin.errors import StoreError
from raise_penguin.policies.store import PolicyStore

NOBODY = 65534


def write(path: Path, name: str, count: int) -> None:
    """Add plans one by one; say each when it is on disk."""
    with PolicyStore.open_or_create(path, HashEmbedder()) as store:
        for number in range(count):
            store.add([plan(f"{name} {number}")])
            print(number, flush=True)  # noqa: T201


def read(path: Path, count: int) -> None:
    """Read until all are there; what was seen once never goes."""
    seen = 0
    end = time.monotonic() + 60
    with PolicyStore.open(path, HashEmbedder()) as store:
        while seen < count and time.monotonic() < end:
            records = store.records()
            assert len(records) >= seen
            assert all(record == plan(record.query) for record in records)
            seen = len(records)
            assert len(store.nearest("writer-0 0", k=count)) >= seen
    assert seen == count


def become_nobody() -> None:
    """Have no more rights than a stranger, where the tests are run by root."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def write_unprivileged(path: Path) -> None:
    """Open for writing as somebody who may not write."""
    become_nobody()
    try:
        PolicyStore.open(path, HashEmbedder(), write=True).close()
    except StoreError as error:
        print(error)  # noqa: T201


def read_unprivileged(path: Path) -> None:
    """Read as somebody who may not write."""
    become_nobody()
    try:
        with PolicyStore.open(path, HashEmbedder()) as store:
            found = store.nearest("one", k=1)
            print(len(store.records()), found[0].query)  # noqa: T201
    except StoreError as error:
        print(error)  # noqa: T201


if __name__ == "__main__":
    job, store_path = sys.argv[1], Path(sys.argv[2])
    if job == "write":
        write(store_path, sys.argv[3], int(sys.argv[4]))
    elif job == "read":
        read(store_path, int(sys.argv[3]))
    elif job == "write-unprivileged":
        write_unprivileged(store_path)
    else:
        read_unprivileged(store_path)
