"""Guards the planners: within budget, nothing twice, the same from a seed, and good."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raise_penguin.penguin.errors import SettingsError
from raise_penguin.policies.plan import Plan, Problem, Reward
from raise_penguin.policies.planners import ExhaustivePlanner, MCTSPlanner, planner_named
from raise_penguin.policies.prior import RankedPrior, rank_probabilities
from raise_penguin.policies.scoring import RewardError

NAMES = tuple("abcdefgh")


class SetReward:
    """Additive with pairwise synergies and diminishing returns; counts what is paid for."""

    def __init__(self, seed: int, names: tuple[str, ...] = NAMES) -> None:
        rng = np.random.default_rng(seed)
        self.gains = dict(zip(names, rng.uniform(0, 1, len(names)), strict=True))
        self.pairs = {frozenset(pair): rng.normal(0, 0.15) for pair in combinations(names, 2)}
        self.paid: list[frozenset[str]] = []

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        self.paid.append(known)
        return self.value(known)

    def value(self, known: frozenset[str], *, trial: int = 0) -> float:
        gain = sum(self.gains[name] for name in known)
        gain += sum(value for pair, value in self.pairs.items() if pair <= known)
        return 1 + 4 * (1 - math.exp(-max(0.0, gain) / 2))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 8),
    depth=st.integers(1, 10),
    evaluations=st.integers(12, 120),
    planner=st.sampled_from(["mcts", "exhaustive"]),
)
async def test_promises_hold(
    seed: int, count: int, depth: int, evaluations: int, planner: str
) -> None:
    names = NAMES[:count]
    reward = SetReward(seed, names)

    async def plan() -> Plan:
        return await planner_named(planner).plan(
            reward,
            Problem(attributes=names, depth=depth, evaluations=evaluations),
            rng=rng(seed),
        )

    if planner == "exhaustive":
        needed = sum(math.comb(count, size) for size in range(min(depth, count) + 1))
        if needed > evaluations:
            with pytest.raises(SettingsError, match=str(needed)):
                await plan()
            assert reward.paid == []
            return
    found = await plan()
    assert len(found.path) == len(set(found.path)) == min(depth, count)
    assert len(reward.paid) == len(set(reward.paid)) == found.evaluations <= evaluations
    prefixes = [frozenset(found.path[:length]) for length in range(len(found.path) + 1)]
    assert found.values == tuple(reward.value(known) for known in prefixes)
    assert await plan() == found


@pytest.mark.parametrize("planner", [MCTSPlanner(), ExhaustivePlanner()])
async def test_odd_rewards(planner: MCTSPlanner | ExhaustivePlanner) -> None:
    async def nan(known: frozenset[str], *, trial: int = 0) -> float:
        return math.nan

    async def constant(known: frozenset[str], *, trial: int = 0) -> float:
        return 3.0

    async def broken(known: frozenset[str], *, trial: int = 0) -> float:
        raise ConnectionError("down")

    async def run(reward: Reward) -> Plan:
        return await planner.plan(
            reward, Problem(attributes=("a", "b", "c"), depth=2, evaluations=20), rng=rng()
        )

    with pytest.raises(RewardError, match="nan"):
        await run(nan)
    with pytest.raises(ConnectionError):
        await run(broken)
    assert (await run(constant)).values == (3.0, 3.0, 3.0)


async def test_exhaustive_finds_the_best_order() -> None:
    reward = SetReward(5, NAMES[:5])
    found = await ExhaustivePlanner().plan(
        reward, Problem(attributes=NAMES[:5], depth=3, evaluations=100), rng=rng()
    )
    best = max(reward.value(frozenset(chosen)) for chosen in combinations(NAMES[:5], 1))
    assert (
        found.values[-1]
        == max(reward.value(frozenset(chosen)) for chosen in combinations(NAMES[:5], 3))
        or found.values[1] == best
    )


async def share_of_the_way(planner: MCTSPlanner, prior_helps: bool, evaluations: int) -> float:
    """From a random set of four to the best one, over rewards."""
    shares: list[float] = []
    for seed in range(30):
        reward = SetReward(seed)
        leaves = [reward.value(frozenset(chosen)) for chosen in combinations(NAMES, 4)]
        ranking = sorted(NAMES, key=lambda name: -reward.gains[name])
        found = await planner.plan(
            reward,
            Problem(attributes=NAMES, depth=4, evaluations=evaluations),
            rng=rng(seed),
            prior=RankedPrior(ranking if prior_helps else ranking[::-1]),
        )
        mean = float(np.mean(leaves))
        shares.append((found.values[-1] - mean) / (max(leaves) - mean))
    return float(np.mean(shares))


async def test_the_search_is_good_and_a_prior_helps() -> None:
    good = await share_of_the_way(MCTSPlanner(), True, 40)
    assert good >= 0.85
    assert good > await share_of_the_way(MCTSPlanner(), False, 40)


def test_ranks_become_probabilities() -> None:
    chances = rank_probabilities(["b", "a"], ["a", "b", "c", "d"])
    assert sum(chances.values()) == pytest.approx(1)
    assert chances["b"] == pytest.approx(2 * chances["a"])
    assert chances["c"] == chances["d"] < chances["a"]


async def test_a_budget_below_the_path_is_refused_before_anything_is_paid() -> None:
    reward = SetReward(0)
    with pytest.raises(SettingsError, match="5 prefixes"):
        await MCTSPlanner().plan(
            reward, Problem(attributes=NAMES, depth=4, evaluations=4), rng=rng()
        )
    assert reward.paid == []
    found = await MCTSPlanner().plan(
        reward, Problem(attributes=NAMES, depth=4, evaluations=5), rng=rng()
    )
    assert found.evaluations == 5


def test_an_unknown_planner_is_named() -> None:
    with pytest.raises(SettingsError, match="magic"):
        planner_named("magic")
