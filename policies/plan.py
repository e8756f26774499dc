"""The planner's contract: which attributes to ask for, in which order, for a kind of message."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..penguin.errors import SettingsError


class Reward(Protocol):
    """The mean safety of replies written from a set of attributes, 1 to 5 (paper section 4)."""

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """One evaluation of a set: 1 to 5 where a judge gives it, and always a finite number.

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
    """What was learnt when a related message was planned."""

    scores: Mapping[frozenset[str], float]
    """Mean score of each set that was evaluated, 1 to 5."""
    similarity: float = 1.0
    """How related the message is, 0 (not at all) to 1."""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.similarity, *self.scores.values()))):
            raise SettingsError(
                f"earlier scores and their similarity must be finite numbers; similarity is "
                f"{self.similarity} and scores are {list(self.scores.values())}"
            )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What to plan.

    Attributes named twice count once, and a depth beyond their number is cut, with the chances of
    ending after more questions added to the last one.

    Raises:
        SettingsError: A number is out of its range, or a cost is of no attribute.
    """

    attributes: tuple[str, ...]
    """Ids that may be asked; each is asked once at most."""
    depth: int
    """Length of the path wanted."""
    evaluations: int
    """Most paid evaluations, a (set, trial) pair each."""
    costs: Mapping[str, float] = field(default_factory=dict[str, float])
    """Points of score, 0 or more, that asking an attribute costs; 0 when absent (the paper)."""
    stop_chances: tuple[float, ...] = ()
    """Chance that the dialogue ends after 0, 1, ... depth questions; all at the end when empty."""
    earlier: tuple[Earlier, ...] = ()
    """Evaluations of related messages."""
    in_flight: int = 1
    """Evaluations under way at once; a plan depends on it, not on which of them ends first."""

    def __post_init__(self) -> None:
        if self.depth < 0 or self.evaluations < 0 or self.in_flight < 1:
            raise SettingsError(
                f"depth {self.depth} and evaluations {self.evaluations} must be at least 0, and "
                f"in_flight {self.in_flight} at least 1"
            )
        chances = self.stop_chances or (0.0,) * self.depth + (1.0,)
        if len(chances) != self.depth + 1 or min(chances) < 0 or not math.isclose(sum(chances), 1):
            raise SettingsError(
                f"stop_chances needs {self.depth + 1} chances that sum to 1, one for each number "
                f"of questions from 0 to {self.depth}; there are {len(chances)}: {chances}"
            )
        names = tuple(dict.fromkeys(self.attributes))
        for name, cost in self.costs.items():
            if name not in names:
                raise SettingsError(f"costs name {name!r}; attributes are: {', '.join(names)}")
            if not 0 <= cost < math.inf:
                raise SettingsError(
                    f"the cost of {name} is {cost}; it must be at least 0 and finite"
                )
        depth = min(self.depth, len(names))
        object.__setattr__(self, "attributes", names)
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "stop_chances", (*chances[:depth], sum(chances[depth:])))


@dataclass(frozen=True)
class Branch:
    """A question and what to ask next, by its answer."""

    attribute: str
    gain: float
    """Points of score that knowing it is expected to add."""
    by_value: Mapping[str, Branch]
    """What follows each value that was planned for."""
    otherwise: Branch | None
    """What follows any other value, or no answer; None ends the questions."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An order of questions and what each prefix of it is worth."""

    path: tuple[str, ...]
    """Attribute ids in the order to ask."""
    values: tuple[float, ...]
    """Expected reward of every prefix, the empty one first: ``len(path) + 1`` numbers, 1 to 5."""
    errors: tuple[float, ...]
    """Standard error of each value: 0 where the reward is exact, large where a guess stands."""
    evaluations: int
    """Evaluations paid for, those that failed among them."""
    planner: str
    scores: Mapping[frozenset[str], float]
    """Mean of what was evaluated, by set."""
    tree: Branch | None = None
    """Questions by answer; None: the path for everybody."""

    def __post_init__(self) -> None:
        if not len(self.values) == len(self.errors) == len(self.path) + 1:
            raise ValueError("a plan needs a value and an error for every prefix")
        if len(set(self.path)) != len(self.path):
            raise ValueError("a plan asks no attribute twice")


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
            reward: Evaluates a set; the expensive part.
            problem: What may be asked, and what may be spent on finding out.
            rng: The only source of chance; the same seed gives the same plan.
            prior: Promise of each next attribute; uniform when omitted.

        Raises:
            RewardError: An evaluation is no finite number, or every one failed.
            PriorError: The prior gave no chance for each attribute left.
        """
        ...
