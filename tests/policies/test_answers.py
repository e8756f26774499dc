"""Guards what answers are worth: learnt from replies, kept with the plans, used in choosing."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from fake_evaluator import FakeJudge, FakeWriter
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HashEmbedder, plan

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.errors import SettingsError, StoreError
from raise_penguin.penguin.inference import posterior
from raise_penguin.penguin.judging.verdict import Unscored, Verdict
from raise_penguin.penguin.profile import Profile
from raise_penguin.policies.answers import AnswerGains, Shown
from raise_penguin.policies.budget import Budget, BudgetError
from raise_penguin.policies.evaluator import Evaluator, PlanSettings
from raise_penguin.policies.learning import learn_answers
from raise_penguin.policies.planners import planner_named
from raise_penguin.policies.planning import plan_situations
from raise_penguin.policies.retrieval import Retrieval
from raise_penguin.policies.reward_cache import RewardCache
from raise_penguin.policies.scoring import RewardError
from raise_penguin.policies.stopping import ASK_ON
from raise_penguin.policies.store import PolicyStore
from raise_penguin.policies.walk import walk

VALUES = {name: [value.value for value in item.values] for name, item in load_attributes().items()}
NAMES = ("marital_status", "profession", "gender")


def replies(points: float, noise: float = 0.0) -> list[Shown]:
    """Replies in which a job matters to those who lost a spouse, and gender to all others."""
    rng = np.random.default_rng(0)
    found: list[Shown] = []
    for number in range(400):
        person = {name: str(rng.choice(VALUES[name])) for name in NAMES}
        if number % 2:
            person["marital_status"] = "Widowed"
        for size in (1, 2, 3):
            for some in combinations(NAMES, size):
                above = 0.5 if "marital_status" in some else 0.0
                widowed = person["marital_status"] == "Widowed" and "marital_status" in some
                if "profession" in some and widowed:
                    above += points
                if "gender" in some and "marital_status" in some and not widowed:
                    above += points
                above += float(rng.normal(0, noise)) if noise else 0.0
                found.append(Shown({name: person[name] for name in some}, above))
    return found


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_next_question_depends_on_the_answer(noise: float) -> None:
    retrieval = Retrieval((), answers=AnswerGains.fit(replies(0.6, noise)))
    assert retrieval.knows_gains
    assert "on average" in retrieval.reason
    person = {"profession": VALUES["profession"][0], "gender": VALUES["gender"][0]}
    asked = {
        status: walk(retrieval, {**person, "marital_status": status}, ASK_ON, budget=2)
        for status in ("Widowed", "Married")
    }
    assert asked == {
        "Widowed": ("marital_status", "profession"),
        "Married": ("marital_status", "gender"),
    }


def test_gains_are_drawn_towards_nothing_and_on_the_right_side() -> None:
    answers = AnswerGains.fit(replies(0.6))
    chances = posterior({}, domain="")
    widowed = answers.gain("profession", {"marital_status": "Widowed"}, chances)
    married = answers.gain("profession", {"marital_status": "Married"}, chances)
    assert 0.6 > widowed > 0.35
    assert widowed > married + 0.15
    assert answers.replies == len(replies(0.6))


def test_an_answer_in_own_words_counts_as_the_mean_one_and_an_unknown_attribute_as_nothing() -> (
    None
):
    answers = AnswerGains.fit(replies(0.6))
    gains = [
        answers.gain("profession", {"marital_status": told}, posterior({}, domain=""))
        for told in ("Widowed", "it is a long story", "Married")
    ]
    assert gains[0] > gains[1] > gains[2]
    assert answers.gain("shoe_size", {}, {}) == 0
    assert answers.prospect({}).of([{"shoe_size"}]) == 0


@settings(max_examples=40, deadline=None)
@given(st.permutations(NAMES), st.data())
def test_gains_add_up_to_the_worth_of_the_set(order: list[str], data: st.DataObject) -> None:
    answers = AnswerGains.fit(replies(0.3))
    told = {name: data.draw(st.sampled_from(VALUES[name]), label=name) for name in NAMES}
    certain = {name: {value: 1.0} for name, value in told.items()}
    known: dict[str, str] = {}
    total = 0.0
    for name in order:
        total += answers.gain(name, known, certain)
        known[name] = told[name]
    assert total == pytest.approx(answers.prospect(certain).of([NAMES])[0], abs=1e-3)


def test_they_are_kept_with_the_plans_and_change_the_fingerprint(tmp_path: Path) -> None:
    path, answers = tmp_path / "p.sqlite", AnswerGains.fit(replies(0.6))
    with PolicyStore.create(path, HashEmbedder()) as store:
        store.add([plan("q")])
        assert store.answers is None
        before = store.fingerprint
        store.put_answers(answers)
        assert store.fingerprint != before
    with PolicyStore.open(path, HashEmbedder()) as store:
        assert store.answers == answers
        assert store.records() == [plan("q")]
    with sqlite3.connect(path) as connection:
        connection.execute("update meta set value = '{\"worth\": 1}' where key = 'answers'")
    connection.close()
    with (
        PolicyStore.open(path, HashEmbedder()) as store,
        pytest.raises(StoreError, match="answers: worth"),
    ):
        _ = store.answers


async def test_what_planning_paid_for_costs_nothing_again(tmp_path: Path) -> None:
    how = PlanSettings(planner=planner_named("greedy"), depth=2, evaluations=20, people=4)
    with (
        RewardCache(tmp_path / "cache") as cache,
        PolicyStore.create(tmp_path / "p.sqlite") as store,
    ):
        writer = FakeWriter()
        paying = Evaluator(
            writer=writer, judge=FakeJudge(), models={"writer": "fake"}, cache=cache, in_flight=4
        )
        await plan_situations(store, ["career_quitting"], how, paying)
        paid = len(writer.calls)
        free = replace(paying, budget=Budget(calls=0))
        answers = await learn_answers(store.records(), how, free, more=0)
        assert len(writer.calls) == paid
        assert answers.replies == 4 * (len(store.records()[0].scores) - 1)
        little = replace(paying, budget=Budget(calls=7))
        with pytest.raises(BudgetError, match="of 7 calls"):
            await learn_answers(store.records(), how, little, more=5)
        more = await learn_answers(store.records(), how, paying, more=5)
        assert len(writer.calls) <= paid + 4 * 5
        assert more.replies > answers.replies
        # the fake judge gives half a point for each attribute that a reply knows
        assert answers.prospect({}).of([{"age"}]) > 0


async def test_sets_without_a_score_are_counted_and_left_out() -> None:
    class Choosy(FakeJudge):
        async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
            if "age:" in reply:
                return Unscored(cause="the answer is rubbish")
            return await super().judge(query, profile, reply)

    how = PlanSettings(planner=planner_named("greedy"), depth=1, evaluations=20, people=4)
    choosy = Evaluator(writer=FakeWriter(), judge=Choosy(), models={"writer": "x"})
    unscored: list[RewardError] = []
    answers = await learn_answers([plan("q")], how, choosy, more=10, on_unscored=unscored.append)
    wanted = {*plan("q").scores, *(frozenset({name}) for name in load_attributes())} - {frozenset()}
    of_age = sum("age" in known for known in wanted)
    assert len(unscored) == of_age > 0
    assert "rubbish" in str(unscored[0])
    assert answers.replies == 4 * (len(wanted) - of_age)


async def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    how = PlanSettings(planner=planner_named("greedy"), depth=2, evaluations=20, people=4)
    broken = Evaluator(writer=FakeWriter(), judge=FakeJudge(failures=99), models={"writer": "x"})
    with pytest.raises(SettingsError, match="no plan of a situation"):
        await learn_answers([], how, broken, more=1)
    with pytest.raises(RewardError, match="rubbish"):
        await learn_answers([plan("q")], how, broken, more=1)


def test_the_shipped_policy_says_what_answers_are_worth() -> None:
    from raise_penguin.policies.store import shipped_store_path

    with PolicyStore.open(shipped_store_path()) as store:
        answers = store.answers
    assert answers is not None
    assert set(answers.worth) == set(load_attributes())
    assert answers.replies > 50_000
