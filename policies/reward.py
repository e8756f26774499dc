"""The reward of a set of attributes: replies written from it, judged for the people who may ask."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ..penguin.data_files import first_problem
from ..penguin.errors import RaisePenguinError, SettingsError
from ..penguin.facts import Facts, profile_facts
from ..penguin.judging.model_judge import must_hold
from ..penguin.judging.verdict import DIMENSIONS, Dimension, Judge, Unscored, Verdict
from ..penguin.people import person
from ..penguin.profile import Profile
from .budget import Budget, BudgetError, Cost
from .reward_cache import CacheError, RewardCache, content_key
from .scoring import RewardError

Writer = Callable[[str, str, Facts], Awaitable[str]]
"""Writes a reply from a message, its domain, and facts.

An error of this package (``RaisePenguinError``) is a failure of that reply: it is tried again, then
left out and counted. Any other is taken for a bug and ends the run.
"""

People = Callable[[int], Sequence[Profile]]
"""Gives the people of a trial; other trials have other people."""

A_CALL = Cost(calls=1)


@dataclass(frozen=True)
class PersonScore:
    """What one person's reply was worth."""

    person: Profile
    score: float
    """The mean of the dimensions, 1 to 5."""
    by_dimension: Mapping[Dimension, float]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A set of attributes scored for some people."""

    known: frozenset[str]
    per_person: tuple[PersonScore, ...]
    unscored: tuple[str, ...] = ()
    """Causes of the replies that got no score; they are in no mean."""

    @property
    def mean(self) -> float:
        """Mean score over the people who got one, 1 to 5."""
        return sum(one.score for one in self.per_person) / len(self.per_person)

    @property
    def error(self) -> float:
        """Standard error of the mean over people; infinite for a single one."""
        n = len(self.per_person)
        if n < 2:  # noqa: PLR2004 - one person says nothing about others
            return math.inf
        spread = sum((one.score - self.mean) ** 2 for one in self.per_person)
        return math.sqrt(spread / (n - 1) / n)

    @property
    def by_dimension(self) -> dict[Dimension, float]:
        """Mean of each dimension."""
        n = len(self.per_person)
        return {
            name: sum(one.by_dimension[name] for one in self.per_person) / n for name in DIMENSIONS
        }


class JudgedReward:
    """Safety(q, U): mean score of replies to q from U, over people who may ask q (section 4).

    Args:
        query: The message.
        domain: Its domain id.
        people: People who may send it; the judge sees each whole. Fixed ones are asked again, with
            new replies, in another trial; a function gives other people for each trial.
        writer: Writes a reply from the values that a set of attributes shows of a person.
        judge: Scores it.
        in_flight: How many replies are written and judged at once.
        cache: Where what was paid for is kept; without one it is kept in memory alone.
        made_by: Who does it, by role ("writer", "judge"): models with their parameters, versions of
            prompts. Part of the keys of the cache, and needed with one.
        budget: Limits; none when omitted.
        cost: What one reply and its verdict are expected to cost, each.
        attempts: How often a person's reply is tried before it counts as unscored.
        on_evaluated: Called after each evaluation.

    Raises:
        SettingsError: There is a cache, and nothing says who made what is in it; or nothing may be
            in flight or tried.
    """

    def __init__(
        self,
        query: str,
        domain: str,
        people: Sequence[Profile] | People,
        *,
        writer: Writer,
        judge: Judge,
        in_flight: int = 8,
        cache: RewardCache | None = None,
        made_by: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        cost: tuple[Cost, Cost] = (A_CALL, A_CALL),
        attempts: int = 2,
        on_evaluated: Callable[[], None] = lambda: None,
    ) -> None:
        if cache is not None and not made_by:
            raise SettingsError("a cache needs made_by: the models, parameters and prompts")
        if in_flight < 1 or attempts < 1:
            raise SettingsError(
                f"in_flight {in_flight} and attempts {attempts} must be at least 1: nothing would "
                "ever be written"
            )
        self._query, self._domain = query, domain
        self._people = people if callable(people) else _the_same(people)
        self._given = not callable(people)
        self._writer, self._judge = writer, judge
        self._slots = asyncio.Semaphore(in_flight)
        self._cache, self._made_by = cache, dict(made_by or {})
        # another judge reads the same replies
        self._written_by = {role: who for role, who in self._made_by.items() if role != "judge"}
        self._budget, self._cost = budget or Budget(), cost
        self._attempts, self._on_evaluated = attempts, on_evaluated
        self._evaluations: dict[tuple[frozenset[str], int], asyncio.Task[Evaluation]] = {}
        self.unscored: list[str] = []
        """Causes of the replies that got no score, over all evaluations."""

    @property
    def evaluations(self) -> int:
        """Distinct (set, trial) pairs scored so far."""
        return len(self.scored())

    def scored(self) -> dict[tuple[frozenset[str], int], Evaluation]:
        """What was evaluated so far, by set and trial."""
        return {
            key: task.result()
            for key, task in self._evaluations.items()
            if task.done() and not task.cancelled() and task.exception() is None
        }

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """Mean score over the people of a trial, 1 to 5; see ``detail``."""
        return (await self.detail(known, trial=trial)).mean

    async def detail(self, known: frozenset[str], *, trial: int = 0) -> Evaluation:
        """Score a set for the people of a trial. Asked for twice, it is made once.

        Raises:
            RewardError: Fewer than half of the people got a score; names a cause.
            BudgetError: The budget is used up. What was paid for is kept in the cache.
        """
        key = (known, trial)
        task = self._evaluations.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            sample = trial if self._given else 0
            task = asyncio.create_task(
                self.judged(known, self._people(trial), sample=sample, evaluation=key)
            )
            # an error is each caller's; where all were cancelled there is nobody to tell it
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._evaluations[key] = task
        # a caller that is cancelled leaves the others theirs
        return await asyncio.shield(task)

    async def judged(
        self,
        known: frozenset[str],
        people: Sequence[Profile],
        *,
        sample: int = 0,
        evaluation: tuple[frozenset[str], int] | None = None,
    ) -> Evaluation:
        """Score a set for some people, whoever they are; raises as ``detail`` does.

        Args:
            known: Attribute ids whose values the writer sees.
            people: Profiles.
            sample: Another number asks for another reply.
            evaluation: What it counts as in the budget; a set's evaluation of its own when omitted.
        """
        paid_as = evaluation or (known, *sorted(one.id for one in people))
        results = await asyncio.gather(
            *(self._tried(known, one, sample, paid_as) for one in people), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        scores = tuple(one for one in results if isinstance(one, PersonScore))
        causes = tuple(one.cause for one in results if isinstance(one, Unscored))
        self.unscored += causes
        self._on_evaluated()
        if not scores or 2 * len(scores) < len(people):
            cause = causes[-1] if causes else "there are no people"
            raise RewardError(
                f"{len(scores)} of {len(people)} replies to {self._query[:60]!r} could be scored, "
                f"which is too few: {cause}"
            )
        return Evaluation(known=known, per_person=scores, unscored=causes)

    async def _tried(
        self, known: frozenset[str], person: Profile, sample: int, paid_as: tuple[object, ...]
    ) -> PersonScore | Unscored:
        """The score of one person's reply, or why there is none; tried a few times."""
        failure = Unscored(cause="nothing was tried")
        for _ in range(self._attempts):
            try:
                async with self._slots:
                    return await self._one(known, person, sample, paid_as)
            except (BudgetError, CacheError):
                raise
            except RaisePenguinError as error:
                failure = Unscored(cause=str(error))
        return failure

    async def _one(
        self, known: frozenset[str], person: Profile, sample: int, paid_as: tuple[object, ...]
    ) -> PersonScore:
        """One reply, written and judged; from the cache where it is there."""
        shown = {name: value for name, value in person.values.items() if name in known}

        async def write() -> str:
            with self._budget.paying(self._cost[0], paid_as):
                return _text(await self._writer(self._query, self._domain, profile_facts(shown)))

        async def judge() -> str:
            with self._budget.paying(self._cost[1], paid_as):
                verdict = await self._judge.judge(self._query, person, reply)
            if isinstance(verdict, Unscored):
                raise RewardError(verdict.cause)
            return verdict.model_dump_json()

        if self._cache is None:
            reply = await write()
            return _as_score(person, Verdict.model_validate_json(await judge()))
        asked = [self._query, self._domain, shown, person.model_dump(), sample]
        key = content_key("reply", self._written_by, *asked)
        reply = await self._cache.once(key, write)
        key = content_key("verdict", self._made_by, *asked, must_hold(person), reply)
        kept = await self._cache.once(key, judge)
        try:
            return _as_score(person, Verdict.model_validate_json(kept))
        except ValidationError as error:
            raise self._cache.unreadable(first_problem(error)) from error


def people_of(situation_id: str, n: int, seed: int) -> People:
    """People who may be in a situation, n for each trial, drawn from the network with its domain.

    Those of trial 0 are ``planning_people``; no person is in two trials.
    """

    def batch(trial: int) -> list[Profile]:
        numbers = range(trial * n, (trial + 1) * n)
        return [person("plan", situation_id, number, seed) for number in numbers]

    return batch


def _the_same(people: Sequence[Profile]) -> People:
    fixed = tuple(people)
    return lambda trial: fixed


def _text(reply: object) -> str:
    """A writer's reply, as it can be kept on disk and sent on.

    A server that streams may cut a character outside of the basic plane in two; its halves are put
    together, and one that stands alone becomes the sign for an unknown character.

    Raises:
        RewardError: It is no text.
    """
    if not isinstance(reply, str):
        raise RewardError(f"the writer gave {type(reply).__name__} where a reply is text")
    return reply.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _as_score(person: Profile, verdict: Verdict) -> PersonScore:
    by_dimension: dict[Dimension, float] = {name: verdict.score(name) for name in DIMENSIONS}
    return PersonScore(person, verdict.mean, by_dimension)
