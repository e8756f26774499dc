"""Guards the examples: each runs as a user runs it and prints what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def run(name: str) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_memory() -> None:
    told = run("memory.py")
    assert "you    yes\nagent  One thing I ask about separately" in told
    assert told.endswith("words left in the files: []\n")


def test_build_and_read() -> None:
    told = run("build_and_read.py")
    assert told.startswith("1540 scenarios, sha256 ")
    assert "from {'age': " in told
    assert "'high': " in told
