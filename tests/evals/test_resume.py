"""Guards runs against kill -9, a second process, Ctrl-C and changed settings."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from raise_penguin.evals.results import Results
from raise_penguin.evals.settings import EvalSettings
from raise_penguin.evals.summary import Summary, summarise
from raise_penguin.penguin.errors import RunError

RUN = Path(__file__).with_name("offline_run.py")
COMMAND = Path(sys.executable).with_name("raise-penguin")
UNITS = 42
CONCURRENCY = 3


def start(folder: Path, log: Path, sleep: float = 0.02) -> subprocess.Popen[str]:
    command = [sys.executable, str(RUN), str(folder), str(log), str(sleep)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(folder: Path, log: Path) -> None:
    process = start(folder, log, 0)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors


def figures(folder: Path) -> Summary:
    """All figures but the seconds."""
    with Results.open(folder) as results:
        summary = summarise(results)
    rows = tuple(row.model_copy(update={"seconds": 0.0}) for row in summary.rows)
    return summary.model_copy(update={"rows": rows})


def transcripts(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "transcripts.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "seconds": 0} for line in lines]


def test_killed_at_many_moments_nothing_is_repeated_or_lost(tmp_path: Path) -> None:
    finish(tmp_path / "whole", tmp_path / "whole.log")
    folder, log = tmp_path / "killed", tmp_path / "killed.log"
    kills = 0
    for goal in (2, 9, 21, 39, 50, 60, 75, 83):
        process = start(folder, log)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if log.exists() and len(log.read_text().splitlines()) >= goal + CONCURRENCY * kills:
                break
            time.sleep(0.003)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
    finish(folder, log)
    assert kills >= 6
    assert figures(folder) == figures(tmp_path / "whole")
    assert transcripts(folder) == transcripts(tmp_path / "whole")
    repeated = Counter(log.read_text().splitlines())
    done_again = sum(count - 1 for count in repeated.values())
    # context-free and context-rich judge the same person's message, so each stands twice
    judged = sum(line.startswith("judgement") for line in repeated)
    assert done_again - judged <= CONCURRENCY * kills, "only what was in flight at a kill"


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    first = start(tmp_path / "run", tmp_path / "log", 0.1)
    while not (tmp_path / "log").exists():
        time.sleep(0.01)
    second = start(tmp_path / "run", tmp_path / "log2", 0)
    _, errors = second.communicate(timeout=60)
    assert "another process" in errors
    assert not (tmp_path / "log2").exists()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    finish(tmp_path / "run", tmp_path / "log3")


def test_changed_settings_are_refused_by_name(tmp_path: Path) -> None:
    Results.start(tmp_path, EvalSettings(seed=1, budget=3)).close()
    Results.start(tmp_path, EvalSettings(seed=1, budget=3)).close()
    with pytest.raises(RunError, match="seed was 1, now 2") as caught:
        Results.start(tmp_path, EvalSettings(seed=2, budget=3, limit=5))
    assert "limit" in str(caught.value)
    assert "budget" not in str(caught.value)


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    command = [str(COMMAND), "eval", "run", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell without job control starts what stands in the background deaf to Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    database = tmp_path / "run" / "results.sqlite"
    while not database.exists():
        time.sleep(0.01)
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "go on" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "run" / "transcripts.jsonl").exists()


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        Results.open(tmp_path)
    (tmp_path / "results.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(RunError, match="cannot be used"):
        Results.open(tmp_path)
    with pytest.raises(RunError, match="cannot be"):
        Results.start(tmp_path, EvalSettings())
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        Results.start(tmp_path / "file", EvalSettings())


def test_a_full_disk_is_one_line_and_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    limited = f"ulimit -f 40; exec {sys.executable} {RUN} {tmp_path / 'run'} {tmp_path / 'log'} 0"
    code = "import signal, os, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    code += "os.execvp('sh', ['sh', '-c', sys.argv[1]])"
    done = subprocess.run(
        [sys.executable, "-c", code, limited], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "RunError" in done.stderr
    finish(tmp_path / "run", tmp_path / "log")
    assert figures(tmp_path / "run").finished
