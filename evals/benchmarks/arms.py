"""Planners measured on synthetic rewards: what an arm is given, and how far it gets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...penguin.errors import SettingsError
from ...policies.plan import Earlier, Planner, Prior, Problem
from ...policies.planners import MCTSPlanner, planner_named
from ...policies.planners.lattice import Floats, Lattice
from ...policies.prior import RankedPrior, uniform_prior
from .rewards import FORMS, GainPrior, SyntheticReward, space

EARLIER_PLANS, EARLIER_SETS = 100, 60


@dataclass(frozen=True)
class Arm:
    """One row of a table: a planner and what it is given."""

    label: str
    planner: str
    prior: Literal["static", "none", "good", "kind", "misleading"] = "static"
    """The paper's static ranking; the same chance for all; by the true gain of each next attribute,
    asked at each node; by its gain for another message of the kind; the true one reversed."""
    earlier: bool = False
    in_flight: int = 1
    budgets: tuple[int, ...] = ()
    """Only at these; at all of the table's when empty."""

    def at(self, budgets: tuple[int, ...]) -> tuple[int, ...]:
        """Those of a table's budgets at which the arm is measured."""
        return tuple(one for one in budgets if not self.budgets or one in self.budgets)


@dataclass(frozen=True)
class Table:
    """Planners compared under the same circumstances."""

    title: str
    form: str
    depth: int
    noise: float
    budgets: tuple[int, ...]
    arms: tuple[Arm, ...]


def shares(table: Table, seed: int) -> dict[tuple[str, int], float]:
    """The share of the way of each arm of a table at each budget, for one message."""
    sets = space(table.depth)
    rng = np.random.default_rng([seed, table.depth])
    family = FORMS[table.form].of(sets, rng)
    values = family.draw(rng)
    reward = SyntheticReward(sets, values, table.noise, seed)
    leaves = values[sets.levels[-1]]
    earlier: tuple[Earlier, ...] = ()
    if any(arm.earlier for arm in table.arms):
        earlier = tuple(
            _earlier(sets, family.draw(rng), table.noise, rng) for _ in range(EARLIER_PLANS)
        )
    another = family.draw(np.random.default_rng([seed, table.depth, 1]))
    priors: dict[str, Prior] = {
        "none": uniform_prior,
        "static": RankedPrior(),
        "good": GainPrior(sets, values),
        "kind": GainPrior(sets, another),
        "misleading": GainPrior(sets, values, misleading=True),
    }
    found: dict[tuple[str, int], float] = {}
    for arm in table.arms:
        for budget in arm.at(table.budgets):
            problem = Problem(
                attributes=sets.names,
                depth=table.depth,
                evaluations=budget,
                earlier=earlier if arm.earlier else (),
                in_flight=arm.in_flight,
            )
            try:
                plan = asyncio.run(
                    _planner(arm.planner).plan(
                        reward,
                        problem,
                        rng=np.random.default_rng([seed, budget]),
                        prior=priors[arm.prior],
                    )
                )
            except SettingsError:  # the exhaustive planner cannot start with so few
                continue
            reached = values[sets.row[frozenset(plan.path)]]
            found[arm.label, budget] = float(
                (reached - leaves.mean()) / (leaves.max() - leaves.mean())
            )
    return found


def _planner(name: str) -> Planner:
    variants = {"mcts-reuse": MCTSPlanner(reuse=True), "mcts-mixing": MCTSPlanner(mixing=0.5)}
    return variants[name] if name in variants else planner_named(name)


def _earlier(sets: Lattice, values: Floats, noise: float, rng: np.random.Generator) -> Earlier:
    """What an earlier search of a related message left: three quarters of it complete sets."""
    leaves, rest = sets.levels[-1], sets.levels[-1].start
    complete = leaves.start + rng.permutation(len(sets.sets) - rest)[: EARLIER_SETS * 3 // 4]
    rows = [*complete, *rng.permutation(rest)[: EARLIER_SETS // 4]]
    scores = 1 + 4 * (values[rows] + noise * rng.standard_normal(len(rows)))
    return Earlier({sets.sets[row]: float(score) for row, score in zip(rows, scores, strict=True)})
