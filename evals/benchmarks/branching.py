"""When does a plan that branches on answers beat the best fixed order? On people held out.

``python -m raise_penguin.evals.benchmarks.branching`` plans exhaustively, lets the plan branch, and
compares both on other people, as the mean reward over the prefixes of what each person is asked:

* synthetic, dependent: which question is best second depends on the first answer,
* synthetic, independent: every question is worth the same to everybody,
* offline: replies of the offline writer, scored by the offline judge.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...graphs.roles import ReplyRequest
from ...graphs.roles.offline_responder import OfflineResponder
from ...penguin.attributes import load_attributes
from ...penguin.domains import load_situations
from ...penguin.facts import Facts
from ...penguin.judging.offline import OfflineJudge
from ...penguin.judging.verdict import DIMENSIONS
from ...penguin.people import generator, person
from ...penguin.profile import Profile
from ...policies.branching import BranchSettings, PeopleReward, branch, path_of
from ...policies.plan import Plan, Problem
from ...policies.planners import ExhaustivePlanner
from ...policies.reward import Evaluation, JudgedReward, PersonScore, people_of
from ..statistics import Estimate, clustered_mean

DEPTH = 3
FIRST = "mental_health_status"
TROUBLED = ("Severe Depression", "Mild Depression", "Anxiety")


@dataclass(frozen=True, kw_only=True)
class SyntheticReward:
    """Every attribute adds to the score; one of two adds much, by the value of another or not.

    The floor of 1.5 and the gains keep every score between 1 and 5.
    """

    seed: int
    dependent: bool
    noise: float = 0.3
    """Standard deviation of a single score."""
    people: int = 8

    async def __call__(self, known: frozenset[str], *, trial: int = 0) -> float:
        """Mean over the people of a trial."""
        situation = next(iter(load_situations()))
        return (await self.judged(known, people_of(situation, self.people, self.seed)(trial))).mean

    async def judged(self, known: frozenset[str], people: Sequence[Profile]) -> Evaluation:
        """The score of each person, with noise that is the same whenever it is asked for."""
        scores: list[PersonScore] = []
        for one in people:
            key = f"{one.id} {sorted(one.values.items())} {sorted(known)}"
            noise = generator("noise", key, 0, self.seed).normal(0, self.noise)
            score = float(np.clip(self.value(known, one.values) + noise, 1, 5))
            scores.append(PersonScore(one, score, dict.fromkeys(DIMENSIONS, score)))
        return Evaluation(known=known, per_person=tuple(scores))

    def value(self, known: frozenset[str], values: Mapping[str, str]) -> float:
        """The score without noise."""
        troubled = values[FIRST] in TROUBLED and self.dependent
        gains = dict.fromkeys(load_attributes(), 0.1) | {FIRST: 1.0}
        gains |= {"past_self_harm_history": 0.1, "economic_status": 0.8}
        if troubled:
            gains |= {"past_self_harm_history": 0.8, "economic_status": 0.1}
        return 1.5 + sum(gains[name] for name in known)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A plan with and without branches, on people held out."""

    case: str
    branches: int
    gains: tuple[float, ...]
    """What the branches gave each person, in points of score."""


async def compare(
    case: str,
    reward: SyntheticReward | JudgedReward,
    situation: str,
    *,
    people: int,
    held_out: int,
    seed: int,
) -> Compared:
    """Plan for a situation, branch, and follow both with people who had no part in it."""
    problem = Problem(
        attributes=tuple(load_attributes()),
        depth=DEPTH,
        evaluations=1_000,
        stop_chances=(0.0, *(1 / DEPTH,) * DEPTH),
    )
    rng = generator("branching benchmark", case, 0, seed)
    fixed = await ExhaustivePlanner().plan(reward, problem, rng=rng)
    branched = await branch(
        fixed,
        reward,
        problem,
        rng=rng,
        domain=load_situations()[situation][0].id,
        situation=situation,
        settings=BranchSettings(people=people),
    )
    others = [person("held out", situation, number, seed) for number in range(held_out)]
    # the noise of a synthetic reward is known, so it need not blur the comparison
    truth = replace(reward, noise=0.0) if isinstance(reward, SyntheticReward) else reward
    before = await followed(fixed, truth, others)
    after = await followed(branched, truth, others)
    gains = tuple(after[one.id] - before[one.id] for one in others)
    return Compared(case=case, branches=_count(branched), gains=gains)


