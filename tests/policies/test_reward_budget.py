"""Guards the budget: what does not fit is not paid for, and a planner ends with what it has."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fake_evaluator import FakeJudge, FakeWriter
from hypothesis import given
from hypothesis import strategies as st

from raise_penguin.penguin.errors import SettingsError
from raise_penguin.policies.budget import Budget, BudgetError, Cost
from raise_penguin.policies.model_prior import ModelPrior
from raise_penguin.policies.paid_prior import PaidPrior
from raise_penguin.policies.reward import JudgedReward, people_of
from raise_penguin.policies.reward_cache import RewardCache

SETS = [frozenset[str](), frozenset({"age"}), frozenset({"age", "gender"})]
PRICED = (Cost(1, 1_000, 100), Cost(1, 2_000, 200))


def reward(budget: Budget, writer: Any, judge: Any, cache: RewardCache) -> JudgedReward:
    return JudgedReward(
        "Quit?",
        "career",
        people_of("career_quitting", 4, 0),
        writer=writer,
        judge=judge,
        cache=cache,
        made_by={"writer": "fake", "judge": "fake"},
        budget=budget,
        cost=PRICED,
    )


@pytest.mark.parametrize("limit", [0, 1, 7, 8, 23, 24])
async def test_no_more_calls_than_allowed_and_the_rest_is_paid_for_later(
    limit: int, tmp_path: Path
) -> None:
    writer, judge = FakeWriter(), FakeJudge()
    with RewardCache(tmp_path / "cache") as cache:
        budget = Budget(calls=limit)
        short = reward(budget, writer, judge, cache)
        values: list[float] = []
        with suppress(BudgetError):
            for known in SETS:
                values.append(await short(known))
        assert len(values) == limit // 8
        assert len(writer.calls) + judge.total == budget.spent.calls == min(limit, 24)
        assert (budget.used_up is None) == (limit == 24)
        assert limit == 24 or f"of {limit} calls" in str(budget.used_up)
        more = reward(Budget(), writer, judge, cache)
        assert [await more(known) for known in SETS][: len(values)] == values
    assert (len(writer.calls), judge.total) == (12, 12), "nothing twice"


def test_once_used_up_it_begins_nothing_more_and_what_is_begun_goes_on() -> None:
    budget = Budget(calls=3)
    with budget.paying(Cost(calls=1), "first"), budget.paying(Cost(calls=2), "first"):
        with pytest.raises(BudgetError), budget.paying(Cost(calls=1), "second"):
            pass
        budget.calls = 9  # as if what was held for a moment had been given back
    with pytest.raises(BudgetError), budget.paying(Cost(calls=1), "third"):
        pass
    with budget.paying(Cost(calls=1), "first"):
        pass


async def test_evaluations_and_money_are_limits_too(tmp_path: Path) -> None:
    writer, judge = FakeWriter(), FakeJudge()
    with RewardCache(tmp_path / "cache") as cache:
        one = Budget(evaluations=1)
        scored = reward(one, writer, judge, cache)
        await scored(SETS[0])
        await scored(SETS[0])
        with pytest.raises(BudgetError, match="of 1 evaluations"):
            await scored(SETS[1])
        assert one.evaluations_spent == 1
        # an evaluation costs 4 x (3,000 in and 300 out): 4 x 0.0033 at 1 and 1 a million
        money = Budget(money=0.02, price_in=1, price_out=1)
        scored = reward(money, writer, judge, cache)
        await scored(SETS[0])
        assert money.money_spent == 0
        await scored(SETS[1])
        assert money.money_spent == pytest.approx(0.0132)
        with pytest.raises(BudgetError, match="in money"):
            await scored(SETS[2])
        assert money.money_spent <= 0.02


@given(
    st.lists(st.integers(1, 5), max_size=20),
    st.integers(0, 30),
    st.booleans(),
)
def test_what_is_under_way_counts(costs: list[int], limit: int, fails: bool) -> None:
    budget = Budget(calls=limit)

    async def pay(calls: int) -> None:
        try:
            with budget.paying(Cost(calls)):
                await asyncio.sleep(0)
                if fails:
                    raise KeyError
        except (BudgetError, KeyError):
            pass

    async def all_at_once() -> None:
        await asyncio.gather(*(pay(calls) for calls in costs))

    asyncio.run(all_at_once())
    assert budget.spent.calls <= limit
    if sum(costs) <= limit:
        assert budget.spent.calls == sum(costs)
        assert budget.affords(Cost(limit - sum(costs)))


def test_settings_that_make_no_sense_are_named() -> None:
    with pytest.raises(SettingsError, match="--price-in"):
        Budget(money=1)
    with pytest.raises(SettingsError, match="0 or more"):
        Budget(calls=-1)
    for amount in (math.inf, math.nan):
        with pytest.raises(SettingsError, match="finite"):
            Budget(money=amount, price_in=1.0)
        with pytest.raises(SettingsError, match="finite"):
            Budget(price_out=amount)


async def test_the_meter_counts_what_a_model_really_does(chat_server: Any, tmp_path: Path) -> None:
    budget = Budget(calls=3)
    model = chat_server.model()
    model.callbacks = [budget.meter()]
    candidates = ["gender", "age"]
    with RewardCache(tmp_path / "cache") as cache:

        def prior(query: str) -> PaidPrior:
            return PaidPrior(
                ModelPrior(model, query),
                query,
                made_by={"prior": "test"},
                cache=cache,
                budget=budget,
                cost=Cost(calls=1),
            )

        chat_server.script("malformed")
        first = await prior("Quit?")(SETS[0], candidates)
        assert list(first) == candidates
        assert first["age"] > first["gender"]
        assert await prior("Quit?")(SETS[0], candidates) == first
        assert chat_server.counts()["prior"] == 2, "one, and its repair"
        assert (budget.spent.calls, budget.spent.tokens_in) == (2, 2), "the server's own figures"
        await prior("Stay?")(SETS[0], candidates)
        with pytest.raises(BudgetError):
            await prior("Go?")(SETS[0], candidates)
    assert chat_server.counts()["prior"] == 3
