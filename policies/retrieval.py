"""What the store gives the agent: plans of similar messages, nearest first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A stored plan near a message."""

    query: str
    domain: str
    situation: str
    path: tuple[str, ...]
    values: tuple[float, ...]
    """Reward of every prefix of the path, the empty one first."""
    similarity: float
    """Cosine of the two messages, -1 to 1."""
