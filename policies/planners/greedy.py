"""One step at a time: the attribute that helps most now, never looking further."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..plan import Plan, Prior, Problem, Reward
from ..prior import ask, uniform_prior
from ..scoring import Known, Ledger


@dataclass(frozen=True, kw_only=True)
class GreedyPlanner:
    """Evaluates every next attribute and keeps the best, as often as there are questions.

    The evaluations are spread evenly over the steps and the candidates, so that a large budget
    buys repeats. A budget too small for all candidates tries the most promising by the prior.
    """

    name: str = "greedy"

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Climb; see ``Planner.plan``."""
        del rng
        ledger, path = Ledger(reward, problem), list[str]()
        while len(path) < problem.depth:
            known = frozenset(path)
            left = [name for name in problem.attributes if name not in known]
            chances = await ask(prior or uniform_prior, known, left)
            left.sort(key=lambda name: -chances[name])
            share = (ledger.left - ledger.kept_back) // (problem.depth - len(path))
            wanted = [known | {name} for name in left]
            await ledger.evaluate((wanted * max(1, share // len(left)))[: max(0, share)])
            path.append(_best(ledger, known, left, problem))
        await ledger.confirm(path)
        return ledger.plan(path, self.name)


def _best(ledger: Ledger, known: Known, left: list[str], problem: Problem) -> str:
    """The candidate with the highest mean less its cost; the first where nothing was scored."""
    scores = ledger.scores
    tried = [name for name in left if known | {name} in scores]
    return max(
        tried,
        key=lambda name: scores[known | {name}] - problem.costs.get(name, 0.0),
        default=left[0],
    )
