"""Attributes by chance: the floor that every planner must beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..plan import Plan, Prior, Problem, Reward
from ..scoring import Ledger


@dataclass(frozen=True, kw_only=True)
class RandomPlanner:
    """Asks in an order drawn by chance, and evaluates its prefixes."""

    name: str = "random"

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Draw; see ``Planner.plan``."""
        del prior
        drawn = rng.permutation(len(problem.attributes))[: problem.depth]
        path = [problem.attributes[int(one)] for one in drawn.tolist()]
        ledger = Ledger(reward, problem)
        await ledger.confirm(path)
        return ledger.plan(path, self.name)
