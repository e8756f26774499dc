"""Paying for evaluations: what planners share about rewards, budgets, repeats and failures."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Iterable, Sequence
from numbers import Real

import numpy as np

from ..penguin.errors import RaisePenguinError
from .plan import Plan, Problem, Reward

Known = frozenset[str]
"""A set of attribute ids that are known."""

MIDDLE, SPREAD = 3.0, 4 / math.sqrt(12)
"""Mean and standard deviation of a score from 1 to 5 of which nothing is known."""

GUESS = SPREAD * math.sqrt(2)
"""Error of taking the score of one set for that of another: of the difference of two of them."""


class RewardError(RaisePenguinError):
    """A reward gave something that is no number, or none at all."""


class Ledger:
    """Evaluates sets within the budget of a problem, and holds what came out.

    An evaluation that the reward refuses with a ``RewardError`` is paid for and counted in
    ``failed``; it leaves no number. Whoever asks for the set again gets its next trial.

    Args:
        reward: Evaluates a set.
        problem: Says how many evaluations may be paid for, and how many at once.
    """

    def __init__(self, reward: Reward, problem: Problem) -> None:
        self._reward = reward
        self._problem = problem
        self._trials: dict[Known, int] = {}
        self._cause: RewardError | None = None
        self.results: dict[Known, list[float]] = {}
        """Every score of each set, in the order of its trials."""
        self.paid = 0
        self.failed = 0

    @property
    def left(self) -> int:
        """Evaluations that may still be paid for."""
        return self._problem.evaluations - self.paid

    @property
    def scores(self) -> dict[Known, float]:
        """Mean score of each set that has one."""
        return {known: mean(each) for known, each in self.results.items()}

    async def evaluate(self, sets: Iterable[Known]) -> list[tuple[Known, float]]:
        """Pay for one more evaluation of each set, in their order while the budget lasts.

        Returns:
            Each set that got a score, with it; a set that is named twice is evaluated twice.

        Raises:
            RewardError: A score is not a finite number.
        """
        wanted = list(sets)[: self.left]
        scored: list[tuple[Known, float]] = []
        for start in range(0, len(wanted), self._problem.in_flight):
            scored += await self._batch(wanted[start : start + self._problem.in_flight])
        return scored

    async def _batch(self, sets: Sequence[Known]) -> list[tuple[Known, float]]:
        calls: list[Awaitable[float]] = []
        for known in sets:
            trial = self._trials.get(known, 0)
            self._trials[known] = trial + 1
            calls.append(self._reward(known, trial=trial))
        self.paid += len(calls)
        scored: list[tuple[Known, float]] = []
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        for known, value in zip(sets, outcomes, strict=True):
            if isinstance(value, RewardError):
                self.failed, self._cause = self.failed + 1, value
            elif isinstance(value, BaseException):
                raise value
            elif not (isinstance(value, Real) and math.isfinite(value)):
                names = ", ".join(sorted(known)) or "no attribute"
                raise RewardError(f"the reward of {names} is {value!r}, not a finite number")
            else:
                self.results.setdefault(known, []).append(float(value))
                scored.append((known, float(value)))
        return scored

    @property
    def noise(self) -> float | None:
        """Standard deviation of one evaluation, from repeats; None where nothing was repeated."""
        repeats = sum(len(each) - 1 for each in self.results.values())
        return math.sqrt(sum(map(squares, self.results.values())) / repeats) if repeats else None

    @property
    def kept_back(self) -> int:
        """Evaluations that a search leaves for its path's prefixes: a tenth of all at most."""
        return min(self._problem.depth + 1, self._problem.evaluations // 10)

    async def confirm(self, path: Sequence[str]) -> None:
        """Evaluate the prefixes of a path, then each once more, as far as the budget lasts."""
        for times in (1, 2):
            await self.evaluate(
                known for known in prefixes(path) if len(self.results.get(known, ())) < times
            )

    def plan(self, path: Sequence[str], planner: str) -> Plan:
        """The plan of a path from its own evaluations alone.

        A prefix that was not evaluated lies on a straight line between those that were, and beyond
        them is worth the nearest; where none was, each is worth the mean of all scores. Its error
        is that of a guess. As long as nothing was repeated, nothing is known of the noise, and the
        error of one evaluation is the spread of a score of which nothing is known.

        Raises:
            RewardError: Evaluations were paid for and every one failed.
        """
        self.check()
        scores = self.scores
        noise = SPREAD if self.noise is None else self.noise
        steps = prefixes(path)
        seen = {length: scores[known] for length, known in enumerate(steps) if known in scores}
        if not seen:
            seen = {0: math.fsum(scores.values()) / len(scores) if scores else MIDDLE}
        values: list[float] = np.interp(range(len(steps)), [*seen], [*seen.values()]).tolist()
        return Plan(
            path=tuple(path),
            values=tuple(values),
            errors=tuple(
                noise / math.sqrt(len(self.results[known])) if known in scores else GUESS
                for known in steps
            ),
            evaluations=self.paid,
            planner=planner,
            scores=scores,
        )

    def check(self) -> None:
        """Refuse to plan from nothing when all that was paid for failed.

        Raises:
            RewardError: Evaluations were paid for and every one failed.
        """
        if self.paid and not self.results:
            raise RewardError(f"none of {self.paid} evaluations gave a score: {self._cause}")


def prefixes(path: Sequence[str]) -> list[Known]:
    """The sets along a path, the empty one first."""
    return [frozenset(path[:length]) for length in range(len(path) + 1)]


def mean(scores: Sequence[float]) -> float:
    """Mean of the scores of one set; of equal scores exactly that score."""
    return scores[0] + math.fsum(score - scores[0] for score in scores) / len(scores)


def squares(scores: Sequence[float]) -> float:
    """Sum of squares of the scores of one set around their mean."""
    return math.fsum((score - mean(scores)) ** 2 for score in scores)
