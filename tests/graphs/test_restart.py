"""Guards dialogues against kill -9: finished by another process, nothing lost, nothing twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scripted_roles import SENSITIVE

WORKER = Path(__file__).with_name("dialogue_worker.py")
TURNS = (SENSITIVE, "age is 34", "gender is woman")


def take_turn(
    database: Path, text: str, kill_at: int = 0, question: str = ""
) -> dict[str, Any] | None:
    """One turn in a process of its own; None where it was killed."""
    command = [sys.executable, str(WORKER), str(database), str(kill_at), text]
    done = subprocess.run(
        [*command, *([question] if question else [])], capture_output=True, text=True, check=False
    )
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def dialogue(database: Path, killed_turn: int, kill_at: int) -> dict[str, Any] | None:
    """All turns, a process each; one is killed and taken again. None: there was no such write."""
    result: dict[str, Any] | None = None
    question = ""
    for number, text in enumerate(TURNS):
        kill = kill_at if number == killed_turn else 0
        result = take_turn(database, text, kill, question)
        if kill and result is not None:
            return None
        if result is None:
            result = take_turn(database, text, 0, question)
        assert result is not None
        question = result["question"]["id"] if result["question"] else ""
    return result


def check(result: dict[str, Any]) -> None:
    assert result["kind"] in {"reply", "repeated"}  # repeated: killed when all was written
    assert result["text"] == "Here is a reply."
    assert result["asked"] == ["age", "gender"]
    assert {name: fact["value"] for name, fact in result["facts"].items()} == {
        "age": "34",
        "gender": "woman",
    }
    assert result["said"] == list(TURNS)
    assert len(result["replies"]) == 3


def test_a_process_for_each_turn_costs_no_extra_call(tmp_path: Path) -> None:
    calls: dict[str, int] = {}
    question = ""
    for text in TURNS:
        result = take_turn(tmp_path / "t.sqlite", text, 0, question)
        assert result is not None
        question = result["question"]["id"] if result["question"] else ""
        for role, count in result["calls"].items():
            calls[role] = calls.get(role, 0) + count
    assert calls == {"triage": 1, "select": 3, "respond": 1}


@pytest.mark.parametrize(
    ("turn", "side", "write"),
    [(0, 1, 1), (0, -1, 4), (1, 1, 4), (1, -1, 1), (2, 1, 4), (2, -1, 1)],
)
def test_killed_at_some_writes(turn: int, side: int, write: int, tmp_path: Path) -> None:
    """Side 1 is after the write, -1 before it."""
    result = dialogue(tmp_path / "t.sqlite", turn, side * write)
    assert result is not None
    check(result)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("turn", [0, 1, 2])
def test_killed_at_every_write(turn: int, tmp_path: Path) -> None:
    boundaries = 0

    def run(kill_at: int) -> dict[str, Any] | None:
        return dialogue(tmp_path / f"{turn}-{kill_at}.sqlite", turn, kill_at)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(run, [side * n for n in range(1, 16) for side in (1, -1)]):
            if result is not None:
                check(result)
                boundaries += 1
    assert boundaries >= 10
