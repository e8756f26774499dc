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


def test_raise_chat() -> None:
    told = run("raise_chat.py")
    assert 1 <= told.count("(because ") <= 3
    assert len(told.rsplit("agent  ", maxsplit=1)[1].split()) > 60


def test_history() -> None:
    told = run("history.py")
    assert "8 messages kept" in told
    with_history, from_a_transcript = told.split("8 messages kept\n\n")
    assert with_history.endswith(from_a_transcript), "both ways come to the same reply"


def test_middleware_agent() -> None:
    told = run("middleware_agent.py")
    assert told.count("asks   ") == 2
    assert "tool   two evening courses on applying for jobs\nai     Start with these." in told
    assert "\ncrisis: " in told


def test_subgraph() -> None:
    told = run("subgraph.py")
    assert told.count("reply  ") == 2
    assert told.count("asks   ") == 4
    assert told.endswith("greeted 1 time\n")


def test_tool_agent() -> None:
    told = run("tool_agent.py")
    assert 1 <= told.count("\nquestion ") <= 3
    assert told.count("\nreply    ") == 1
