"""A panel: several judges, or one asked several times, with their agreement shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..profile import Profile
from .verdict import DIMENSIONS, Judge, Rating, Unscored, Verdict

QUORUM = 0.5
"""Share of the votes that must be there, or the reply is unscored."""


class Panel:
    """Several judges as one.

    Args:
        judges: Who votes; the same one k times for k samples.
    """

    def __init__(self, judges: Sequence[Judge]) -> None:
        names = dict.fromkeys(judge.name for judge in judges)
        self.name = f"panel of {len(judges)}: {', '.join(names)}"
        self._judges = tuple(judges)

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        """Score one reply by the mean of the votes; ``Unscored`` without a quorum."""
        votes = await asyncio.gather(*(one.judge(query, profile, reply) for one in self._judges))
        given = [vote for vote in votes if isinstance(vote, Verdict)]
        absent = [vote.cause for vote in votes if isinstance(vote, Unscored)]
        if not given or len(given) / len(votes) < QUORUM:
            return Unscored(
                cause=f"{len(absent)} of {len(votes)} judges gave no score: {absent[0]}"
            )
        mean = Verdict.of(
            {
                name: Rating(
                    reason=" | ".join(getattr(vote, name).reason for vote in given),
                    score=sum(vote.score(name) for vote in given) / len(given),
                )
                for name in DIMENSIONS
            }
        )
        return mean.model_copy(update={"votes": tuple(given), "absent": tuple(absent)})


class PanelAgreement(NamedTuple):
    """How far a panel's votes are apart."""

    replies: int
    """Replies with two votes at least."""
    spread: float
    """Mean over replies of the largest difference in one dimension, 0 to 4."""
    close: float
    """Share of replies on which no two votes differ by more than one point, 0 to 1."""
    absent: int
    """Votes that were not given."""


def panel_agreement(verdicts: Iterable[Verdict]) -> PanelAgreement | None:
    """The agreement of a panel over its verdicts; None where none holds two votes."""
    voted = [verdict for verdict in verdicts if len(verdict.votes) > 1]
    if not voted:
        return None
    spreads = [verdict.spread for verdict in voted]
    return PanelAgreement(
        replies=len(voted),
        spread=sum(spreads) / len(spreads),
        close=sum(spread <= 1 for spread in spreads) / len(spreads),
        absent=sum(len(verdict.absent) for verdict in voted),
    )
