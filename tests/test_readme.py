"""Guards the README: every command and every piece of code in it runs as it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).with_name("raise-penguin")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    lines = [line for block in blocks("bash") for line in block.splitlines() if line.strip()]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or "print" not in code


def test_commands_run(tmp_path: Path) -> None:
    for command in commands():
        if command[0] != "raise-penguin":
            continue
        done = subprocess.run(
            [COMMAND, *command[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)


@pytest.mark.slow
def test_the_output_of_the_demo_is_what_the_demo_prints(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "eval", "run", "--limit", "70", "--out", "run"],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = README.split("<!-- demo -->\n```text\n")[1].split("```")[0]

    def figures(text: str) -> list[str]:
        """Lines without the last column of the cost table, its seconds, and without the path."""
        lines = [line.rstrip() for line in text.strip().splitlines() if "transcripts" not in line]
        return [re.sub(r"\s+\d+\.\d{3}$", "", line) for line in lines]

    assert figures(shown) == figures(done.stdout)


def test_the_two_commands_are_what_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    made = [command for command in commands() if command[0] == "make"]
    assert [command[1] for command in made] == ["demo", "test"]
    assert all(f"\nmake {command[1]}\n" in ci for command in made)
    assert {command[0] for command in commands()} <= {"make", "raise-penguin"}
