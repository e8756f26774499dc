"""How much of the best choice a planner finds: synthetic rewards, exact and noisy.

``python -m raise_penguin.evals.benchmarks.planning`` prints the tables of docs/planning.md. A
figure is the share of the way from a random set of k attributes to the best one, the chosen set
taken without noise; the mean over seeds with the half width of its 95 % bootstrap interval.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Literal

import numpy as np

from ...penguin.errors import SettingsError
from ...policies.plan import Earlier, Planner, Prior, Problem
from ...policies.planners import MCTSPlanner, planner_named
from ...policies.planners.lattice import Floats, Lattice
from ...policies.prior import RankedPrior, uniform_prior
from .rewards import FORMS, space

NOISE = 0.08
"""Standard deviation of one evaluation on the 0..1 range of the rewards, as of a judge."""
EARLIER_PLANS, EARLIER_SETS = 100, 60


@dataclass(frozen=True)
class Arm:
    """One row of a table: a planner and what it is given."""

    label: str
    planner: str
    prior: Literal["static", "none", "good", "misleading"] = "static"
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


PEERS = (
    Arm("random", "random", budgets=(50,)),
    Arm("static", "static", budgets=(50,)),
    Arm("greedy", "greedy"),
    Arm("exhaustive", "exhaustive", budgets=(300,)),
    Arm("mcts (the paper's)", "mcts"),
    Arm("mcts, scores reused", "mcts-reuse", budgets=(50, 150, 300)),
    Arm("surrogate", "surrogate"),
    Arm("surrogate, 8 in flight", "surrogate", in_flight=8, budgets=(50, 150)),
    Arm("surrogate, 100 earlier plans", "surrogate", earlier=True, budgets=(10, 40, 120)),
)
PRIORS = tuple(
    Arm(f"{planner}, {prior} prior", planner, prior, budgets=budgets)
    for planner, budgets in (("mcts", ()), ("surrogate", (20, 80)))
    for prior in ("none", "good", "misleading")
)


def tables(*, quick: bool = False) -> list[Table]:
    """All tables, or with ``quick`` two small ones."""
    exact, noisy = (10, 20, 40, 50, 300), (10, 20, 40, 50, 120, 150, 300)
    if quick:
        return [
            Table(_title("synergies", 3, noise), "synergies", 3, noise, (20, 50), PEERS)
            for noise in (0.0, NOISE)
        ]
    found = [
        Table(_title(form, depth, noise), form, depth, noise, noisy if noise else exact, PEERS)
        for form in FORMS
        for depth in (3, 5)
        for noise in (0.0, NOISE)
    ]
    for noise in (0.0, NOISE):
        title = f"Priors: {_title('synergies', 5, noise)}"
        found.append(Table(title, "synergies", 5, noise, (20, 40, 80, 160, 320), PRIORS))
    return found


def _title(form: str, depth: int, noise: float) -> str:
    return f"{form}, k = {depth}, {f'noise {noise}' if noise else 'exact'}"


class SyntheticReward:
    """The reward of a message, with noise that belongs to the set and the trial."""

    def __init__(self, known: Lattice, values: Floats, noise: float, seed: int) -> None:
        self._space, self._values, self._noise, self._seed = known, values, noise, seed

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """A score from 1 to 5, and beyond where noise takes it."""
        row = self._space.row[known]
        value = self._values[row]
        if self._noise:
            value += self._noise * np.random.default_rng([self._seed, row, trial]).normal()
        return 1 + 4 * float(value)


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
                        prior=_prior(arm.prior, sets, values),
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
    return MCTSPlanner(reuse=True) if name == "mcts-reuse" else planner_named(name)


def _prior(kind: str, sets: Lattice, values: Floats) -> Prior:
    """The paper's static ranking, none, or the one by true single worth, forward or reversed."""
    if kind == "none":
        return uniform_prior
    if kind == "static":
        return RankedPrior()
    alone = {next(iter(sets.sets[row])): values[row] for row in range(*sets.levels[1].indices(11))}
    ranking = sorted(alone, key=lambda name: -alone[name])
    return RankedPrior(ranking if kind == "good" else ranking[::-1])


def _earlier(sets: Lattice, values: Floats, noise: float, rng: np.random.Generator) -> Earlier:
    """What an earlier search of a related message left: three quarters of it complete sets."""
    leaves, rest = sets.levels[-1], sets.levels[-1].start
    complete = leaves.start + rng.permutation(len(sets.sets) - rest)[: EARLIER_SETS * 3 // 4]
    rows = [*complete, *rng.permutation(rest)[: EARLIER_SETS // 4]]
    scores = 1 + 4 * (values[rows] + noise * rng.standard_normal(len(rows)))
    return Earlier({sets.sets[row]: float(score) for row, score in zip(rows, scores, strict=True)})


def measure(
    wanted: Sequence[Table], seeds: int, *, processes: int | None = None
) -> list[dict[tuple[str, int], Floats]]:
    """The shares of each table over seeds, computed by several processes."""
    # a process for each core, so that the linear algebra of each needs one thread
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    jobs = [(table, seed) for table in wanted for seed in range(seeds)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(shares, *zip(*jobs, strict=True), chunksize=5))
    return [
        {key: np.array([row[key] for row in rows[place : place + seeds]]) for key in rows[place]}
        for place in range(0, len(rows), seeds)
    ]


def half_width(values: Floats, *, draws: int = 2_000) -> float:
    """Half the width of the 95 % bootstrap interval of a mean."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(high - low) / 2


def markdown(table: Table, found: Mapping[tuple[str, int], Floats]) -> str:
    """A table as Markdown; a dash where a planner cannot start with so few evaluations."""
    lines = [f"### {table.title}", ""]
    lines.append(f"| planner | {' | '.join(map(str, table.budgets))} |")
    lines.append("| --- " * (len(table.budgets) + 1) + "|")
    for arm in table.arms:
        cells = [
            f"{found[arm.label, one].mean():.3f} ± {half_width(found[arm.label, one]):.3f}"
            if (arm.label, one) in found
            else "-"
            for one in table.budgets
        ]
        lines.append(f"| {arm.label} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(seeds: int = 150, *, quick: bool = False) -> None:
    """Share of the way from a random set to the best one, by planner and evaluations.

    Args:
        seeds: Messages a table.
        quick: Two small tables over 12 messages at most.
    """
    start, seeds = time.monotonic(), min(seeds, 12) if quick else seeds
    for table in tables(quick=quick):
        sys.stdout.write(markdown(table, measure([table], seeds)[0]) + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"{seeds} seeds, {time.monotonic() - start:.0f} s\n")


if __name__ == "__main__":
    import typer

    typer.run(main)
