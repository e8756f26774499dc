"""Guards how far the tree search follows a prior: all the way, or as far as scores bear it out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raise_penguin.policies.plan import Plan, Prior, Problem
from raise_penguin.policies.planners import MCTSPlanner, planner_named
from raise_penguin.policies.planners.guidance import Evidence, Guidance, Trusting
from raise_penguin.policies.prior import RankedPrior, uniform_prior

NAMES = tuple("abcdefgh")
WORTH = dict(zip(NAMES, (0.1, 0.6, 0.0, 0.9, 0.3, 0.8, 0.2, 0.4), strict=True))
BEST_FIRST = sorted(NAMES, key=WORTH.__getitem__, reverse=True)
GOOD, MISLEADING = RankedPrior(BEST_FIRST), RankedPrior(BEST_FIRST[::-1])


class Reward:
    """Each attribute is worth something of its own; noise belongs to the set and the trial."""

    def __init__(self, noise: float) -> None:
        self._noise = noise

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        chance = np.random.default_rng([trial, *sorted(map(ord, known))])
        return 1 + math.fsum(WORTH[name] for name in known) + self._noise * chance.normal()


async def search(
    prior: Prior, trust: Trusting, *, evaluations: int, seed: int = 0, noise: float = 0.3
) -> Plan:
    problem = Problem(attributes=NAMES, depth=4, evaluations=evaluations, in_flight=2)
    planner = MCTSPlanner(trust=trust)
    rng = np.random.default_rng(seed)
    return await planner.plan(Reward(noise), problem, rng=rng, prior=prior)


async def found(prior: Prior, trust: Trusting, evaluations: int) -> float:
    """Mean worth of the sets that ten searches choose."""
    plans = [await search(prior, trust, evaluations=evaluations, seed=seed) for seed in range(10)]
    return float(np.mean([math.fsum(WORTH[name] for name in plan.path) for plan in plans]))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 999),
    evaluations=st.integers(0, 80),
    prior=st.sampled_from([GOOD, MISLEADING, uniform_prior]),
    favour=st.floats(-1, 1),
)
async def test_at_its_default_the_search_does_not_listen_to_the_evidence(
    seed: int, evaluations: int, prior: Prior, favour: float
) -> None:
    expected = await search(prior, "full", evaluations=evaluations, seed=seed)
    problem = Problem(attributes=NAMES, depth=4, evaluations=evaluations, in_flight=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evidence, "favour", favour)
        plan = await MCTSPlanner().plan(
            Reward(0.3), problem, rng=np.random.default_rng(seed), prior=prior
        )
    assert plan == expected


async def test_at_its_default_plans_are_those_of_the_search_without_the_parameter() -> None:
    """The paths were written down before the parameter was there."""
    paths = [(await search(MISLEADING, "full", evaluations=40, seed=one)).path for one in range(6)]
    assert ["".join(path) for path in paths] == ["beca", "fcae", "face", "fagc", "bgac", "feca"]


@given(
    seen=st.lists(st.tuples(st.floats(-5, 5), st.floats(1, 5)), min_size=0, max_size=30),
    times=st.integers(2, 4),
)
def test_favour_goes_with_the_correlation_and_grows_with_the_evidence(
    seen: list[tuple[float, float]], times: int
) -> None:
    once, often = Evidence(), Evidence()
    for lean, score in seen:
        once.see(lean, score)
    for lean, score in seen * times:
        often.see(lean, score)
    assert -1 <= once.favour <= 1
    if len(seen) < 4:
        assert once.favour == 0
        return
    leans, scores = np.array(seen).T
    if leans.std() < 1e-6 or scores.std() < 1e-6:
        return
    correlation = float(np.corrcoef(leans, scores)[0, 1])
    if abs(correlation) > 1e-6:
        assert math.copysign(1, once.favour) == math.copysign(1, correlation)
        assert abs(often.favour) >= abs(once.favour)


@pytest.mark.parametrize(("score", "weight"), [(1.0, 1.0), (-1.0, 0.0)])
async def test_a_prior_counts_once_scores_speak_for_it(score: float, weight: float) -> None:
    guidance = Guidance(GOOD, NAMES, mixing=0.2, trust="earned")
    assert guidance.weight == 0
    assert guidance.borne_out, "where nothing is known the prior may decide"
    rng = np.random.default_rng(0)
    for _ in range(40):
        path = tuple(rng.permutation(NAMES)[:3])
        lean = await guidance.lean(path)
        guidance.see(lean, score * lean + 0.1 * rng.normal())
    assert guidance.weight == pytest.approx(0.8 * weight)
    assert guidance.borne_out == (weight > 0)


async def test_lean_is_how_much_rather_than_chance_the_prior_would_go_there() -> None:
    async def rules_out(known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        del known
        return {name: float(name == candidates[0]) for name in candidates}

    told = Guidance(rules_out, NAMES, mixing=0.0, trust="earned")
    assert await told.lean("ab") == pytest.approx(math.log(9 / 2) + math.log(8 / 2))
    assert await told.lean("h") == pytest.approx(math.log(1 / 2))
    assert await Guidance(uniform_prior, NAMES, mixing=0.0, trust="earned").lean("abc") == 0


async def test_an_earned_prior_helps_where_it_is_right_and_is_survived_where_it_is_not() -> None:
    plain = await found(uniform_prior, "full", 40)
    assert await found(MISLEADING, "full", 40) < plain - 0.5
    assert await found(MISLEADING, "earned", 40) > plain - 0.1
    assert await found(GOOD, "earned", 20) > plain


async def test_the_search_that_earns_its_trust_has_a_name() -> None:
    problem = Problem(attributes=NAMES, depth=4, evaluations=40, in_flight=2)
    plan = await planner_named("mcts-earned").plan(
        Reward(0.3), problem, rng=np.random.default_rng(0), prior=MISLEADING
    )
    earned = await search(MISLEADING, "earned", evaluations=40)
    assert plan.planner == "mcts-earned"
    assert plan.path == earned.path != (await search(MISLEADING, "full", evaluations=40)).path


async def test_a_prior_is_asked_once_for_each_set() -> None:
    asked: list[frozenset[str]] = []

    async def count(known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        asked.append(known)
        return await uniform_prior(known, candidates)

    await search(count, "earned", evaluations=60)
    assert len(asked) == len(set(asked)) > 10
