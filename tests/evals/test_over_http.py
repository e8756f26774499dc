"""Guards the main job on a chat model: a whole evaluation through a real server process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("raise-penguin")


def evaluate(folder: Path, server: Any, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(COMMAND), "eval", "run", "--out", str(folder), "--model", "openai:test"]
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    return subprocess.run(
        [*command, "--base-url", server.base_url, *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("limit", [7, pytest.param(70, marks=[pytest.mark.slow, pytest.mark.long])])
def test_the_demo_runs_through_a_server(limit: int, chat_server: Any, tmp_path: Path) -> None:
    done = evaluate(tmp_path / "run", chat_server, "--limit", str(limit), "--no-controls")
    assert done.returncode == 0, done.stderr
    assert "openai:test" in done.stdout
    assert "offline" not in done.stdout
    counts = chat_server.counts()
    shown = subprocess.run(
        [str(COMMAND), "eval", "show", str(tmp_path / "run"), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {row["condition"]: row for row in json.loads(shown.stdout)["rows"]}
    assert all(row["scored"] == row["n"] == limit for row in rows.values())
    assert all(row["degraded"] == 0 for row in rows.values())
    questions, calls = rows["raise"]["questions"], rows["raise"]["calls"]
    assert 0 < questions <= 3
    assert calls <= questions + 3
    agent = counts["triage"] + counts["select"] + counts["respond"]
    assert agent == pytest.approx(limit * (calls + 2)), "counted by the server"
    assert counts["judge"] == 3 * limit
    assert counts["user"] == pytest.approx(limit * questions)


def test_rubbish_from_the_judge_is_unscored_and_mended_later(
    chat_server: Any, tmp_path: Path
) -> None:
    folder, options = tmp_path / "run", ("--limit", "7", "--conditions", "context-free")
    chat_server.script(*[""] * 8, *["malformed"] * 6)
    done = evaluate(folder, chat_server, *options, "--concurrency", "1")
    assert done.returncode == 0, done.stderr
    assert "4/7" in done.stdout
    assert "withheld" in done.stdout
    chat_server.script()
    again = evaluate(folder, chat_server, *options, "--retry-unscored")
    assert again.returncode == 0, again.stderr
    assert "7/7" in again.stdout
    assert chat_server.counts() == {"judge": 3, "unknown": 1, "total": 4}


@pytest.mark.parametrize(
    ("behaviour", "named"), [("401", "refuses the key"), ("404", "no such model"), ("", "")]
)
def test_a_wrong_key_or_a_dead_server_is_told_before_anything_starts(
    behaviour: str, named: str, chat_server: Any, tmp_path: Path
) -> None:
    class Dead:
        base_url = "http://127.0.0.1:9/v1"

    chat_server.script(forever=behaviour)
    done = evaluate(tmp_path / "run", chat_server if behaviour else Dead, "--limit", "2")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert (named or "cannot be used") in done.stderr
    assert not (tmp_path / "run").exists()
