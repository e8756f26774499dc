"""The planner's contract: which attributes to ask for, in which order, for a kind of message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Reward(Protocol):
    """The mean safety of replies written from a set of attributes, 1 to 5 (paper section 4)."""

    async def __call__(self, known: frozenset[str]) -> float:
        """Score one set of attribute ids. A set that was scored is not paid for again."""
        ...


class Prior(Protocol):
    """How promising each next attribute looks, before anything is tried (the paper's pi0)."""

    async def __call__(self, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        """A probability for each candidate; the values sum to 1."""
        ...


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An order of questions and what each prefix of it was worth."""

    path: tuple[str, ...]
    """Attribute ids in the order to ask."""
    values: tuple[float, ...]
    """Reward of every prefix, the empty one first: ``len(path) + 1`` numbers, 1 to 5."""
    evaluations: int
    """Distinct sets that were scored to make it."""
    planner: str

    def __post_init__(self) -> None:
        if len(self.values) != len(self.path) + 1 or len(set(self.path)) != len(self.path):
            raise ValueError("a plan needs distinct attributes and a value for every prefix")


@dataclass(frozen=True)
class Branch:
    """What to ask next, and what after each answer."""

    attribute: str
    gain: float
    """Points of score that knowing it adds here."""
    by_value: Mapping[str, Branch]
    """What to ask next, by the value that was told."""
    otherwise: Branch | None
    """What to ask next for values not listed, or when it was declined. None: nothing."""


class Planner(Protocol):
    """Searches for a good order of questions."""

    @property
    def name(self) -> str:
        """Its name, for the provenance of a plan."""
        ...

    async def plan(
        self,
        reward: Reward,
        attributes: Sequence[str],
        *,
        depth: int,
        evaluations: int,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Search.

        Args:
            reward: Scores a set; the expensive part.
            attributes: Ids that may be asked; each is asked once at most.
            depth: Length of the path wanted; cut to the number of attributes.
            evaluations: Most distinct sets that may be scored. The prefixes of the path returned
                are always among them.
            rng: The only source of chance; the same seed gives the same plan.
            prior: Promise of each next attribute; uniform when omitted.
        """
        ...
