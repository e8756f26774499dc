"""The pictures of docs/planning.md: ``python -m raise_penguin.evals.benchmarks.pictures``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from ...penguin.attributes import attribute
from ...policies.plan import Plan, Planner, Problem, Reward
from ...policies.planners import planner_named
from ...policies.planners.lattice import Floats
from ...policies.prior import RankedPrior
from .planning import NOISE
from .rewards import Synergies, SyntheticReward, space

DEPTH, SEED, EVALUATIONS = 5, 7, 150


class Watched:
    """A reward that notes what was evaluated, in order."""

    def __init__(self, reward: Reward) -> None:
        self._reward = reward
        self.asked: list[frozenset[str]] = []

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """One evaluation."""
        self.asked.append(known)
        return await self._reward(known, trial=trial)


def main(folder: str = "docs/images") -> None:
    """Draw a search (what each planner evaluates) and a plan (what its prefixes are worth)."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sets, rng = space(DEPTH), np.random.default_rng(SEED)
    values: Floats = 1 + 4 * Synergies.of(sets, rng).draw(rng)

    def plan(planner: Planner, chances: tuple[float, ...] = ()) -> tuple[Plan, list[float]]:
        watched = Watched(SyntheticReward(sets, (values - 1) / 4, NOISE, SEED))
        problem = Problem(
            attributes=sets.names, depth=DEPTH, evaluations=EVALUATIONS, stop_chances=chances
        )
        made = planner.plan(watched, problem, rng=np.random.default_rng(SEED), prior=RankedPrior())
        found = asyncio.run(made)
        return found, [float(values[sets.row[known]]) for known in watched.asked]

    best = float(values[sets.levels[-1]].max())
    figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
    for axis, name in zip(axes, ("mcts", "surrogate"), strict=True):
        _, asked = plan(planner_named(name))
        axis.plot(asked, ".", markersize=4)
        axis.axhline(best, color="grey", linewidth=0.8)
        axis.set(
            title=name, xlabel="evaluation", ylim=(values[sets.levels[-1]].min() - 0.1, best + 0.1)
        )
    axes[0].set_ylabel("true score of the set evaluated")
    figure.savefig(Path(folder) / "search.png", dpi=80)

    found, _ = plan(planner_named(), (1 / (DEPTH + 1),) * (DEPTH + 1))
    true = [float(values[sets.row[frozenset(found.path[:size])]]) for size in range(DEPTH + 1)]
    figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
    axis.errorbar(range(DEPTH + 1), found.values, found.errors, capsize=3, label="the plan says")
    axis.plot(true, "x", color="black", label="true")
    labels = ["nothing", *(f"+ {attribute(name).label.lower()}" for name in found.path)]
    axis.set_xticks(range(DEPTH + 1), labels, rotation=15)
    axis.set_ylabel("expected score")
    axis.legend(frameon=False)
    figure.savefig(Path(folder) / "plan.png", dpi=80)


if __name__ == "__main__":
    main()
