"""Guards the store among processes: all read and write at once, and a kill loses nothing said."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from plans import HashEmbedder, plan

from raise_penguin.penguin.errors import StoreError
from raise_penguin.policies.plan_table import PlanTable
from raise_penguin.policies.store import PolicyStore

WORKER = Path(__file__).with_name("store_worker.py")


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(WORKER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    said, complained = process.communicate(timeout=90)
    assert process.returncode == 0, complained
    return said


def test_writers_and_readers_at_once(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    PolicyStore.create(path, HashEmbedder()).close()
    processes = [start("write", path, f"writer-{n}", 8) for n in range(3)]
    processes.append(start("read", path, 24))
    for process in processes:
        finished(process)
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert len(store.records()) == 24


def test_two_who_make_the_same_store_and_plan_the_same_messages(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    for process in [start("write", path, "same", 5) for _ in range(2)]:
        finished(process)
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert [record.query for record in store.records()] == [f"same {n}" for n in range(5)]
    assert [left.name for left in tmp_path.iterdir()] == ["p.sqlite"]


def test_a_kill_while_writing_loses_nothing_that_was_said(tmp_path: Path) -> None:
    path, told = tmp_path / "p.sqlite", 0
    for name, moment in (("first", 3), ("second", 7)):
        process = start("write", path, name, 100_000)
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(moment):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        told += moment
        with PolicyStore.open(path, HashEmbedder()) as store:
            records = store.records()
            assert len(records) >= told
            assert all(record == plan(record.query) for record in records)
    with PolicyStore.open(path, HashEmbedder(), write=True) as store:
        store.add([plan("after the kill")])
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_reader_sees_what_another_adds(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with (
        PolicyStore.create(path, HashEmbedder()) as writer,
        PolicyStore.open(path, HashEmbedder()) as reader,
    ):
        assert reader.nearest("one") == []
        empty = reader.fingerprint
        writer.add([plan("one")])
        assert [near.query for near in reader.nearest("one")] == ["one"]
        assert reader.fingerprint == writer.fingerprint != empty
        with PlanTable.open(path, write=True) as table:
            table.reindex(HashEmbedder("another"))
        with pytest.raises(StoreError, match="open it again"):
            reader.nearest("one")
        with pytest.raises(StoreError, match="open it again"):
            writer.add([plan("two")])


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody may enter, as pytest's own may not be."""
    path = Path(tempfile.mkdtemp())
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("finished", "1 one"),
        ("finished in WAL mode", "1 one"),
        ("its writer was killed", "was not closed by its last writer"),
    ],
)
def test_reading_where_nothing_may_be_written(state: str, said: str, folder: Path) -> None:
    path, wal = folder / "p.sqlite", folder / "p.sqlite-wal"
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one")])
    if state == "finished in WAL mode":
        connection = sqlite3.connect(path)
        connection.execute("pragma journal_mode=wal")
        connection.close()
    elif state == "its writer was killed":
        with PolicyStore.open(path, HashEmbedder(), write=True) as store:
            store.add([plan("two")])
            left = (path.read_bytes(), wal.read_bytes())
        path.write_bytes(left[0])
        wal.write_bytes(left[1])
    path.chmod(0o444)
    folder.chmod(0o555)
    assert said in finished(start("read-unprivileged", path))
    if state == "its writer was killed":
        folder.chmod(0o755)
        with PolicyStore.open(path, HashEmbedder()) as store:
            assert len(store.records()) == 2


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(("file", "around"), [(0o444, 0o555), (0o444, 0o777), (0o666, 0o555)])
def test_a_store_that_cannot_be_written_is_refused_before_anything_is_planned(
    file: int, around: int, folder: Path
) -> None:
    path = folder / "p.sqlite"
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("one")])
    before = path.read_bytes()
    path.chmod(file)
    folder.chmod(around)
    assert "p.sqlite cannot be opened for writing" in finished(start("write-unprivileged", path))
    folder.chmod(0o755)
    assert path.read_bytes() == before
    assert [left.name for left in folder.iterdir()] == ["p.sqlite"]


def test_opening_a_store_for_writing_changes_nothing_in_it(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"

    def held() -> list[str]:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump())

    PolicyStore.create(path, HashEmbedder()).close()
    before = held()
    PolicyStore.open(path, HashEmbedder(), write=True).close()
    assert held() == before