async def followed(plan: Plan, reward: PeopleReward, people: Sequence[Profile]) -> dict[str, float]:
    """Mean score over what is known after each question, by person."""
    groups: defaultdict[frozenset[str], list[Profile]] = defaultdict(list)
    for one in people:
        path = path_of(plan, one.values)
        for length in range(1, len(path) + 1):
            groups[frozenset(path[:length])].append(one)
    totals: defaultdict[str, float] = defaultdict(float)
    for known, group in groups.items():
        for scored in (await reward.judged(known, group)).per_person:
            totals[scored.person.id] += scored.score / DEPTH
    return totals


def _count(plan: Plan) -> int:
    """Answers that have a branch of their own."""
    nodes, found = [plan.tree] if plan.tree else [], 0
    while nodes:
        node = nodes.pop()
        found += len(node.by_value)
        nodes += [*node.by_value.values(), *([node.otherwise] if node.otherwise else [])]
    return found


def summary(name: str, cases: Sequence[Compared]) -> str:
    """One line: how many branch, and what it gives, the cases being independent of each other."""
    branching = [one for one in cases if one.branches]
    everywhere = clustered_mean([(one.case, gain) for one in cases for gain in one.gains])
    there = clustered_mean([(one.case, gain) for one in branching for gain in one.gains])
    return (
        f"{name}: {len(branching)} of {len(cases)} branch ({sum(one.branches for one in cases)} "
        f"branches); gain over all {_told(everywhere)}; where they branch {_told(there)}"
    )


def _told(estimate: Estimate | None) -> str:
    if estimate is None:
        return "none"
    if estimate.interval is None:
        return f"{estimate.mean:+.3f} (one case, no interval)"
    return f"{estimate.mean:+.3f} [{estimate.interval.low:+.3f}, {estimate.interval.high:+.3f}]"


def _offline(situation: str, people: int, seed: int) -> JudgedReward:
    domain, kind = load_situations()[situation]
    responder = OfflineResponder()

    async def write(query: str, domain: str, facts: Facts) -> str:
        return responder.compose(ReplyRequest(query=query, domain=domain, facts=facts))

    return JudgedReward(
        kind.planning_queries[0],
        domain.id,
        people_of(situation, people, seed),
        writer=write,
        judge=OfflineJudge(),
    )


async def run(*, rewards: int, situations: int, people: int, held_out: int, seed: int) -> list[str]:
    """The three comparisons, a line each.

    Args:
        rewards: Synthetic rewards of each kind; they differ in people and noise.
        situations: Situations of the offline reward, spread over the domains; training split only.
        people: People an evaluation, and people an answer when branches are looked for.
        held_out: People held out for each.
        seed: Seed of all.
    """
    lines: list[str] = []
    first = next(iter(load_situations()))
    size = {"people": people, "held_out": held_out, "seed": seed}
    for dependent in (True, False):
        cases: list[Compared] = []
        for number in range(rewards):
            reward = SyntheticReward(seed=seed + number, dependent=dependent, people=people)
            cases.append(await compare(f"{number}", reward, first, **size))
        kind = "dependent" if dependent else "independent"
        lines.append(summary(f"synthetic, {kind}", cases))
    train = [name for name, (_, one) in load_situations().items() if one.split == "train"]
    chosen = [train[place * len(train) // situations] for place in range(situations)]
    cases = [await compare(name, _offline(name, people, seed), name, **size) for name in chosen]
    lines.append(summary("offline", cases))
    lines += [
        f"  {one.case}: {one.branches} branches, {float(np.mean(one.gains)):+.3f}"
        for one in cases
        if one.branches
    ]
    return lines


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rewards", type=int, default=20)
    parser.add_argument("--situations", type=int, default=21)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--held-out", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    for line in asyncio.run(run(**vars(parser.parse_args()))):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
