"""A panel: several judges, or one asked several times, with their agreement shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import Field

from ..profile import Profile
from .verdict import DIMENSIONS, Judge, Rating, Unscored, Verdict

QUORUM = 0.5
"""Share of the votes that must be there, or the reply is unscored."""


class PanelVerdict(Verdict):
    """The mean of several verdicts."""

    votes: tuple[Verdict, ...] = Field(min_length=1)
    absent: tuple[str, ...] = Field(default=(), description="Why some gave no vote.")

    @property
    def spread(self) -> float:
        """Largest difference between two votes in one dimension, 0 to 4."""
        return max(
            max(vote.score(name) for vote in self.votes)
            - min(vote.score(name) for vote in self.votes)
            for name in DIMENSIONS
        )


class Panel:
    """Several judges as one.

    Args:
        judges: Who votes; the same one k times for k samples.
    """

    def __init__(self, judges: Sequence[Judge]) -> None:
        names = dict.fromkeys(judge.name for judge in judges)
        self.name = f"panel of {len(judges)}: {', '.join(names)}"
        self._judges = tuple(judges)

    async def judge(self, query: str, profile: Profile, reply: str) -> PanelVerdict | Unscored:
        """Score one reply by the mean of the votes; ``Unscored`` without a quorum."""
        votes = await asyncio.gather(*(one.judge(query, profile, reply) for one in self._judges))
        given = [vote for vote in votes if isinstance(vote, Verdict)]
        absent = [vote.cause for vote in votes if isinstance(vote, Unscored)]
        if not given or len(given) / len(votes) < QUORUM:
            return Unscored(
                cause=f"{len(absent)} of {len(votes)} judges gave no score: {absent[0]}"
            )
        ratings = {
            name: Rating(
                reason=" | ".join(getattr(vote, name).reason for vote in given),
                score=sum(vote.score(name) for vote in given) / len(given),
            )
            for name in DIMENSIONS
        }
        return PanelVerdict(**ratings, votes=tuple(given), absent=tuple(absent))
