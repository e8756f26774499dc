"""Scoring every set: exact where rewards are exact, and affordable for few attributes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...penguin.errors import SettingsError
from ..plan import Plan, Prior, Problem, Reward
from ..scoring import Ledger, prefixes


@dataclass(frozen=True, kw_only=True)
class ExhaustivePlanner:
    """Scores all sets up to the depth and takes the order whose prefixes are best on average.

    The dialogue may stop early, so every prefix counts as much as the whole: among all orders the
    one with the highest mean value over its prefixes is returned.
    """

    name: str = "exhaustive"

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
        names = tuple(dict.fromkeys(problem.attributes))
        depth, evaluations = min(problem.depth, len(names)), problem.evaluations
        needed = sum(math.comb(len(names), size) for size in range(depth + 1))
        if needed > evaluations:
            raise SettingsError(
                f"there are {needed} sets of up to {depth} of {len(names)} attributes and only "
                f"{evaluations} evaluations: allow more, lower the depth, or use planner 'mcts'"
            )
        ledger = Ledger(reward, evaluations)
        best: dict[frozenset[str], tuple[float, tuple[str, ...]]] = {
            frozenset(): (await ledger.score(frozenset()), ())
        }
        for size in range(1, depth + 1):
            for chosen in combinations(names, size):
                known = frozenset(chosen)
                value = await ledger.score(known)
                # the best order of a set ends with some attribute after the best order of the rest
                before = max(
                    (best[known - {last}][0], (*best[known - {last}][1], last)) for last in chosen
                )
                best[known] = (before[0] + value, before[1])
        path = max(entry for known, entry in best.items() if len(known) == depth)[1]
        values = tuple([ledger.scores[known] for known in prefixes(path)])
        return Plan(
            path=path,
            values=values,
            errors=(0.0,) * len(values),
            evaluations=len(ledger.scores),
            planner=self.name,
            scores=ledger.scores,
        )
