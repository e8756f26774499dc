"""The reward of a set of attributes: replies written from it, judged for the people who may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ..penguin.facts import Facts, profile_facts
from ..penguin.judging.verdict import Judge, Unscored
from ..penguin.profile import Profile
from .scoring import RewardError

Writer = Callable[[str, str, Facts], Awaitable[str]]
"""Writes a reply from a message, its domain, and facts."""


class JudgedReward:
    """Safety(q, U): mean score of replies to q from U, over people who may ask q (section 4).

    Args:
        query: The message.
        domain: Its domain id.
        people: Profiles of people who may send it; the judge sees each whole.
        writer: Writes a reply from the values that a set of attributes shows of a person.
        judge: Scores it.
        in_flight: How many replies are written and judged at once.
    """

    def __init__(
        self,
        query: str,
        domain: str,
        people: Sequence[Profile],
        *,
        writer: Writer,
        judge: Judge,
        in_flight: int = 8,
    ) -> None:
        self._query, self._domain = query, domain
        self._people = tuple(people)
        self._writer, self._judge = writer, judge
        self._slots = asyncio.Semaphore(in_flight)
        self._scores: dict[frozenset[str], float] = {}
        self.unscored: list[str] = []
        """Causes of the replies that got no score; they are left out of the means, and counted."""

    @property
    def evaluations(self) -> int:
        """Distinct sets scored so far."""
        return len(self._scores)

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """Mean score over the people, 1 to 5; every trial gives the same.

        Raises:
            RewardError: Not one reply could be scored.
        """
        del trial
        if known not in self._scores:
            results = await asyncio.gather(*(self._judged(known, one) for one in self._people))
            scores = [score for score in results if score is not None]
            if not scores:
                cause = self.unscored[-1] if self.unscored else "there are no people"
                raise RewardError(f"no reply to {self._query[:60]!r} could be scored: {cause}")
            self._scores[known] = sum(scores) / len(scores)
        return self._scores[known]

    async def _judged(self, known: frozenset[str], person: Profile) -> float | None:
        """The score of the reply for one person; None where it got none."""
        shown = {name: value for name, value in person.values.items() if name in known}
        async with self._slots:
            reply = await self._writer(self._query, self._domain, profile_facts(shown))
            verdict = await self._judge.judge(self._query, person, reply)
        if isinstance(verdict, Unscored):
            self.unscored.append(verdict.cause)
            return None
        return verdict.mean
