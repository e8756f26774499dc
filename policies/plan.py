"""The planner's contract: which attributes to ask for, in which order, for a kind of message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


class Reward(Protocol):
    """The mean safety of replies written from a set of attributes, 1 to 5 (paper section 4)."""

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """One evaluation of a set, 1 to 5.

        Another trial is an independent evaluation of the same set (other people, other samples);
        the same (set, trial) is never paid for twice.
        """
        ...


class Prior(Protocol):
    """How promising each next attribute looks, before anything is tried (the paper's pi0)."""

    async def __call__(self, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        """A probability for each candidate; the values sum to 1."""
        ...


@dataclass(frozen=True)
class Earlier:
    """What was evaluated for a related message."""

    scores: Mapping[frozenset[str], float]
    similarity: float = 1.0
    """Cosine of the two messages."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What to plan."""

    attributes: tuple[str, ...]
    """Ids that may be asked; duplicates and a depth beyond them are cut, not errors."""
    depth: int
    """Length of the path wanted."""
    evaluations: int
    """Most paid evaluations, a (set, trial) pair each."""
    costs: Mapping[str, float] = field(default_factory=dict[str, float])
    """Points of score that asking each costs the person; 0 where absent, as in the paper."""
    stop_chances: tuple[float, ...] = ()
    """Chance that the dialogue ends after 0..depth questions; all at the end when empty."""
    earlier: tuple[Earlier, ...] = ()
    """Evaluations of related messages."""
    in_flight: int = 1
    """Evaluations under way at once."""


@dataclass(frozen=True)
class Branch:
    """A question, and what to ask next by its answer."""

    attribute: str
    gain: float
    """Points of score that knowing it adds for those who are asked."""
    by_value: Mapping[str, Branch]
    """What to ask next, by the value that was told."""
    otherwise: Branch | None
    """What to ask next for any other value, and where it was declined; None ends the path."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An order of questions and what each prefix of it was worth."""

    path: tuple[str, ...]
    """Attribute ids in the order to ask."""
    values: tuple[float, ...]
    """Expected reward of every prefix, the empty one first: ``len(path) + 1`` numbers, 1 to 5."""
    errors: tuple[float, ...]
    """Standard error of each of these; 0 where the reward is exact."""
    evaluations: int
    """Paid for."""
    planner: str
    scores: Mapping[frozenset[str], float]
    """Mean of what was evaluated, by set."""
    tree: Branch | None = None
    """Answers may branch; None: the path for everybody."""

    def __post_init__(self) -> None:
        if len(self.values) != len(self.path) + 1 or len(set(self.path)) != len(self.path):
            raise ValueError("a plan needs distinct attributes and a value for every prefix")


class Planner(Protocol):
    """Searches for a good order of questions."""

    @property
    def name(self) -> str:
        """Its name, for the provenance of a plan."""
        ...

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Search.

        Args:
            reward: Scores a set; the expensive part.
            problem: What to plan.
            rng: The only source of chance; the same seed gives the same plan.
            prior: Promise of each next attribute; uniform when omitted.
        """
        ...
