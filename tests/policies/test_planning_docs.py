"""Guards docs/planning-cost.md: its commands and its code run as they stand, and tell the truth."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "planning-cost.md").read_text("utf-8")
COMMAND = Path(sys.executable).with_name("raise-penguin")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_commands_run_and_the_first_prints_what_is_shown(tmp_path: Path) -> None:
    told: list[str] = []
    for line in "".join(blocks("bash")).splitlines():
        done = subprocess.run(
            [COMMAND, *shlex.split(line)[1:]],
            cwd=tmp_path,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)
        told.append(done.stdout)
    assert told[0] == blocks("text")[0]
    assert "26,880 calls" in told[1]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run_and_pay_once(code: str, tmp_path: Path) -> None:
    for expected in ("1 plan made with", "0 plan made with 0 calls"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout
