"""The expected gain of the next question, from what planning scored for similar messages."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..penguin.errors import DataError
from ..penguin.inference import Distribution, posterior

SHRINK_ONE = 0.05
"""Ridge on what an attribute adds alone, in whole observations: little, each is well seen."""
SHRINK_PAIR = 0.5
"""Ridge on what two attributes add together: few sets show it, so it is believed late."""


class Scored(NamedTuple):
    """What planning scored for one message."""

    scores: Mapping[frozenset[str], float]
    """Mean reward by set, the empty set among them."""
    weight: float
    """How much it says about the message at hand, 0 or more."""


class GainModel:
    """What one more attribute is worth, given those that are known, in points of score.

    A weighted ridge regression of the score above that of no background: one coefficient for each
    attribute and one for each pair. An attribute no plan scored is worth nothing here, one scored
    in a few sets is drawn towards nothing, and a pair that repeats each other gets a negative
    coefficient.

    Args:
        plans: What was scored for similar messages.

    Example:
        >>> plan = {frozenset(): 2.0, frozenset({"age"}): 3.0, frozenset({"age", "gender"}): 3.5}
        >>> model = GainModel([Scored(plan, 1.0)])
        >>> model.gain("age", ()) > model.gain("gender", {"age"}) > 0
        True
    """

    def __init__(self, plans: Sequence[Scored]) -> None:
        self.attributes = tuple(sorted({a for plan in plans for one in plan.scores for a in one}))
        self._pairs = tuple(combinations(range(len(self.attributes)), 2))
        self._worth = self._fit([plan for plan in plans if plan.weight > 0])

    def gain(self, attribute: str, known: Collection[str]) -> float:
        """Points that knowing an attribute adds to knowing the others; 0 for one never scored."""
        if attribute not in self.attributes:
            return 0.0
        others = {name for name in known if name in self.attributes} - {attribute}
        sets = self._terms([others | {attribute}, others]) @ self._worth
        return float(sets[0] - sets[1])

    def _terms(self, sets: Sequence[Collection[str]]) -> npt.NDArray[np.float64]:
        """Which attributes and which pairs each set holds, shape (len(sets), terms), 0 or 1."""
        held = np.array([[name in one for name in self.attributes] for one in sets], dtype=float)
        first, second = [pair[0] for pair in self._pairs], [pair[1] for pair in self._pairs]
        return np.hstack([held, held[:, first] * held[:, second]])

    def _fit(self, plans: Sequence[Scored]) -> npt.NDArray[np.float64]:
        """The coefficients; every set of a plan has the plan's weight."""
        shrink = [SHRINK_ONE] * len(self.attributes) + [SHRINK_PAIR] * len(self._pairs)
        if not plans or not self.attributes:
            return np.zeros(len(shrink))
        total = sum(plan.weight for plan in plans)
        terms = self._terms([known for plan in plans for known in plan.scores])
        above = [
            score - plan.scores[frozenset()] for plan in plans for score in plan.scores.values()
        ]
        weights = [plan.weight / total for plan in plans for _ in plan.scores]
        weighted = terms * np.array(weights)[:, None]
        left, right = terms.T @ weighted + np.diag(shrink), weighted.T @ np.array(above)
        return np.asarray(np.linalg.solve(left, right), dtype=np.float64)


def left_to_learn(known: Mapping[str, str], domain: str) -> dict[str, float]:
    """How much of each unknown attribute is still open, 0 (certain) to 1.

    The entropy of its posterior in the profile network, as a share of what it is in the domain when
    nothing is known.
    """
    try:
        before, now = posterior({}, domain=domain), posterior(known, domain=domain)
    except DataError:
        return {}  # the person is unlike anybody in the network, which then says nothing
    return {name: min(1.0, _entropy(now[name]) / max(_entropy(before[name]), 1e-9)) for name in now}


def _entropy(chances: Distribution) -> float:
    return -sum(chance * math.log(chance) for chance in chances.values() if chance > 0)
