"""Guards long benchmark tables: done work is kept, and a killed run goes on and leaves nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from raise_penguin.agent.cli import app
from raise_penguin.evals.benchmarks import table_runs
from raise_penguin.evals.benchmarks.arms import Arm, Table, shares
from raise_penguin.evals.benchmarks.table_runs import kept_shares
from raise_penguin.penguin.errors import RunError

TABLE = Table("t", "trees", 2, 0.0, (10, 20), (Arm("greedy", "greedy"), Arm("random", "random")))


def never(table: Table, seed: int) -> dict[tuple[str, int], float]:
    raise AssertionError(f"{table.title}, seed {seed} is computed again")


def test_what_is_done_is_kept_for_the_same_table_message_and_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kept_shares(TABLE, 3, tmp_path)
    assert found == shares(TABLE, 3)
    other = kept_shares(TABLE, 4, tmp_path)
    assert other != found
    monkeypatch.setattr(table_runs, "shares", never)
    assert kept_shares(TABLE, 3, tmp_path) == found
    assert kept_shares(TABLE, 4, tmp_path) == other
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(table_runs, "sources", lambda: "other sources")
    with pytest.raises(AssertionError, match="again"):
        kept_shares(TABLE, 3, tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"shares": [[1]]}'])
def test_a_broken_file_is_named(text: str, tmp_path: Path) -> None:
    kept_shares(TABLE, 3, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(text, "utf-8")
    with pytest.raises(RunError, match=rf"{path.name} is broken .* remove it"):
        kept_shares(TABLE, 3, tmp_path)


def test_an_unknown_part_is_named() -> None:
    done = CliRunner().invoke(app, ["eval", "bench", "planning", "--part", "trees", "--part", "x"])
    assert done.exit_code != 0
    assert "no part x; use: synergies, trees, priors" in str(done.exception)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "raise_penguin.evals.benchmarks.planning", "--quick"]
    command += ["--seeds", "4", "--processes", "2", "--out", str(tmp_path / "out")]

    def files() -> set[str]:
        return {path.name for path in (tmp_path / "out").glob("*.json")}

    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as run:
        while not files() and run.poll() is None:
            time.sleep(0.05)
        run.kill()
    before = files()
    assert 0 < len(before) < 8
    for _ in range(200):
        try:
            os.killpg(run.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        os.killpg(run.pid, signal.SIGKILL)
        pytest.fail("the workers wait for work for ever")
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before}
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "4 seeds" in done.stdout
    assert len(files()) == 8
    assert times == {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before}
    told = [json.loads((tmp_path / "out" / name).read_text("utf-8")) for name in files()]
    assert {one["seed"] for one in told} == {0, 1, 2, 3}
