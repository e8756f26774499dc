"""Guards what planners do with bad input: rewards, priors, settings and problems that cannot be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from set_reward import ALL, ENUMERATIONS, NAMES, SetReward, rng

from raise_penguin.penguin.errors import SettingsError
from raise_penguin.policies.plan import Earlier, Plan, Problem
from raise_penguin.policies.planners import MCTSPlanner, SurrogatePlanner, planner_named
from raise_penguin.policies.prior import PriorError
from raise_penguin.policies.scoring import RewardError


@pytest.mark.parametrize("planner", ALL)
async def test_odd_rewards(planner: str) -> None:
    async def nan(known: frozenset[str], *, trial: int = 0) -> float:
        return math.nan

    async def constant(known: frozenset[str], *, trial: int = 0) -> float:
        return 3.0

    async def nothing(known: frozenset[str], *, trial: int = 0) -> None:
        return None

    async def broken(known: frozenset[str], *, trial: int = 0) -> float:
        raise ConnectionError("down")

    async def refuses(known: frozenset[str], *, trial: int = 0) -> float:
        raise RewardError("no reply could be scored")

    problem = Problem(attributes=("a", "b", "c"), depth=2, evaluations=20, in_flight=3)

    async def run(reward: object) -> Plan:
        return await planner_named(planner).plan(reward, problem, rng=rng())  # pyright: ignore[reportArgumentType]

    with pytest.raises(RewardError, match="is nan, not a finite number"):
        await run(nan)
    with pytest.raises(RewardError, match="is None, not a finite number"):
        await run(nothing)
    with pytest.raises(ConnectionError):
        await run(broken)
    with pytest.raises(RewardError, match=r"none of .* could be scored"):
        await run(refuses)
    assert (await run(constant)).values == pytest.approx((3.0, 3.0, 3.0))


@pytest.mark.parametrize("planner", ["surrogate", "mcts", "greedy", "exhaustive"])
async def test_half_the_evaluations_may_fail(planner: str) -> None:
    shares: list[float] = []
    for seed in range(8):
        reward = SetReward(seed, fails=0.5)
        problem = Problem(attributes=NAMES, depth=3, evaluations=100)
        found = await planner_named(planner).plan(reward, problem, rng=rng(seed))
        leaves = [reward.value(frozenset(chosen)) for chosen in combinations(NAMES, 3)]
        reached = reward.value(frozenset(found.path))
        mean = float(np.mean(leaves))
        shares.append((reached - mean) / (max(leaves) - mean))
    assert np.mean(shares) > 0.7


async def test_a_set_that_failed_is_tried_again_before_others_are_repeated() -> None:
    async def fails_first(known: frozenset[str], *, trial: int = 0) -> float:
        if trial == 0:
            raise RewardError("busy")
        return 1.0 + len(known)

    problem = Problem(attributes=tuple("abcd"), depth=2, evaluations=22)
    for planner in ENUMERATIONS:
        found = await planner_named(planner).plan(fails_first, problem, rng=rng())
        assert len(found.scores) == 11, planner
        assert found.values == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("chances", "told"),
    [
        ({}, "no chance of a"),
        ({"a": math.nan, "b": 0.5, "c": 0.5}, "at least 0 and sum to 1"),
        ({"a": 0.0, "b": 0.0, "c": 0.0}, "at least 0 and sum to 1"),
        ({"a": 2.0, "b": -1.0, "c": 0.0}, "at least 0 and sum to 1"),
    ],
)
@pytest.mark.parametrize("planner", ["surrogate", "mcts", "mcts-earned", "greedy"])
async def test_a_prior_that_gives_no_chances_is_named(
    planner: str, chances: dict[str, float], told: str
) -> None:
    async def prior(known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        return chances

    problem = Problem(attributes=tuple("abc"), depth=2, evaluations=9)
    with pytest.raises(PriorError, match=told):
        await planner_named(planner).plan(SetReward(0), problem, rng=rng(), prior=prior)


def test_settings_of_planners_are_checked() -> None:
    wrong: list[tuple[type, str, object]] = [
        (MCTSPlanner, "exploration", -1.0),
        (MCTSPlanner, "exploration", math.inf),
        (MCTSPlanner, "epsilon", math.nan),
        (MCTSPlanner, "epsilon", 2.0),
        (MCTSPlanner, "mixing", -0.1),
        (MCTSPlanner, "trust", "some"),
        (MCTSPlanner, "bonus", "ucb"),
        (MCTSPlanner, "extraction", "best"),
        (SurrogatePlanner, "samples", 0),
        (SurrogatePlanner, "growth", 0.5),
        (SurrogatePlanner, "growth", math.nan),
    ]
    for planner, name, value in wrong:
        with pytest.raises(SettingsError, match=name):
            planner(**{name: value})


def test_a_problem_is_checked() -> None:
    with pytest.raises(SettingsError, match="costs name 'z'; attributes are: a, b"):
        Problem(attributes=NAMES[:2], depth=1, evaluations=1, costs={"z": 1.0})
    for cost in (math.nan, math.inf, -1.0):
        with pytest.raises(SettingsError, match="the cost of a is"):
            Problem(attributes=NAMES, depth=1, evaluations=1, costs={"a": cost})
    with pytest.raises(SettingsError, match="finite"):
        Earlier({frozenset("a"): math.nan})
    with pytest.raises(SettingsError, match="finite"):
        Earlier({}, similarity=math.inf)
    with pytest.raises(SettingsError, match="in_flight 0"):
        Problem(attributes=NAMES, depth=1, evaluations=1, in_flight=0)
    with pytest.raises(SettingsError, match="3 chances"):
        Problem(attributes=NAMES, depth=2, evaluations=1, stop_chances=(0.5, 0.5))
    cut = Problem(attributes=("a",), depth=3, evaluations=1, stop_chances=(0.1, 0.2, 0.3, 0.4))
    assert cut.depth == 1
    assert cut.stop_chances == pytest.approx((0.1, 0.9))


def test_an_unknown_planner_is_named() -> None:
    with pytest.raises(SettingsError, match="magic"):
        planner_named("magic")


async def test_too_many_sets_are_refused_before_anything_is_paid() -> None:
    reward = SetReward(0)
    problem = Problem(attributes=tuple(map(str, range(40))), depth=5, evaluations=50)
    with pytest.raises(SettingsError, match="760099 sets"):
        await planner_named("surrogate").plan(reward, problem, rng=rng())
    assert reward.paid == []
