"""Plans that branch: what to ask next may depend on what was answered.

A branch is proposed from scores of people who gave an answer, shrunk towards those of everybody,
and kept only if other people, drawn for that answer, gain by more than twice the standard error:
the best of many noisy proposals looks better than it is, so it is not believed on its own word.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..penguin.inference import impute, posterior
from ..penguin.profile import Profile
from .plan import Branch, Plan, Problem
from .reward import Evaluation
from .scoring import RewardError

Scores = npt.NDArray[np.float64]


class PeopleReward(Protocol):
    """Scores a set for people that are given; ``JudgedReward`` does."""

    async def judged(self, known: frozenset[str], people: Sequence[Profile]) -> Evaluation:
        """The scores of those who got one."""
        ...


@dataclass(frozen=True, kw_only=True)
class BranchSettings:
    """How hard to look for branches."""

    people: int = 8
    """People drawn for each answer to propose by, and twice as many others to confirm by."""
    least_chance: float = 0.08
    """Share of all people below which an answer gets no branch of its own."""
    levels: int = 2
    """Questions after which the order may branch; the scores to pay for grow with each."""
    errors: float = 2.0
    """Standard errors that the confirmed gain must exceed; at 1 half of all plans get branches by
    chance alone, since many answers are tried."""


async def branch(
    plan: Plan,
    reward: PeopleReward,
    problem: Problem,
    *,
    rng: np.random.Generator,
    domain: str = "",
    situation: str = "",
    settings: BranchSettings | None = None,
) -> Plan:
    """Let a plan branch where that pays.

    Args:
        plan: The best fixed path that was found; it is followed wherever nothing better is.
        reward: Scores sets for people.
        problem: What was planned; its costs and chances of stopping hold here too.
        rng: The only source of chance.
        domain: Domain id of the message: who may ask it.
        situation: Situation id, which a judge may know more about.
        settings: How hard to look.

    Returns:
        The plan with a tree, or as it was where no branch is worth it.

    Raises:
        RewardError: A set could not be scored for people who gave an answer.
    """
    settings = settings or BranchSettings()
    nobody = Profile(id="", domain=domain, situation=situation, values={})
    search = _Search(plan, reward, problem, settings, nobody=nobody, rng=rng)
    tree = await search.follow(plan.path, {}, 1.0)
    return replace(plan, tree=tree) if tree and _branches(tree) else plan


def path_of(plan: Plan, values: Mapping[str, str]) -> tuple[str, ...]:
    """What a plan asks somebody who answers with these values; one that is absent is declined."""
    if plan.tree is None:
        return plan.path
    asked: list[str] = []
    node: Branch | None = plan.tree
    while node is not None:
        asked.append(node.attribute)
        node = node.by_value.get(values.get(node.attribute, ""), node.otherwise)
    return tuple(asked)


def _branches(tree: Branch) -> bool:
    return bool(tree.by_value) or (tree.otherwise is not None and _branches(tree.otherwise))


class _Search:
    """Looks for branches below each answer that is likely enough."""

    def __init__(
        self,
        plan: Plan,
        reward: PeopleReward,
        problem: Problem,
        settings: BranchSettings,
        *,
        nobody: Profile,
        rng: np.random.Generator,
    ) -> None:
        self.plan, self.reward, self.problem, self.settings = plan, reward, problem, settings
        self.nobody, self.rng = nobody, rng
        length = len(plan.path)
        chances = problem.stop_chances or (*(0.0,) * length, 1.0)
        self.chances = (*chances[:length], sum(chances[length:]))
        self.drawn = 0

    async def follow(
        self, path: tuple[str, ...], answers: Mapping[str, str], chance: float, asked: int = 0
    ) -> Branch | None:
        """The tree of a path for those with these answers, from its question ``asked`` on.

        Args:
            path: All questions, those already asked first.
            answers: What was answered to branch here.
            chance: Share of all people who give these answers.
            asked: How many questions of the path are asked already.
        """
        if asked == len(path):
            return None
        attribute = path[asked]
        by_value: dict[str, Branch] = {}
        if asked < min(self.settings.levels, len(path) - 1):
            chances = posterior(answers, domain=self.nobody.domain)[attribute]
            likely = {
                value: share * chance
                for value, share in chances.items()
                if share * chance >= self.settings.least_chance
            }
            for value, better in (await self.better(path, asked + 1, answers, likely)).items():
                told = {**answers, attribute: value}
                node = await self.follow(better, told, likely[value], asked + 1)
                if node is not None:
                    by_value[value] = node
        otherwise = await self.follow(path, answers, chance, asked + 1)
        gain = await self.gain(path[: asked + 1], answers)
        return Branch(attribute, gain, by_value, otherwise)

    async def better(
        self,
        path: tuple[str, ...],
        asked: int,
        answers: Mapping[str, str],
        values: Mapping[str, float],
    ) -> dict[str, tuple[str, ...]]:
        """For each answer to the question before ``asked``, a better path where there is one."""
        told = {value: {**answers, path[asked - 1]: value} for value in values}
        people = {value: self.people(told[value]) for value in values}
        others = [name for name in self.problem.attributes if name not in path[: asked + 1]]
        paths = [_asking(name, path, asked) for name in others]
        everybody = [one for group in people.values() for one in group]
        if not paths or not everybody:
            return {}
        gains = np.stack([await self.gains(each, path, asked, everybody) for each in paths])
        groups = np.repeat(np.arange(len(people)), [len(group) for group in people.values()])
        shrunk = np.stack([shrink(row, groups, len(people)) for row in gains])
        found: dict[str, tuple[str, ...]] = {}
        for place, value in enumerate(values):
            best = int(np.argmax(shrunk[:, place]))
            if shrunk[best, place] > 0 and await self.confirmed(
                paths[best], path, asked, told[value]
            ):
                found[value] = paths[best]
        return found

    async def confirmed(
        self, better: tuple[str, ...], path: tuple[str, ...], asked: int, answers: Mapping[str, str]
    ) -> bool:
        """Whether people who were not there when it was proposed gain by more than the error."""
        others = [*self.people(answers), *self.people(answers)]
        gains = await self.gains(better, path, asked, others)
        known = gains[~np.isnan(gains)]
        if len(known) < 2:  # noqa: PLR2004 - one person has no error
            return False
        error = float(known.std(ddof=1)) / math.sqrt(len(known))
        return float(known.mean()) > self.settings.errors * error

    async def gains(
        self, better: tuple[str, ...], path: tuple[str, ...], asked: int, people: Sequence[Profile]
    ) -> Scores:
        """What each person gains on another path; not a number where a score is missing."""
        total = np.zeros(len(people))
        later = sum(self.chances[asked + 1 :])
        if later <= 0:
            return total
        for length in range(asked + 1, len(path) + 1):
            weight = self.chances[length] / later
            new, old = frozenset(better[:length]), frozenset(path[:length])
            if weight and new != old:
                total += weight * (await self.scores(new, people) - await self.scores(old, people))
                total -= weight * (self.cost(new) - self.cost(old))
        return total

    async def gain(self, path: tuple[str, ...], answers: Mapping[str, str]) -> float:
        """What the last question of a path adds for those with these answers, in points."""
        if not answers:  # everybody is on the path that was planned
            return self.plan.values[len(path)] - self.plan.values[len(path) - 1]
        people = self.people(answers)
        after = await self.scores(frozenset(path), people)
        before = await self.scores(frozenset(path[:-1]), people)
        gains = after - before
        if np.isnan(gains).all():
            raise RewardError(f"nobody got a score both with and without {path[-1]}")
        return float(np.nanmean(gains))

    async def scores(self, known: frozenset[str], people: Sequence[Profile]) -> Scores:
        """Each person's score; not a number where there is none."""
        found = (await self.reward.judged(known, people)).per_person
        by_id = {one.person.id: one.score for one in found}
        return np.array([by_id.get(one.id, math.nan) for one in people])

    def cost(self, known: frozenset[str]) -> float:
        """Points that asking all of them costs a person."""
        return sum(self.problem.costs.get(name, 0.0) for name in known)

    def people(self, answers: Mapping[str, str]) -> list[Profile]:
        """New people who give these answers, the rest of them drawn from the network."""
        drawn: list[Profile] = []
        for _ in range(self.settings.people):
            self.drawn += 1
            values = impute(self.rng, answers, domain=self.nobody.domain)
            name = f"branch/{self.drawn}"
            drawn.append(self.nobody.model_copy(update={"id": name, "values": values}))
        return drawn


