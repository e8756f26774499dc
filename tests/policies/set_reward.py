"""A reward over sets of letters for tests of planners, which counts what it is paid for."""

from __future__ import annotations

import asyncio
import math
from itertools import combinations

import numpy as np

from raise_penguin.policies.scoring import RewardError

NAMES = tuple("abcdefgh")
SEARCHES = ("surrogate", "mcts", "mcts-earned", "greedy", "static", "random")
ENUMERATIONS = ("exhaustive", "oracle")
ALL = SEARCHES + ENUMERATIONS


class SetReward:
    """Saturating, with synergies; every attribute helps. Counts what is paid for and under way."""

    def __init__(self, seed: int, *, noise: float = 0.0, fails: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self.gains = dict(zip(NAMES, rng.uniform(0.1, 1, len(NAMES)), strict=True))
        self.pairs = {frozenset(pair): rng.uniform(0, 0.2) for pair in combinations(NAMES, 2)}
        self.seed, self.noise, self.fails = seed, noise, fails
        self.paid: list[tuple[frozenset[str], int]] = []
        self.under_way = self.most_under_way = 0

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        self.paid.append((known, trial))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        chance = np.random.default_rng([self.seed, trial, *sorted(map(ord, known))])
        for _ in range(int(chance.integers(3))):  # evaluations end in any order
            await asyncio.sleep(0)
        self.under_way -= 1
        if chance.random() < self.fails:
            raise RewardError("the judge is down")
        return self.value(known) + self.noise * chance.normal()

    def value(self, known: frozenset[str]) -> float:
        gain = math.fsum(self.gains[name] for name in known)
        gain += math.fsum(value for pair, value in self.pairs.items() if pair <= known)
        return 1 + 4 * (1 - math.exp(-gain / 2))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))
