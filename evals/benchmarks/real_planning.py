"""How much of the best choice a planner finds on the real reward: offline writer and judge.

``python -m raise_penguin.evals.benchmarks.real_planning`` prints the tables of docs/planning.md.
Every set of up to k attributes is scored for a pool of people of each held-out situation. A figure
is the share of the way from a random set of k to the best one, both by the whole pool's mean.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
import typer

from ...penguin.errors import SettingsError
from ...penguin.people import generator
from ...policies.plan import Earlier, Problem
from ...policies.planners import planner_named
from ...policies.prior import RankedPrior
from ...policies.store import PolicyStore, shipped_store_path
from ..statistics import Estimate, clustered_mean
from .real_reward import PoolReward, Scored, held_out, planning_query, score_all, workers

BUDGETS = (10, 20, 40, 80, 150, 300)
NEAREST = 5
"""Earlier plans that ``plan run`` starts from."""
EVERY = 1_000_000
"""More earlier plans than any store has."""


@dataclass(frozen=True)
class Arm:
    """One row of a table."""

    label: str
    planner: str
    earlier: int = 0
    """Plans of this many nearest messages are given to it."""
    searches: bool = True
    """Whether its plan depends on the budget."""


ARMS = (
    Arm("random", "random", searches=False),
    Arm("static", "static", searches=False),
    Arm("greedy", "greedy"),
    Arm("mcts (the paper's)", "mcts"),
    Arm("surrogate", "surrogate"),
    Arm(f"surrogate, {NEAREST} earlier plans", "surrogate", earlier=NEAREST),
    Arm("surrogate, all earlier plans", "surrogate", earlier=EVERY),
    Arm("exhaustive", "exhaustive"),
)
ORACLE = "oracle"
PAIRS = (
    ("surrogate", "greedy"),
    ("surrogate", "mcts (the paper's)"),
    (f"surrogate, {NEAREST} earlier plans", "surrogate"),
    ("surrogate, all earlier plans", "surrogate"),
)
"""Arms whose difference is shown, search by search on the same trials."""

Cell = tuple[str, int]
"""Label of an arm, and evaluations."""


@dataclass(frozen=True)
class Case:
    """A situation, and what earlier plans of other situations say."""

    scored: Scored
    earlier: tuple[Earlier, ...]
    """The nearest message first."""


def shares(
    case: Case, batch: int | None, seeds: int, budgets: Sequence[int] = BUDGETS
) -> dict[Cell, list[float]]:
    """The share of the way of each arm at each budget, once for each seed.

    Args:
        case: What is planned.
        batch: People an evaluation; None: the whole pool, so that the reward is exact.
        seeds: Searches; each has other people in its trials.
        budgets: Evaluations, ascending.
    """
    sets, found = case.scored.sets, dict[Cell, list[float]]()

    def share(arm: Arm, evaluations: int, people: int | None, seed: int) -> float:
        problem = Problem(
            attributes=sets.names,
            depth=sets.depth,
            evaluations=evaluations,
            earlier=case.earlier[: arm.earlier],
        )
        plan = asyncio.run(
            planner_named(arm.planner).plan(
                PoolReward(case.scored, people, seed),
                problem,
                rng=generator("search", f"{case.scored.situation}/{evaluations}", seed, 0),
                prior=RankedPrior(),
            )
        )
        return case.scored.share(plan.path)

    for arm in ARMS:
        for budget in budgets if arm.searches else budgets[:1]:
            if arm.planner != "exhaustive" or budget >= len(sets.sets):
                found[arm.label, budget] = [share(arm, budget, batch, one) for one in range(seeds)]
    best = share(Arm(ORACLE, "oracle"), len(sets.sets), None, 0)
    found[ORACLE, budgets[-1]] = [best]
    return found


def earlier_plans(store: PolicyStore, situation: str) -> tuple[Earlier, ...]:
    """What a store's plans of other situations found out, the nearest message first."""
    near = store.nearest(planning_query(situation), len(store.records()))
    return tuple(
        Earlier(one.scores, max(0.0, one.similarity)) for one in near if one.situation != situation
    )


