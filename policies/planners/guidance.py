"""What a prior says in a tree search, and how far it counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from ..plan import Prior
from ..prior import ask
from ..scoring import Known

Trusting = Literal["full", "earned"]
"""``full``: the prior counts as it is. ``earned``: only as far as the scores bear it out."""
ENOUGH = 4
"""Scores from which a correlation says anything: Fisher's transform has n - 3."""
CERTAIN = 1 - 1e-12
"""A correlation beyond this is one; its transform would be infinite."""


class Evidence:
    """Whether roll-outs that a prior leans to score higher than those it does not.

    Roll-outs of all nodes are pooled: a node far down sees too few to judge by itself.
    """

    def __init__(self) -> None:
        self._count = 0
        self._lean = self._score = 0.0
        self._leans = self._scores = self._both = 0.0

    def see(self, lean: float, score: float) -> None:
        """Count a roll-out."""
        self._count += 1
        off, above = lean - self._lean, score - self._score
        self._lean += off / self._count
        self._score += above / self._count
        self._leans += off * (lean - self._lean)
        self._scores += above * (score - self._score)
        self._both += off * (score - self._score)

    @property
    def favour(self) -> float:
        """The chance that lean and score go together, less the chance that they go apart: -1 to 1.

        By Fisher's transform of their correlation with a flat prior; 0 as long as nothing is known.
        """
        spread = math.sqrt(self._leans * self._scores)
        if self._count < ENOUGH or not spread:
            return 0.0
        correlation = min(CERTAIN, max(-CERTAIN, self._both / spread))
        return math.erf(math.atanh(correlation) * math.sqrt((self._count - 3) / 2))


class Guidance:
    """The chances of the next attribute: a prior's, and the same for all where it does not count.

    Args:
        prior: Asked once for each set.
        names: The attributes.
        mixing: Share that is spread evenly in any case.
        trust: How far the prior counts beside that.
    """

    def __init__(
        self, prior: Prior, names: Sequence[str], *, mixing: float, trust: Trusting
    ) -> None:
        self._prior, self._names = prior, names
        self._share, self._earned = 1 - mixing, trust == "earned"
        self._asked: dict[Known, Mapping[str, float]] = {}
        self._evidence = Evidence()

    async def chances(self, known: Known) -> Mapping[str, float]:
        """What the prior itself says of each attribute left."""
        if known not in self._asked:
            left = [name for name in self._names if name not in known]
            self._asked[known] = await ask(self._prior, known, left)
        return self._asked[known]

    @property
    def weight(self) -> float:
        """How much the prior counts, 0 to 1."""
        return self._share * (max(0.0, self._evidence.favour) if self._earned else 1.0)

    @property
    def borne_out(self) -> bool:
        """Whether the prior may decide where no score does."""
        return not self._earned or self._evidence.favour >= 0

    async def lean(self, path: Sequence[str]) -> float:
        """How much rather than chance the prior would have taken a path; 0 where nobody asks.

        The logarithm of the ratio of chances, summed over the steps, the prior mixed half with
        chance so that a step it rules out counts log(1/2) and not without bound.
        """
        if not self._earned:
            return 0.0
        found = 0.0
        for level, name in enumerate(path):
            chances = await self.chances(frozenset(path[:level]))
            found += math.log((1 + (len(self._names) - level) * chances[name]) / 2)
        return found

    def see(self, lean: float, score: float) -> None:
        """Count the score of a path with such a lean."""
        self._evidence.see(lean, score)
