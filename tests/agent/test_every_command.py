"""Guards every command: it ends by itself soon after its last line, and opens no socket."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from raise_penguin.agent.cli import app

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(300)]

COMMAND = Path(sys.executable).with_name("raise-penguin")
NO_NETWORK = """
import socket
def refuse(self, address, *rest):
    if self.family != socket.AF_UNIX:
        raise SystemExit(f"a socket was opened to {address}")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.socket.listen = lambda self, *rest: refuse(self, "others")
"""
SOON = 2.0
"""Seconds from a command's last line to its end, where a core is free for it."""
ATTEMPTS = 3
"""A busy machine may be late once; a thread that was left running is late each time."""

MADE = (
    "penguin build --seed 0 --people 1 --posts 1 --domains career --out set.jsonl",
    "eval run --limit 2 --no-controls --out made",
    "plan run --out p.sqlite --situations career_quitting --evaluations 4 --people 2 --messages 1",
    "policy export --out plans.jsonl",
)
"""What the others read."""
ARGUMENTS = {
    "chat": "--database t.sqlite",
    "eval run": "--limit 2 --no-controls --conditions context-free --out r",
    "eval show": "made --dialogue first",
    "eval bench planning": "--quick --seeds 2",
    "eval bench real": "--situations 2 --people 2 --batch 1 --depth 1 --seeds 1",
    "eval bench overhead": "--dialogues 2",
    "eval bench properties": "--dialogues 2 --races 0 --kills 0 --processes 1",
    "explain": "Should-I-quit? worn-out",
    "plan learn": "--out p.sqlite --people 2",
    "plan show": "p.sqlite",
    "plan run": f"{MADE[2].removeprefix('plan run ')} --start-from none",
    "policy search": "Should-I-quit",
    "policy export": "--out again.jsonl",
    "policy import": "plans.jsonl --out i.sqlite",
    "policy merge": "p.sqlite p.sqlite --out m.sqlite",
    "policy reindex": "p.sqlite --embedder wordllama",
    "penguin build": MADE[0].removeprefix("penguin build ").replace("set", "again"),
    "penguin validate": "set.jsonl",
    "penguin stats": "set.jsonl",
    "penguin sample": "set.jsonl -n 2",
    "penguin convert": "set.jsonl c.jsonl",
    "penguin import": "set.jsonl --out d.jsonl",
    "penguin users check": "--answers 2",
    "judge score": "--query Should-I-quit? --reply Take-your-time.",
    "judge calibrate": "--no-controls",
    # these take minutes where their data are found
    "penguin discover": "missing.jsonl",
    "policy eval": "--policy missing.sqlite",
    "memory show": "--store missing.sqlite --person x",
    "memory forget": "--store missing.sqlite --person x",
    "memory sweep": "--store missing.sqlite",
    "policy calibrate": "--policy missing.sqlite --out c.yaml",
}
"""Of commands that cannot be run bare; a new command needs a line here only if it cannot be."""
OTHERWISE = {
    "serve": "does not end, and listens",
    "eval bench first-token": "talks to a server of its own on loopback",
}
WORDS = {"chat": "I want to quit my job on Friday. Is that a good idea?\n/skip\n/quit\n"}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command, by the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(path)
        return
    for name, one in below.items():
        yield from commands(one, (*path, name))


EVERY = sorted(set(commands(typer.main.get_command(app))) - set(OTHERWISE))


def run(line: str, folder: Path) -> tuple[int, str, float]:
    """Run a command: status, what it printed, seconds from its last line to its end."""
    paths = (str(folder / "guard"), os.environ.get("PYTHONPATH", ""))
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("OPENAI", "LANGSMITH"))}
    with subprocess.Popen(
        [COMMAND, *line.split()],
        cwd=folder,
        env=kept | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "COLUMNS": "100"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(WORDS.get(line.split(maxsplit=1)[0], ""))
        process.stdin.close()
        printed, last = "", time.monotonic()
        for part in process.stdout:
            printed, last = printed + part, time.monotonic()
        status = process.wait(60)
        return status, printed, time.monotonic() - last


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands read, made by the commands."""
    made = tmp_path_factory.mktemp("commands")
    (made / "guard").mkdir()
    (made / "guard" / "sitecustomize.py").write_text(NO_NETWORK)
    for line in MADE:
        status, printed, _ = run(line, made)
        assert status == 0, printed
    return made


@pytest.mark.parametrize("command", EVERY)
def test_a_command_ends_soon_after_its_last_line_and_opens_no_socket(
    command: str, folder: Path
) -> None:
    line = f"{command} {ARGUMENTS.get(command, '')}".strip()
    waits: list[float] = []
    for _ in range(ATTEMPTS):
        status, printed, wait = run(line, folder)
        assert "a socket was opened" not in printed
        assert status == (2 if "missing" in line else 0), printed
        waits.append(wait)
        if wait <= SOON * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)):
            return
    pytest.fail(f"it ends {min(waits):.1f} s after its last line")


def test_the_guard_sees_a_socket(folder: Path) -> None:
    _, printed, _ = run("doctor --model openai:x --base-url http://127.0.0.1:9/v1", folder)
    assert "a socket was opened to ('127.0.0.1', 9)" in printed
