"""Evaluating every set: exact where rewards are exact, and affordable for few attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...penguin.errors import SettingsError
from ..plan import Plan, Prior, Problem, Reward
from ..scoring import MIDDLE, Ledger
from .lattice import TIE, Floats, Lattice, lattice

TRIES = 3
"""Rounds in which a set whose evaluations failed so far is evaluated."""


@dataclass(frozen=True, kw_only=True)
class ExhaustivePlanner:
    """Evaluates all sets up to the depth, then the contenders again, and takes the best path.

    A set whose evaluation failed is tried again before any other is repeated. What is left after
    that is spread by sequential halving: each further round repeats the sets on the better half of
    the paths, so that a lucky score is found out.
    """

    name: str = "exhaustive"
    repeats: bool = True
    """Whether contenders are evaluated again; an exact reward needs no repeats."""

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Enumerate; see ``Planner.plan``.

        Raises:
            SettingsError: There are more sets than evaluations.
        """
        del rng, prior
        space = lattice(problem.attributes, problem.depth)
        if len(space.sets) > problem.evaluations:
            raise SettingsError(
                f"there are {len(space.sets)} sets of up to {problem.depth} of "
                f"{len(problem.attributes)} attributes and only {problem.evaluations} evaluations: "
                f"allow more, lower the depth, or use planner 'surrogate' or 'mcts'"
            )
        ledger = Ledger(reward, problem)
        for _ in range(TRIES):
            await ledger.evaluate(known for known in space.sets if known not in ledger.results)
        if self.repeats:
            await _halve(ledger, space, problem)
        return ledger.plan(space.best_path(_means(ledger, space), problem), self.name)


async def _halve(ledger: Ledger, space: Lattice, problem: Problem) -> None:
    """Spend what is left on the best half of the paths, then on a quarter of them, and so on."""
    contenders = len(space.sets[space.levels[-1]]) // 2
    chances = [max(chance, TIE) for chance in problem.stop_chances]
    ends = np.flatnonzero(problem.stop_chances)
    while contenders > 1 and ledger.left:
        share = ledger.left // contenders.bit_length()
        worth = space.worth(_means(ledger, space)[:, None], problem)[:, 0]
        ways = space.best_ways(worth, chances, contenders)[:, ends]
        sets = [space.sets[row] for row in dict.fromkeys(ways.ravel().tolist())]
        await ledger.evaluate(sets * max(1, share // len(sets)))
        contenders //= 2


def _means(ledger: Ledger, space: Lattice) -> Floats:
    """Mean score of every set; one whose evaluations failed is never preferred."""
    scores = ledger.scores
    lowest = min(scores.values(), default=MIDDLE)
    return np.array([scores.get(known, lowest) for known in space.sets])