def _asking(name: str, path: tuple[str, ...], asked: int) -> tuple[str, ...]:
    """A path that asks ``name`` next and then what it would have asked, as long as before."""
    rest = [one for one in path[asked:] if one != name]
    return (*path[:asked], name, *rest)[: len(path)]


def shrink(values: Scores, groups: npt.NDArray[np.int64], count: int) -> Scores:
    """Means of groups drawn towards the mean of all: the less, the more the groups differ.

    The usual two-level normal model, with the variance between groups by the method of moments.

    Args:
        values: One for each person; those that are not numbers are left out.
        groups: The group of each, 0 to ``count - 1``.
        count: How many groups there are.

    Returns:
        A mean for each group; a group of which nothing is known has the mean of all.
    """
    kept = ~np.isnan(values)
    values, groups = values[kept], groups[kept]
    if not len(values):
        return np.full(count, math.nan)
    sizes = np.bincount(groups, minlength=count)
    sums = np.bincount(groups, weights=values, minlength=count)
    means = sums / np.maximum(sizes, 1)
    everybody = float(values.mean())
    inner = len(values) - int((sizes > 0).sum())
    within = float(((values - means[groups]) ** 2).sum()) / inner if inner > 0 else math.inf
    if not math.isfinite(within):
        return np.full(count, everybody)
    filled = sizes > 0
    noise = within / np.maximum(sizes, 1)
    differ = float((means[filled] - means[filled].mean()).var(ddof=1)) if filled.sum() > 1 else 0.0
    between = max(0.0, differ - float(noise[filled].mean()))
    weight = np.where(filled, between / np.maximum(between + noise, 1e-12), 0.0)
    return everybody + weight * (means - everybody)
