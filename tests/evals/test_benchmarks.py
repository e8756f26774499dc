"""Guards the benchmarks: held out, deterministic, bounded by their oracles, and drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raise_penguin.evals.benchmarks.cases import Case, HeldOutPolicy, SetScores, cases_of
from raise_penguin.evals.benchmarks.end_to_end import Scored, oracles
from raise_penguin.evals.benchmarks.shortfall import BUDGETS, PRICES, Shortfalls, coverage
from raise_penguin.evals.benchmarks.stopping import Point, draw
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.domains import load_situations
from raise_penguin.penguin.people import planning_people
from raise_penguin.policies.store import PolicyStore, shipped_store_path


async def some_cases(people: int = 2) -> list[Case]:
    cases = await cases_of(("test",), queries=1, people=people)
    return cases[: 2 * people]


async def test_cases_are_of_their_split_and_other_people_than_planning() -> None:
    cases = await cases_of(("test",), queries=1, people=1)
    situations = load_situations()
    assert {situations[case.situation][1].split for case in cases} == {"test"}
    assert len({case.situation for case in cases}) == 35
    planned = {one.id for case in cases for one in planning_people(case.situation, 2, 0)}
    assert not planned & {case.person.id for case in cases}
    assert cases == await cases_of(("test",), queries=1, people=1)


async def test_a_held_out_policy_sees_no_plan_of_the_situation() -> None:
    cases = await some_cases()
    with PolicyStore.open(shipped_store_path()) as store:
        policy = HeldOutPolicy(store)
        for case in cases:
            found = policy.retrieval(case)
            assert len(found.near) <= 5
            assert case.situation not in {one.situation for one in (*found.near, *found.of_domain)}
            assert {one.domain for one in found.of_domain} <= {case.domain}


async def test_knowing_everything_beats_knowing_nothing_and_is_judged_once() -> None:
    cases, scores = await some_cases(), SetScores()
    gains = [await scores(one, load_attributes()) - await scores(one, ()) for one in cases]
    assert float(np.mean(gains)) > 0.3
    assert await scores(cases[0], ("age",)) == await scores(cases[0], ["age"])


async def test_oracles_are_ordered() -> None:
    scored = Scored(await some_cases(people=3))
    rng = np.random.Generator(np.random.PCG64(0))
    scored.values = rng.uniform(1, 5, scored.values.shape)
    means = {name: float(np.mean(values)) for name, values in oracles(scored).items()}
    assert means["oracle, other people"] < means["oracle"] < means["oracle for each person"]


def shortfalls_of(losses: np.ndarray) -> Shortfalls:
    names = tuple(f"s{row}" for row in range(len(losses)))
    whole = np.repeat(losses[:, None, :], len(BUDGETS), axis=1)
    return Shortfalls(names, whole, np.ones_like(whole))


def test_the_guarantee_holds_on_random_splits() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    risks = np.linspace(0.01, 0.3, len(PRICES))
    found = shortfalls_of((rng.random((200, len(PRICES))) < risks).astype(float))
    check = coverage(found, 3, alpha=0.12, confidence=0.9, draws=100)
    assert check.in_the_population >= 0.9
    assert check.refused < 20
    made = found.calibrate(3, alpha=0.12, confidence=0.9)
    assert made.upper <= 0.12
    assert 0 < made.price < PRICES[-1]


def test_a_check_that_claims_too_much_is_seen() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    found = shortfalls_of(rng.choice([0.0, 0.25], (200, len(PRICES))))
    assert coverage(found, 3, alpha=0.12, confidence=0.9, draws=50).refused == 50


def test_the_picture_is_written(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    points = [
        Point(curve, f"scale {n}", n, n / 3, 3 + n / 5, 3, 4)
        for curve in ("order: plans", "stopping: completeness")
        for n in range(3)
    ]
    draw(points, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 5_000
