"""What stored plans of similar messages say: which attributes matter, and what to ask next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .prior import STATIC_ORDER, rank_probabilities

FLOOR = 0.2
"""Cosine below which a stored message says nothing about this one."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A stored plan near a message."""

    query: str
    domain: str
    situation: str
    path: tuple[str, ...]
    values: tuple[float, ...]
    """Reward of every prefix of the path, the empty one first; empty where it is not known."""
    similarity: float
    """Cosine of the two messages, -1 to 1."""

    @property
    def gains(self) -> dict[str, float]:
        """What each attribute added when it was asked after those before it.

        Of a plan without rewards only the order is known: by 1/rank, as with the static order.
        """
        if not self.values:
            return rank_probabilities(self.path, self.path)
        steps = zip(self.path, self.values[:-1], self.values[1:], strict=True)
        return {name: after - before for name, before, after in steps}


def usable(neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The neighbours near enough, the best plan first: planned gain weighted by similarity."""
    near = [neighbour for neighbour in neighbours if neighbour.similarity >= FLOOR]
    return sorted(near, key=lambda one: -one.similarity * sum(one.gains.values()))


def attribute_weights(neighbours: Sequence[Neighbour]) -> dict[str, float]:
    """What each attribute is worth for a message, in points of the score.

    The mean of its gains over the plans of the neighbours, weighted by similarity. Where nothing is
    near enough, the paper's static order, by 1/rank.
    """
    near = usable(neighbours)
    if not near:
        return rank_probabilities(STATIC_ORDER, STATIC_ORDER)
    total = sum(neighbour.similarity for neighbour in near)
    weights: dict[str, float] = {}
    for neighbour in near:
        for name, gain in neighbour.gains.items():
            weights[name] = weights.get(name, 0.0) + neighbour.similarity / total * max(0.0, gain)
    return weights


def next_attribute(neighbours: Sequence[Neighbour], candidates: Collection[str]) -> str | None:
    """The candidate worth most; in the static order where the plans name none. None: none left."""
    weights = attribute_weights(neighbours)
    planned = [name for name in candidates if weights.get(name, 0.0) > 0]
    if planned:
        return max(planned, key=lambda name: (weights[name], -_static_place(name)))
    ordered = sorted(candidates, key=_static_place)
    return ordered[0] if ordered else None


def _static_place(name: str) -> int:
    """Place in the static order; attributes added later come last."""
    return STATIC_ORDER.index(name) if name in STATIC_ORDER else len(STATIC_ORDER)
