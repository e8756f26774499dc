"""Guards branching: it pays where answers matter, and changes nothing where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.judging.verdict import DIMENSIONS
from raise_penguin.penguin.profile import Profile
from raise_penguin.policies.branching import BranchSettings, branch, path_of, shrink
from raise_penguin.policies.plan import Branch, Plan, Problem
from raise_penguin.policies.reward import Evaluation, PersonScore
from raise_penguin.policies.scoring import RewardError

NAMES = tuple(load_attributes())
PROBLEM = Problem(attributes=NAMES, depth=2, evaluations=100)
DEPRESSED = "Severe Depression"


@dataclass
class Reward:
    """Points by attribute; for those with one answer, other points."""

    gains: Mapping[str, float]
    told: Mapping[str, float] | None = None
    noise: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))
    asked: list[tuple[frozenset[str], Profile]] = field(
        default_factory=list[tuple[frozenset[str], Profile]]
    )

    async def judged(self, known: frozenset[str], people: Sequence[Profile]) -> Evaluation:
        scores: list[PersonScore] = []
        for one in people:
            self.asked.append((known, one))
            depressed = one.values["mental_health_status"] == DEPRESSED
            gains = self.told if self.told and depressed else self.gains
            score = 2 + sum(gains.get(name, 0.0) for name in known)
            score += float(self.rng.normal(0, self.noise)) if self.noise else 0.0
            scores.append(PersonScore(one, score, dict.fromkeys(DIMENSIONS, score)))
        return Evaluation(known=known, per_person=tuple(scores))


FIRST = {"mental_health_status": 1.0, "economic_status": 0.5}
OTHER = {"mental_health_status": 1.0, "past_self_harm_history": 0.5}


def plan(*path: str) -> Plan:
    values = tuple(2.0 + number for number in range(len(path) + 1))
    return Plan(
        path=path or ("mental_health_status", "economic_status"),
        values=values if path else (2.0, 3.0, 3.5),
        errors=(0.0,) * (len(path) + 1 if path else 3),
        evaluations=0,
        planner="fixed",
        scores={},
    )


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


async def test_those_who_need_another_question_get_it() -> None:
    reward = Reward(FIRST, OTHER, noise=0.1)
    found = await branch(plan(), reward, PROBLEM, rng=rng(), domain="health")
    assert found.tree is not None
    assert list(found.tree.by_value) == [DEPRESSED]
    assert path_of(found, {"mental_health_status": DEPRESSED}) == (
        "mental_health_status",
        "past_self_harm_history",
    )
    for answers in ({}, {"mental_health_status": "None"}, {"mental_health_status": "own words"}):
        assert path_of(found, answers) == found.path == plan().path
    assert found.tree.gain == pytest.approx(1.0)
    assert found.tree.by_value[DEPRESSED].gain == pytest.approx(0.5, abs=0.2)
    assert found.tree.by_value[DEPRESSED].otherwise is None


async def test_where_nothing_depends_on_answers_the_plan_is_as_it_was() -> None:
    for told in (None, FIRST):
        found = await branch(plan(), Reward(FIRST, told), PROBLEM, rng=rng(), domain="health")
        assert found == plan()
        assert path_of(found, {"mental_health_status": DEPRESSED}) == plan().path


async def test_noise_alone_seldom_makes_branches() -> None:
    answers = 0
    for seed in range(20):
        reward = Reward(FIRST, noise=0.3, rng=rng(seed))
        found = await branch(plan(), reward, PROBLEM, rng=rng(seed), domain="health")
        answers += len(found.tree.by_value) if found.tree else 0
    assert answers <= 2


async def test_those_who_confirm_had_no_part_in_the_proposal_and_all_gave_the_answer() -> None:
    reward = Reward(FIRST, OTHER)
    settings = BranchSettings(people=5)
    await branch(plan(), reward, PROBLEM, rng=rng(), domain="health", settings=settings)
    wanted = frozenset({"mental_health_status", "past_self_harm_history"})
    people = [one for known, one in reward.asked if known == wanted]
    depressed = {one.id for one in people if one.values["mental_health_status"] == DEPRESSED}
    assert len(depressed) == 20, "five propose, ten confirm, five tell what it is worth"


async def test_a_gain_that_nobody_was_scored_for_is_an_error_and_no_number() -> None:
    class Halves(Reward):
        """Scores one half of those who branched with the question, the other half without."""

        async def judged(self, known: frozenset[str], people: Sequence[Profile]) -> Evaluation:
            found = await super().judged(known, people)
            branched = {one.values["mental_health_status"] for one in people} == {DEPRESSED}
            if not branched or len(people) != BranchSettings().people:
                return found
            half = len(people) // 2
            scored = found.per_person[:half] if len(known) > 1 else found.per_person[half:]
            return Evaluation(known=known, per_person=scored)

    with pytest.raises(RewardError, match="both with and without past_self_harm_history"):
        await branch(plan(), Halves(FIRST, OTHER), PROBLEM, rng=rng(), domain="health")


async def test_a_question_that_costs_more_than_it_adds_is_not_asked() -> None:
    problem = Problem(
        attributes=NAMES, depth=2, evaluations=1, costs={"past_self_harm_history": 0.9}
    )
    found = await branch(plan(), Reward(FIRST, OTHER), problem, rng=rng(), domain="health")
    assert found.tree is None or DEPRESSED not in found.tree.by_value


async def test_chances_of_stopping_weigh_the_prefixes() -> None:
    path = ("mental_health_status", "age", "past_self_harm_history")
    both = FIRST | OTHER
    at_the_end = Problem(attributes=path, depth=3, evaluations=1)
    after_two = Problem(attributes=path, depth=3, evaluations=1, stop_chances=(0.0, 0.0, 1.0, 0.0))
    reward = Reward(both)
    assert (await branch(plan(*path), reward, at_the_end, rng=rng(), domain="health")).tree is None
    found = await branch(plan(*path), reward, after_two, rng=rng(), domain="health")
    assert found.tree is not None
    assert path_of(found, {"mental_health_status": "None"})[:2] == (path[0], path[2])


async def test_a_short_path_has_nothing_to_branch() -> None:
    for path in (("age",), ()):
        fixed = Plan(
            path=path,
            values=(2.0,) * (len(path) + 1),
            errors=(0.0,) * (len(path) + 1),
            evaluations=0,
            planner="fixed",
            scores={},
        )
        assert await branch(fixed, Reward(FIRST), PROBLEM, rng=rng()) == fixed


async def test_a_plan_is_the_same_from_a_seed() -> None:
    found = [
        await branch(plan(), Reward(FIRST, OTHER, 0.1), PROBLEM, rng=rng(3), domain="health")
        for _ in range(2)
    ]
    assert found[0] == found[1]


def test_a_tree_is_followed_by_answers() -> None:
    leaf = Branch("age", 0.1, {}, None)
    tree = Branch("gender", 0.5, {"Male": Branch("profession", 0.2, {}, leaf)}, leaf)
    whole = Plan(
        path=("gender", "age"),
        values=(1.0, 2.0, 3.0),
        errors=(0.0,) * 3,
        evaluations=0,
        planner="x",
        scores={},
        tree=tree,
    )
    assert path_of(whole, {"gender": "Male"}) == ("gender", "profession", "age")
    assert path_of(whole, {"gender": "Female"}) == path_of(whole, {}) == ("gender", "age")


@given(
    arrays(float, st.integers(1, 30), elements=st.floats(-2, 2)),
    st.integers(1, 5),
    st.integers(0, 1_000),
)
def test_shrunk_means_lie_between_their_own_and_that_of_all(
    values: np.ndarray, count: int, seed: int
) -> None:
    groups = np.random.default_rng(seed).integers(0, count, len(values))
    found = shrink(values, groups, count)
    everybody = values.mean()
    for number in range(count):
        own = values[groups == number].mean() if (groups == number).any() else everybody
        low, high = sorted((own, everybody))
        assert low - 1e-9 <= found[number] <= high + 1e-9


def test_shrinkage_depends_on_how_much_groups_differ() -> None:
    groups = np.repeat([0, 1], 20)
    noise = np.tile([-1.0, 1.0], 20)
    clear = shrink(noise + np.where(groups == 0, 3.0, -3.0), groups, 2)
    assert clear == pytest.approx([3, -3], abs=0.05)
    assert shrink(noise, groups, 2) == pytest.approx([0, 0])
    missing = np.where(groups == 0, np.nan, noise + 2)
    assert shrink(missing, groups, 2) == pytest.approx([2, 2])
    assert np.isnan(shrink(np.full(3, np.nan), np.zeros(3, int), 2)).all()
