"""Guards the order of planners on the synthetic benchmark: the default above the paper's search."""

from __future__ import annotations

import math

import numpy as np
import pytest

from raise_penguin.evals.benchmarks.arms import Arm, Table, shares
from raise_penguin.evals.benchmarks.planning import (
    GUIDED,
    PRIORS,
    markdown,
    needed,
    savings,
    tables,
)
from raise_penguin.evals.benchmarks.rewards import GainPrior, Synergies, space
from raise_penguin.evals.benchmarks.table_runs import measure

ARMS = (
    Arm("random", "random"),
    Arm("mcts", "mcts"),
    Arm("surrogate", "surrogate"),
    Arm("with earlier plans", "surrogate", earlier=True),
)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["synergies", "trees"])
@pytest.mark.parametrize(("noise", "budget"), [(0.0, 30), (0.08, 60)])
def test_the_default_is_above_the_papers_search(form: str, noise: float, budget: int) -> None:
    table = Table("small", form, 3, noise, (budget,), ARMS)
    rows = [shares(table, seed) for seed in range(24)]
    mean = {arm.label: float(np.mean([row[arm.label, budget] for row in rows])) for arm in ARMS}
    assert mean["surrogate"] > mean["mcts"] > mean["random"]
    assert mean["with earlier plans"] > mean["mcts"]


def test_shares_run_from_a_random_set_to_the_best_one() -> None:
    arms = (Arm("oracle", "oracle"), Arm("random", "random"), Arm("exhaustive", "exhaustive"))
    found = [shares(Table("t", "trees", 2, 0.0, (30, 80), arms), seed) for seed in range(30)]
    assert all(row["oracle", 80] == 1 for row in found)
    assert all(("oracle", 30) not in row for row in found), "56 sets are more than 30 evaluations"
    assert abs(np.mean([row["random", 30] for row in found])) < 0.35
    assert found[0] == shares(Table("t", "trees", 2, 0.0, (30, 80), arms), 0)


@pytest.mark.slow
def test_processes_give_the_same_table() -> None:
    table = tables(quick=True)[0]
    found = next(measure([table], 2, processes=2))
    assert all(found[key][1] == value for key, value in shares(table, 1).items())
    assert "| surrogate |" in markdown(table, found)


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.title)
def test_every_row_has_as_many_cells_as_the_header(table: Table) -> None:
    found = {
        (arm.label, one): np.array([0.5, 0.75])
        for arm in table.arms
        for one in arm.at(table.budgets)
        if not (arm.planner == "exhaustive" and table.depth == 5)
    }
    lines = markdown(table, found).splitlines()[2:]
    assert {line.count("|") for line in lines} == {len(table.budgets) + 2}
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]]
    measured = {label for label, _ in found}
    assert names == [arm.label for arm in table.arms if arm.label in measured]


def test_evaluations_needed_are_read_off_a_curve() -> None:
    curve, budgets = np.array([0.2, 0.4, 0.9, 0.8]), (0, 10, 20, 40)
    assert needed(curve, budgets, 0.1) == 0
    assert needed(curve, budgets, 0.4) == 10
    assert needed(curve, budgets, 0.65) == pytest.approx(15)
    assert needed(curve, budgets, 0.95) == math.inf


def test_savings_are_ratios_to_the_search_without_a_prior() -> None:
    curve = {0: 0.0, 5: 0.05, 10: 0.1, 20: 0.2, 40: 0.4, 80: 0.5, 160: 0.6, 320: 0.7}
    ahead = dict(zip(GUIDED, [*list(curve.values())[2:], 0.8, 0.9], strict=True))
    found = {
        (arm.label, one): np.full(3, value - 0.3 * ("misleading" in arm.label))
        for arm in PRIORS
        for one, value in (curve if arm.prior in ("none", "misleading") else ahead).items()
    }
    head, _, *rows = savings(found, (80, 160)).splitlines()
    assert head.count("|") == 4
    told = {row.split(" | ")[0].removeprefix("| "): row for row in rows}
    assert "| 0.25 (0.25 to 0.25) | 0.25 (0.25 to 0.25) |" in told["mcts, good prior"]
    assert "| over 4 (over 4 to over 4) | over 2 " in told["mcts, misleading prior"]


async def test_the_good_prior_ranks_by_what_is_added_to_what_is_known() -> None:
    sets, rng = space(3), np.random.default_rng(4)
    values = Synergies.of(sets, rng).draw(rng)
    orders: set[tuple[str, ...]] = set()
    for known in (frozenset[str](), frozenset({"age"}), frozenset({"age", "gender"})):
        left = [name for name in sets.names if name not in known]
        gains = {name: values[sets.row[known | {name}]] for name in left}
        chances = await GainPrior(sets, values)(known, left)
        assert sorted(left, key=chances.__getitem__) == sorted(left, key=gains.__getitem__)
        assert sum(chances.values()) == pytest.approx(1)
        reverse = await GainPrior(sets, values, misleading=True)(known, left)
        assert max(reverse, key=reverse.__getitem__) == min(gains, key=gains.__getitem__)
        orders.add(tuple(sorted(left, key=lambda name: -chances[name])[:2]))
    assert len(orders) > 1, "synergies change the order"
