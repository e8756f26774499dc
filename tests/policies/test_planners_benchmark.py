"""Guards the order of planners on the synthetic benchmark: the default above the paper's search."""

from __future__ import annotations

import numpy as np
import pytest

from raise_penguin.evals.benchmarks.arms import Arm, Table, measure, shares
from raise_penguin.evals.benchmarks.planning import markdown, tables

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
