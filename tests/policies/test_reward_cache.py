"""Guards the cache: nothing is paid for twice, in a run, in another run, or after a kill."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fake_evaluator import FakeJudge, FakeWriter

from raise_penguin.policies.reward import JudgedReward, people_of
from raise_penguin.policies.reward_cache import CacheError, RewardCache, content_key
from raise_penguin.policies.store import PolicyStore

WORKER = Path(__file__).with_name("planning_worker.py")
MADE_BY = {"writer": "fake v1", "judge": "fake v1"}
SETS = [frozenset[str](), frozenset({"age"}), frozenset({"age", "gender"})]
IN_FLIGHT = 4


def reward(cache: RewardCache, writer: Any, judge: Any, **settings: Any) -> JudgedReward:
    settings = {"made_by": MADE_BY, "people": people_of("career_quitting", 4, 0)} | settings
    return JudgedReward("Quit?", "career", writer=writer, judge=judge, cache=cache, **settings)


async def test_another_run_pays_nothing_and_gets_the_same(tmp_path: Path) -> None:
    values: list[list[float]] = []
    for paid in (12, 0):
        writer, judge = FakeWriter(), FakeJudge()
        with RewardCache(tmp_path / "cache") as cache:
            scored = reward(cache, writer, judge)
            values.append([await scored(known) for known in SETS])
            assert (len(writer.calls), judge.total, cache.made) == (paid, paid, 2 * paid)
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("change", "replies", "verdicts"),
    [
        ({"made_by": {"writer": "fake v2", "judge": "fake v1"}}, 4, 4),
        ({"made_by": {"writer": "fake v1", "judge": "fake v2"}}, 0, 4),
        ({"people": people_of("career_quitting", 4, 1)}, 4, 4),
        ({"people": people_of("career_quitting", 6, 0)}, 2, 2),
        ({"people": people_of("career_quitting", 2, 0)}, 0, 0),
    ],
)
async def test_only_what_is_the_same_in_all_parts_is_found(
    change: dict[str, Any], replies: int, verdicts: int, tmp_path: Path
) -> None:
    with RewardCache(tmp_path / "cache") as cache:
        await reward(cache, FakeWriter(), FakeJudge())(SETS[2])
        writer, judge = FakeWriter(), FakeJudge()
        await reward(cache, writer, judge, **change)(SETS[2])
    assert (len(writer.calls), judge.total) == (replies, verdicts)


async def test_two_rewards_at_once_share_what_is_under_way(tmp_path: Path) -> None:
    writer, judge = FakeWriter(0.02), FakeJudge()
    with RewardCache(tmp_path / "cache") as one, RewardCache(tmp_path / "cache") as two:
        values = await asyncio.gather(
            *(reward(cache, writer, judge)(known) for cache in (one, two, one) for known in SETS)
        )
    assert values[:3] == values[3:6] == values[6:]
    assert (len(writer.calls), judge.total) == (12, 12)


async def test_errors_are_not_stored_and_the_reply_is(tmp_path: Path) -> None:
    writer, judge = FakeWriter(), FakeJudge(failures=1)
    with RewardCache(tmp_path / "cache") as cache:
        first = reward(cache, writer, judge, attempts=1)
        with pytest.raises(Exception, match="rubbish"):
            await first(SETS[1])
        assert len(cache) == 4, "the replies"
        await first(SETS[1])
        assert len(cache) == 8
    assert (len(writer.calls), judge.total) == (4, 8)


async def test_the_work_of_the_dead_is_taken_over_and_of_the_living_is_waited_for(
    tmp_path: Path,
) -> None:
    made: list[str] = []

    async def make(name: str, seconds: float) -> str:
        made.append(name)
        await asyncio.sleep(seconds)
        return name

    with RewardCache(tmp_path / "cache", lease=0.4) as one, RewardCache(tmp_path / "cache") as two:
        slow = asyncio.create_task(one.once("living", lambda: make("one", 1.0)))
        await asyncio.sleep(0.01)
        assert await two.once("living", lambda: make("two", 0)) == await slow == "one"
        with sqlite3.connect(tmp_path / "cache") as raw:
            raw.execute("insert into claim values ('dead', 'x', ?)", (time.time() + 0.3,))
        raw.close()
        assert await two.once("dead", lambda: make("two", 0)) == "two"
    assert made == ["one", "two"]


def test_keys_differ_where_any_part_does() -> None:
    parts = (["a", "bc"], ["ab", "c"], ["abc"], [{"a": 1}], [{"a": "1"}], ["a", ["b", "c"]])
    assert len({content_key(*each) for each in parts}) == len(parts)
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
    assert content_key("\ud800") != content_key("?")


async def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with RewardCache(tmp_path / "cache") as cache:
        await reward(cache, FakeWriter(), FakeJudge())(SETS[1])
        with sqlite3.connect(tmp_path / "cache") as there:
            there.execute("update value set value = 'rubbish' where value like '{%'")
        there.close()
        with pytest.raises(CacheError, match=r"cannot be read .*--cache"):
            await reward(cache, FakeWriter(), FakeJudge())(SETS[1])


def test_a_policy_store_is_no_cache_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    PolicyStore.create(path).close()
    before = path.read_bytes()
    with pytest.raises(CacheError, match=r"another database.*--cache"):
        RewardCache(path)
    assert path.read_bytes() == before


def test_what_is_no_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no database at all" * 100)
    for path in (tmp_path / "text", tmp_path / "missing" / "cache"):
        with pytest.raises(CacheError, match="--cache"):
            RewardCache(path)


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(WORKER), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(*processes: subprocess.Popen[str]) -> list[str]:
    told: list[str] = []
    for process in processes:
        out, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors
        told.append(out)
    return told


def paid(folder: Path) -> Counter[str]:
    log = folder / "log"
    return Counter(log.read_text(encoding="utf-8").splitlines() if log.exists() else [])


def test_killed_at_many_moments_only_what_was_under_way_is_paid_again(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    expected = finish(start(whole))
    assert set(paid(whole).values()) == {1}
    kills = 0
    for goal in (3, 15, 30, 50):
        process = start(killed)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if paid(killed).total() >= goal:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        process.communicate()
    assert finish(start(killed)) == expected
    assert kills >= 3
    again = paid(killed)
    assert set(again) == set(paid(whole)), "nothing lost, nothing else paid for"
    assert again.total() - len(again) <= IN_FLIGHT * kills


def test_two_processes_pay_for_everything_once(tmp_path: Path) -> None:
    PolicyStore.create(tmp_path / "policy.sqlite").close()
    first, second = finish(start(tmp_path), start(tmp_path))
    assert first == second
    assert set(paid(tmp_path).values()) == {1}
