"""Priors: how promising each next attribute looks before anything is tried (the paper's pi0)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..penguin.errors import RaisePenguinError
from .plan import Prior

STATIC_ORDER = (
    "mental_health_status",
    "emotional_state",
    "past_self_harm_history",
    "health_status",
    "education_level",
    "profession",
    "economic_status",
    "age",
    "marital_status",
    "gender",
)
"""Attributes by what each alone was worth in the paper (Figure 6), the best first."""


SLACK = 1e-3
"""By how much chances may miss a sum of 1."""


class PriorError(RaisePenguinError):
    """A prior gave no chances that a search could follow, or none at all."""


async def ask(prior: Prior, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
    """A prior's chances of some candidates, checked.

    Raises:
        PriorError: A candidate has none, or they are no chances that sum to 1.
    """
    chances = await prior(known, candidates)
    if missing := [name for name in candidates if name not in chances]:
        raise PriorError(f"the prior gave no chance of {', '.join(missing)}")
    values = [chances[name] for name in candidates]
    if values and not (min(values) >= 0 and abs(math.fsum(values) - 1) <= SLACK):
        raise PriorError(
            f"the prior's chances must be at least 0 and sum to 1 over all candidates: {chances}"
        )
    return chances


async def uniform_prior(known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
    """The same chance for each candidate."""
    del known
    return {name: 1 / len(candidates) for name in candidates}


def rank_probabilities(ranking: Sequence[str], candidates: Sequence[str]) -> dict[str, float]:
    """Turn a ranking into probabilities, the first twice as likely as the second (1/rank).

    The paper leaves this step open. Candidates that the ranking leaves out share the last place.
    """
    places = {name: place for place, name in enumerate(ranking, 1)}
    weights = {name: 1 / places.get(name, len(ranking) + 1) for name in candidates}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


class RankedPrior:
    """A prior from one fixed ranking, best first."""

    def __init__(self, ranking: Sequence[str] = STATIC_ORDER) -> None:
        self._ranking = tuple(ranking)

    async def __call__(self, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        """Probabilities by rank among the candidates."""
        del known
        left = [name for name in self._ranking if name in candidates]
        return rank_probabilities(left, candidates)
