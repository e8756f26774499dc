"""Guards ``plan run`` on a chat model: a real server counts what is paid, whatever happens."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from raise_penguin.policies.replacing import CUT
from raise_penguin.policies.store import PolicyStore

COMMAND = Path(sys.executable).with_name("raise-penguin")
SMALL = ("--situations", "career_quitting", "--depth", "2", "--evaluations", "6", "--people", "3")
IN_FLIGHT = 4
MODEL = ("--model", "openai:test", "--in-flight", f"{IN_FLIGHT}")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}


def start(out: Path, server: Any, *options: str) -> subprocess.Popen[str]:
    command = [
        str(COMMAND),
        "plan",
        "run",
        "--out",
        str(out),
        *SMALL,
        "--in-flight",
        f"{IN_FLIGHT}",
    ]
    return subprocess.Popen(
        [*command, *MODEL, "--base-url", server.base_url, *options],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def plan(out: Path, server: Any, *options: str) -> tuple[int, str, str]:
    process = start(out, server, "--yes", *options)
    told, errors = process.communicate(timeout=300)
    return process.returncode, told, errors


def paid(server: Any) -> dict[str, int]:
    counts = server.counts()
    return {role: counts.get(role, 0) for role in ("respond", "judge", "prior")}


def stored(out: Path) -> list[Any]:
    with PolicyStore.open(out) as store:
        return store.records()


def test_a_run_pays_for_what_it_says_and_another_pays_nothing(
    chat_server: Any, tmp_path: Path
) -> None:
    out, options = tmp_path / "p.sqlite", ("--prior-model", "openai:test", "--price-in", "1")
    status, told, errors = plan(out, chat_server, *options)
    assert status == 0, errors
    first, record = paid(chat_server), stored(out)[0]
    assert first["respond"] == first["judge"] == 3 * record.provenance.evaluations
    assert 0 < record.provenance.evaluations <= 6
    assert first["prior"] > 0
    calls = sum(first.values()) + 1  # and one to see whether the server is there
    assert f"with {calls} calls" in told
    tokens = int(re.findall(r"([\d,]+) tokens in", told)[0].replace(",", ""))
    assert f"{tokens / 1e6:.4f} in money" in told
    assert record.provenance.models == dict.fromkeys(("writer", "judge", "prior"), "openai:test")
    for again in (out, tmp_path / "other.sqlite"):
        status, _, errors = plan(again, chat_server, *options, "--cache", f"{out}.cache")
        assert status == 0, errors
    assert paid(chat_server) == first
    assert stored(tmp_path / "other.sqlite")[0].scores == record.scores


def test_nothing_is_paid_for_an_estimate_or_without_a_yes(chat_server: Any, tmp_path: Path) -> None:
    out = tmp_path / "p.sqlite"
    status, told, _ = plan(out, chat_server, "--estimate", "--price-out", "2")
    assert status == 0
    assert "1 messages x 6 evaluations x 3 people = 18 replies" in told
    assert "36 calls" in told
    process = start(out, chat_server)
    told, errors = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "36 calls" in told
    assert "--yes" in errors
    assert chat_server.counts() == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_cannot_be_is_told_in_a_line_before_anything_is_paid(
    chat_server: Any, tmp_path: Path
) -> None:
    out = tmp_path / "p.sqlite"
    for options, named in (
        (("--budget-money", "1"), "--price-in"),
        (("--start-from", "missing.sqlite"), "missing.sqlite"),
        (("--split", "all of it"), "--split"),
        (("--budget-calls", "0"), "budget of 0 calls"),
    ):
        status, _, errors = plan(out, chat_server, *options)
        assert (status, len(errors.strip().splitlines())) == (2, 1), errors
        assert named in errors
    assert paid(chat_server) == {"respond": 0, "judge": 0, "prior": 0}
    chat_server.script(forever="401")
    status, _, errors = plan(out, chat_server)
    assert (status, len(errors.strip().splitlines())) == (2, 1)
    assert "refuses the key" in errors
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_budgets_end_a_run_with_a_named_error_and_the_next_goes_on(
    chat_server: Any, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole.sqlite", tmp_path / "p.sqlite"
    assert plan(whole, chat_server)[0] == 0
    expected = paid(chat_server)
    chat_server.script()
    for budget in ("1", "2", "12"):
        status, told, errors = plan(out, chat_server, "--budget-calls", budget)
        assert status == 2, told
        assert f"the budget of {budget} calls is used up" in errors
        assert len(errors.strip().splitlines()) == 1
    # each budget less the call that sees whether the server is there; a call that ends beside
    # others may count twice for a moment, which ends a run a call or two early and never late
    assert 0 + 1 + 11 - IN_FLIGHT <= sum(paid(chat_server).values()) <= 0 + 1 + 11
    assert plan(out, chat_server)[0] == 0
    assert paid(chat_server) == expected
    assert stored(out)[0].chosen_by() == stored(whole)[0].chosen_by()
    assert CUT not in stored(out)[0].provenance.planner


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_many_moments_only_what_was_under_way_is_paid_again(
    chat_server: Any, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole.sqlite", tmp_path / "p.sqlite"
    assert plan(whole, chat_server)[0] == 0
    expected = paid(chat_server)
    chat_server.script(forever="delay:0.05")
    kills = 0
    for goal in (3, 14, 25):
        process = start(out, chat_server, "--yes")
        while process.poll() is None:
            if sum(paid(chat_server).values()) >= goal:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.01)
        process.communicate()
    assert plan(out, chat_server)[0] == 0
    assert kills == 3
    assert stored(out)[0].chosen_by() == stored(whole)[0].chosen_by()
    again = paid(chat_server)
    assert sum(again.values()) - sum(expected.values()) <= IN_FLIGHT * kills
    assert all(again[role] >= expected[role] for role in expected)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_plan_into_the_same_store_and_pay_once(
    chat_server: Any, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole.sqlite", tmp_path / "p.sqlite"
    assert plan(whole, chat_server)[0] == 0
    expected = paid(chat_server)
    PolicyStore.create(out).close()
    chat_server.script(forever="delay:0.05")
    both = [start(out, chat_server, "--yes") for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert paid(chat_server) == expected
    assert stored(out)[0].chosen_by() == stored(whole)[0].chosen_by()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [0, 1])
def test_an_evaluator_that_fails_half_the_time_ends_in_a_plan_or_a_named_error(
    seed: int, chat_server: Any, tmp_path: Path
) -> None:
    chosen = random.Random(seed)
    bad = ("malformed", "empty", "refusal", "wrong", "", "", "", "")
    out = tmp_path / "p.sqlite"
    chat_server.script("", *(chosen.choice(bad) for _ in range(2_000)))
    for _ in range(6):
        status, told, errors = plan(out, chat_server)
        if status == 0:
            break
        assert status == 2, told
        assert "could be scored" in errors
        assert len(errors.strip().splitlines()) == 1
    record = stored(out)[0]
    assert all(1 <= score <= 5 for score in record.scores.values())
    assert len(record.values) == 3
    before = paid(chat_server)
    plan(out, chat_server)
    assert paid(chat_server) == before
