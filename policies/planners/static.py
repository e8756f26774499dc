"""The same questions for every message: the paper's static baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..plan import Plan, Prior, Problem, Reward
from ..prior import STATIC_ORDER
from ..scoring import Ledger

TOP_THREE = ("emotional_state", "mental_health_status", "past_self_harm_history")
"""What the paper's static baseline asks (Figure 7)."""


@dataclass(frozen=True, kw_only=True)
class StaticPlanner:
    """Asks the paper's three, then by what each attribute alone was worth in the paper."""

    name: str = "static"
    order: tuple[str, ...] = TOP_THREE + STATIC_ORDER
    """Attributes, the first to ask first; those it leaves out come last, in their own order."""

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Take the first; see ``Planner.plan``."""
        del rng, prior
        ordered = dict.fromkeys((*self.order, *problem.attributes))
        path = [name for name in ordered if name in problem.attributes][: problem.depth]
        ledger = Ledger(reward, problem)
        await ledger.confirm(path)
        return ledger.plan(path, self.name)