def summarised(
    cases: Sequence[Case], found: Sequence[Mapping[Cell, Sequence[float]]]
) -> dict[Cell, Estimate]:
    """The mean share of each arm at each budget, and of the differences of ``PAIRS``.

    Args:
        cases: The situations; intervals are clustered by them.
        found: ``shares`` of each.
    """
    values: defaultdict[Cell, list[tuple[str, float]]] = defaultdict(list)
    for case, shared in zip(cases, found, strict=True):
        for cell, each in shared.items():
            values[cell] += [(case.scored.situation, one) for one in each]
        for better, worse in PAIRS:
            for budget in (budget for label, budget in shared if label == better):
                pairs = zip(shared[better, budget], shared[worse, budget], strict=True)
                label = f"{better}, less {worse}"
                values[label, budget] += [(case.scored.situation, a - b) for a, b in pairs]
    estimates = {cell: clustered_mean(each) for cell, each in values.items()}
    return {cell: one for cell, one in estimates.items() if one}


def markdown(title: str, found: Mapping[Cell, Estimate]) -> str:
    """A table as Markdown; a dash where nothing was measured."""
    budgets = sorted({budget for _, budget in found})
    lines = [f"### {title}", "", f"| planner | {' | '.join(map(str, budgets))} |"]
    lines.append("| --- " * (len(budgets) + 1) + "|")
    for label in dict.fromkeys(label for label, _ in found):
        cells = [_told(found[label, one]) if (label, one) in found else "-" for one in budgets]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(estimate: Estimate) -> str:
    if estimate.interval is None:
        return f"{estimate.mean:.3f}"
    return f"{estimate.mean:.3f} [{estimate.interval.low:.2f}, {estimate.interval.high:.2f}]"


def main(
    *,
    policy: Path | None,
    situations: int,
    people: int,
    batch: int,
    depth: int,
    seeds: int,
    seed: int,
    cache: Path | None,
    processes: int | None,
) -> None:
    """Print the tables; the options are those of ``raise-penguin eval bench real``."""
    start = time.monotonic()
    if batch >= people:
        raise SettingsError("--batch must be below --people: a trial draws some of the pool")
    with PolicyStore.open(policy or shipped_store_path()) as store:
        names = held_out(situations)
        scored = score_all(names, depth, people, seed=seed, cache=cache, processes=processes)
        typer.echo(f"scored in {time.monotonic() - start:.0f} s", err=True)
        cases = [Case(one, earlier_plans(store, one.situation)) for one in scored]
        plans, by = len(store.records()), store.fingerprint[:12]
    whole, apart = np.mean([one.noise(batch) for one in scored], axis=0)
    typer.echo(
        f"writer: offline  judge: offline; {situations} situations held out, {people} people, "
        f"{seeds} searches each; earlier plans: {plans} ({by})\n"
        f"way: {np.mean([one.way for one in scored]):.3f} points; noise of {batch} people: "
        f"{whole:.3f} points, {apart:.3f} without what all sets have in common\n"
        f"single attributes explain {np.mean([one.additive for one in scored]):.1%} of the "
        f"variance of sets of {depth}\n"
    )
    with workers(processes) as pool:
        for title, of_pool in (("exact", None), (f"noisy, {batch} people an evaluation", batch)):
            found = list(pool.map(shares, cases, repeat(of_pool), repeat(seeds)))
            typer.echo(
                markdown(f"offline reward, k = {depth}, {title}", summarised(cases, found)) + "\n"
            )
    typer.echo(f"{time.monotonic() - start:.0f} s", err=True)


if __name__ == "__main__":
    from ..bench_command import bench

    bench(["real", *sys.argv[1:]])
