"""Guards wording by a model: the price first, the same checks, nothing paid for twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from raise_penguin.agent.cli import app
from raise_penguin.penguin.building import build_scenarios, names_own_value
from raise_penguin.penguin.errors import ModelUnavailableError
from raise_penguin.penguin.formats.loading import load_scenarios
from raise_penguin.penguin.rewording import IN_FLIGHT, estimate, reword
from raise_penguin.penguin.scenario import Scenario

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return list(build_scenarios(0, people=2, posts=4, domains=["career"]))


async def test_each_query_is_worded_once(
    chat_server: Any, scenarios: list[Scenario], tmp_path: Path
) -> None:
    ledger = tmp_path / "new" / "ledger.jsonl"
    done = await reword(scenarios, chat_server.model(), name="test", ledger=ledger)
    assert (done.reworded, done.kept) == (len(scenarios), 0)
    assert [one.id for one in done.scenarios] == [one.id for one in scenarios]
    for before, after in zip(scenarios, done.scenarios, strict=True):
        assert after.query == f"Let me put it like this: {before.query}"
        assert after.profile == before.profile
    assert chat_server.counts()["reword"] == len(scenarios) == estimate(scenarios).calls
    again = await reword(scenarios, chat_server.model(), name="test", ledger=ledger)
    assert again.scenarios == done.scenarios
    assert chat_server.counts()["reword"] == len(scenarios)
    await reword(scenarios[:1], chat_server.model(), name="another", ledger=ledger)
    assert chat_server.counts()["reword"] == len(scenarios) + 1


async def test_what_fails_a_check_stays_as_it_was_and_is_counted(
    chat_server: Any, scenarios: list[Scenario], tmp_path: Path
) -> None:
    chat_server.script("refusal", "empty")
    done = await reword(scenarios[:2], chat_server.model(), name="t", ledger=tmp_path / "l")
    assert done.causes == {"not between 3 and 120 words": 2}
    assert done.scenarios == scenarios[:2]

    job = scenarios[0].profile.model_copy(update={"values": {"profession": "Teacher"}})
    told = scenarios[0].model_copy(update={"query": "As a teacher, do I stay?", "profile": job})
    twice = [scenarios[1], scenarios[1].model_copy(update={"id": "again"})]
    done = await reword([told, *twice], chat_server.model(), name="t", ledger=tmp_path / "m")
    assert done.causes == {"told a value of the profile": 1, "a wording that stands already": 1}
    assert names_own_value(told.query, told.profile)


async def test_a_dead_server_ends_the_run_and_keeps_what_was_paid(
    chat_server: Any, scenarios: list[Scenario], tmp_path: Path
) -> None:
    model = chat_server.model(max_retries=0)
    chat_server.script(*[""] * 5, forever="401")
    with pytest.raises(ModelUnavailableError, match="key"):
        await reword(scenarios, model, name="test", ledger=tmp_path / "l")
    assert len((tmp_path / "l").read_text().splitlines()) == 5
    assert chat_server.counts()["reword"] <= 5 + IN_FLIGHT
    chat_server.script()
    done = await reword(scenarios, model, name="test", ledger=tmp_path / "l")
    assert done.reworded == len(scenarios)
    assert chat_server.counts()["reword"] == len(scenarios) - 5


def command(server: Any, out: Path) -> list[str]:
    small = ["--people", "8", "--posts", "0", "--domains", "career"]
    model = ["--model", "openai:test", "--base-url", server.base_url]
    return ["penguin", "build", "--out", str(out), *small, *model]


def test_the_price_is_shown_and_asked_for_first(chat_server: Any, tmp_path: Path) -> None:
    prices = ["--price-in", "2", "--price-out", "8"]
    shown = RUNNER.invoke(app, [*command(chat_server, tmp_path / "s.jsonl"), *prices], input="n\n")
    assert shown.exit_code == 1
    assert "80 calls to openai:test" in shown.output
    assert "at the prices given" in shown.output
    assert chat_server.counts().get("reword", 0) == 0
    assert not (tmp_path / "s.jsonl").exists()


def test_a_killed_run_goes_on_and_pays_nothing_twice(chat_server: Any, tmp_path: Path) -> None:
    chat_server.script(forever="delay:0.1")
    out = tmp_path / "s.jsonl"
    ledger = tmp_path / "s.jsonl.rewords.jsonl"
    start = "from raise_penguin.agent.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, *command(chat_server, out), "--yes"],
        env={**os.environ, "OPENAI_API_KEY": "none"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and not (ledger.exists() and ledger.stat().st_size > 2_000):
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    kept = [line for line in ledger.read_text().split("\n")[:-1] if line]
    assert 5 <= len(kept) < 80
    with ledger.open("a") as file:
        file.write('{"key": "cut by the ki')
    time.sleep(0.5)  # what was under way at the kill has reached the server by now
    chat_server.script()

    done = RUNNER.invoke(app, [*command(chat_server, out), "--yes"], env={"OPENAI_API_KEY": "none"})
    assert done.exit_code == 0, done.output
    assert chat_server.counts()["reword"] == 80 - len(kept)
    keys = [json.loads(line)["key"] for line in ledger.read_text().splitlines() if '": "' in line
            and line.endswith("}")]  # fmt: skip
    assert len(keys) == len(set(keys)) == 80
    assert all(one.query.lower().startswith("let me put") for one in load_scenarios(out))
    assert json.loads(out.with_name("s.jsonl.manifest.json").read_text())["model"] == "openai:test"
