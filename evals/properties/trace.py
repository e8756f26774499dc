"""What was said in a dialogue and what came of it, for the checks to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...graphs.state import Question, RaiseState
from ...graphs.turn import Turn
from .plans import Move, Plan
from .savers import SYNC

Mode = Literal["interrupt", "message"]
MODES: tuple[Mode, ...] = ("interrupt", "message")


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What was said at once, and what came of it."""

    move: Move
    said: tuple[str, ...]
    question_id: str | None
    before: RaiseState
    after: RaiseState
    """As it is stored."""
    turns: tuple[Turn, ...]
    """One for each of the things said; none where they were refused or never came through."""
    streamed: tuple[str, ...]
    """The pieces that came while it was answered."""
    refused: str
    failures: tuple[BaseException, ...]
    """What the caller saw of attempts that failed."""
    came: tuple[str, ...]
    """The faults that came meanwhile."""
    failed_roles: frozenset[str]

    @property
    def waiting(self) -> Question | None:
        """The question that waited before."""
        return self.before.get("pending")


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A dialogue that was held."""

    plan: Plan
    mode: Mode
    exchanges: tuple[Exchange, ...]
    left: bool
    """The person went while a question waited."""
    newer: str | None
    """The sentence that came back after a newer release had written the thread; None: it had not.
    """

    @property
    def left_to_chance(self) -> bool:
        """Whether threads raced, so that another run may go otherwise."""
        return self.plan.saver in SYNC and any(
            one.move in ("race", "queue", "alarm") for one in self.exchanges
        )
