"""Guards the reward: averaged over people, independent trials, paid once, failures no numbers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_evaluator import FakeJudge, FakeWriter

from raise_penguin.penguin.errors import ModelUnavailableError, SettingsError
from raise_penguin.penguin.facts import Facts
from raise_penguin.penguin.judging.verdict import DIMENSIONS
from raise_penguin.penguin.people import planning_people
from raise_penguin.policies.reward import JudgedReward, people_of
from raise_penguin.policies.reward_cache import RewardCache
from raise_penguin.policies.scoring import RewardError

AGE = frozenset({"age"})
SITUATION = "career_quitting"


def reward(writer: Any, judge: Any, people: Any = None, **settings: Any) -> JudgedReward:
    people = people or people_of(SITUATION, 6, 0)
    return JudgedReward("Quit?", "career", people, writer=writer, judge=judge, **settings)


async def test_a_value_is_the_mean_over_people_and_all_details_are_kept() -> None:
    scored = reward(FakeWriter(), FakeJudge())
    value, detail = await scored(AGE), await scored.detail(AGE)
    assert value == detail.mean == pytest.approx(sum(one.score for one in detail.per_person) / 6)
    assert [one.person for one in detail.per_person] == planning_people(SITUATION, 6, 0)
    for one in detail.per_person:
        assert one.score == pytest.approx(sum(one.by_dimension.values()) / len(DIMENSIONS))
    by_dimension = detail.by_dimension
    assert by_dimension["user_alignment"] - by_dimension["risk_sensitivity"] == pytest.approx(0.6)
    assert 0 < detail.error < 1


async def test_the_writer_sees_only_the_set() -> None:
    writer = FakeWriter()
    await reward(writer, FakeJudge())(frozenset({"age", "gender"}))
    assert all(seen.count(":") == 2 and "profession" not in seen for seen in writer.calls)


async def test_trials_have_other_people_and_are_each_paid_once() -> None:
    writer, judge = FakeWriter(), FakeJudge()
    scored = reward(writer, judge)
    first, second = await scored.detail(AGE), await scored.detail(AGE, trial=1)
    assert await scored.detail(AGE) == first
    assert await scored.detail(AGE, trial=1) == second
    met = [{one.person.id for one in each.per_person} for each in (first, second)]
    assert not met[0] & met[1]
    assert (len(writer.calls), judge.total, scored.evaluations) == (12, 12, 2)


async def test_given_people_are_asked_again_in_another_trial() -> None:
    writer = FakeWriter()
    people = planning_people(SITUATION, 3, 0)
    scored = reward(writer, FakeJudge(), people)
    await scored(AGE)
    again = await scored.detail(AGE, trial=1)
    assert [one.person for one in again.per_person] == people
    assert len(writer.calls) == 6


async def test_duplicates_in_flight_share_one_evaluation() -> None:
    writer = FakeWriter(0.01)
    scored = reward(writer, FakeJudge(), in_flight=4)
    values = await asyncio.gather(*(scored(AGE) for _ in range(5)), scored(frozenset()))
    assert len(set(values[:5])) == 1
    assert len(writer.calls) == 12
    assert writer.most_under_way == 4


async def test_a_cancelled_caller_leaves_the_others_theirs() -> None:
    writer = FakeWriter(0.01)
    scored = reward(writer, FakeJudge())
    first = asyncio.create_task(scored(AGE))
    second = asyncio.create_task(scored(AGE))
    await asyncio.sleep(0)
    first.cancel()
    assert 1 <= await second <= 5
    assert len(writer.calls) == 6


async def test_a_failure_is_tried_again_and_never_a_number() -> None:
    judge = FakeJudge(failures=1)
    scored = reward(FakeWriter(), judge)
    whole = await reward(FakeWriter(), FakeJudge()).detail(AGE)
    assert await scored.detail(AGE) == whole
    assert judge.total == 12
    assert scored.unscored == []


async def test_few_failures_are_left_out_and_counted_and_many_are_an_error() -> None:
    ids = [one.id for one in planning_people(SITUATION, 6, 0)]
    some = reward(FakeWriter(), FakeJudge(fails_for=frozenset(ids[:3])))
    detail = await some.detail(AGE)
    assert [one.person.id for one in detail.per_person] == ids[3:]
    assert detail.unscored == ("the answer is rubbish",) * 3
    assert len(some.unscored) == 3
    most = reward(FakeWriter(), FakeJudge(fails_for=frozenset(ids[:4])))
    with pytest.raises(RewardError, match=r"2 of 6 .*rubbish"):
        await most(AGE)
    assert most.evaluations == 0


async def test_a_writer_that_cannot_be_reached_is_unscored_and_a_bug_is_not_hidden() -> None:
    async def down(query: str, domain: str, facts: Facts) -> str:
        raise ModelUnavailableError("the server is down")

    async def broken(query: str, domain: str, facts: Facts) -> str:
        raise ZeroDivisionError

    with pytest.raises(RewardError, match="the server is down"):
        await reward(down, FakeJudge())(AGE)
    with pytest.raises(ZeroDivisionError):
        await reward(broken, FakeJudge())(AGE)
    with pytest.raises(RewardError, match="no people"):
        await reward(FakeWriter(), FakeJudge(), lambda trial: [])(AGE)  # pyright: ignore[reportUnknownLambdaType]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("so \ud83d\ude00 so", "so 😀 so"), ("so \ud83d so", "so \ufffd so"), ("a\0b", "a\0b")],
)
async def test_a_reply_with_a_broken_character_is_kept_and_paid_for_once(
    written: str, kept: str, tmp_path: Any
) -> None:
    calls: list[str] = []

    async def write(query: str, domain: str, facts: Facts) -> str:
        calls.append(query)
        return written

    judge = FakeJudge()
    for _ in range(2):
        with RewardCache(tmp_path / "cache") as cache:
            await reward(write, judge, cache=cache, made_by={"writer": "w"})(AGE)
    assert len(calls) == 6
    assert {reply for _, reply in judge.calls} == {kept}


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("written", [None, 3, b"bytes"])
async def test_what_is_no_text_is_named_and_not_kept(
    written: object, cached: bool, tmp_path: Any
) -> None:
    async def write(query: str, domain: str, facts: Facts) -> object:
        return written

    with RewardCache(tmp_path / "cache") as cache:
        kept = {"cache": cache, "made_by": {"writer": "w"}} if cached else {}
        with pytest.raises(RewardError, match=f"the writer gave {type(written).__name__}"):
            await reward(write, FakeJudge(), **kept)(AGE)
        assert len(cache) == 0


@pytest.mark.parametrize("settings", [{"in_flight": 0}, {"attempts": 0}])
def test_settings_with_which_nothing_is_ever_written_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        reward(FakeWriter(), FakeJudge(), **settings)


def test_a_cache_needs_to_know_who_made_it(tmp_path: Any) -> None:
    with RewardCache(tmp_path / "c") as cache, pytest.raises(SettingsError, match="made_by"):
        reward(FakeWriter(), FakeJudge(), cache=cache)
