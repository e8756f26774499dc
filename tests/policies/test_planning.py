"""Guards planning: it goes on where it was, ends with what it has, starts from earlier plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from fake_evaluator import FakeJudge, FakeWriter
from plans import plan

from raise_penguin.penguin.domains import load_situations
from raise_penguin.penguin.errors import (
    ModelUnavailableError,
    RaisePenguinError,
    SettingsError,
    StructuredAnswerError,
)
from raise_penguin.policies.budget import Budget
from raise_penguin.policies.evaluator import Evaluator, PlanSettings
from raise_penguin.policies.plan import Plan, Prior, Problem, Reward
from raise_penguin.policies.planners import MCTSPlanner, RandomPlanner
from raise_penguin.policies.planning import (
    PATIENCE,
    earlier_plans,
    plan_situations,
)
from raise_penguin.policies.prior import uniform_prior
from raise_penguin.policies.replacing import CUT
from raise_penguin.policies.retrieval import Neighbour
from raise_penguin.policies.reward_cache import RewardCache
from raise_penguin.policies.scoring import RewardError
from raise_penguin.policies.store import PolicyStore

NAMES = ["career_quitting", "career_burnout"]
SETTINGS = PlanSettings(planner=MCTSPlanner(), depth=2, evaluations=20, people=2)


@dataclass
class Stubborn:
    """Scores each attribute alone and goes on where one has no score, as a planner should."""

    name: str = "stubborn"
    problem: Problem | None = None

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        self.problem = problem
        scores: dict[frozenset[str], float] = {}
        for known in [frozenset[str](), *({name} for name in problem.attributes)]:
            try:
                scores[frozenset(known)] = await reward(frozenset(known))
            except RewardError:
                continue
        best = max(scores, key=lambda known: (len(known), scores[known]))
        values = (scores[frozenset()], *(scores[best] for _ in best))
        return Plan(
            path=tuple(best),
            values=values,
            errors=(0.0,) * len(values),
            evaluations=len(scores),
            planner=self.name,
            scores=scores,
        )


def evaluator(judge: FakeJudge | None = None) -> Evaluator:
    return Evaluator(
        writer=FakeWriter(),
        judge=judge or FakeJudge(),
        models={"writer": "fake", "judge": "fake"},
    )


async def test_planning_goes_on_where_it_was(tmp_path: Path) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        assert (await plan_situations(store, NAMES[:1], SETTINGS, evaluator())).made == 1
        both = await plan_situations(store, NAMES, SETTINGS, evaluator())
        assert (both.made, both.stored) == (1, 1)
        assert len(store.records()) == 2


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (replace(SETTINGS, seed=1), "seed 0 -> 1"),
        (replace(SETTINGS, cost_weight=0.5), "cost_weight 0.0 -> 0.5"),
        (replace(SETTINGS, evaluations=3), "budget 20 -> 3"),
        (replace(SETTINGS, people=1), "people 2 -> 1; in_flight 4 -> 8"),
        (replace(SETTINGS, planner=RandomPlanner()), "planner mcts -> random"),
    ],
)
async def test_a_plan_of_other_settings_is_replaced_only_when_asked(
    settings: PlanSettings, named: str, tmp_path: Path
) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        await plan_situations(store, NAMES[:1], SETTINGS, evaluator())
        before, judge = store.records(), FakeJudge()
        with pytest.raises(SettingsError, match=f"1 of these .*{named}.*--replace"):
            await plan_situations(store, NAMES, settings, evaluator(judge))
        assert store.records() == before
        assert judge.total == 0, "told before anything is paid for"
        assert (await plan_situations(store, NAMES[1:], settings, evaluator())).made == 1
        for made, stored in ((1, 1), (0, 2)):  # the same command goes on
            done = await plan_situations(store, NAMES, settings, evaluator(), replace_others=True)
            assert (done.made, done.stored) == (made, stored)
        assert store.records()[0].provenance.same_settings(store.records()[1].provenance)


@pytest.mark.parametrize("wrong", [{"people": 0}, {"messages": 0}, {"seed": -1}])
def test_settings_that_plan_nothing_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match=r"at least [01]"):
        replace(SETTINGS, **wrong)


async def test_how_many_are_in_flight_is_a_setting_once_it_is_known(tmp_path: Path) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        await plan_situations(store, NAMES[:1], SETTINGS, evaluator())
        (record,) = store.records()
        assert record.provenance.in_flight == 4
        more = replace(evaluator(), in_flight=20)
        with pytest.raises(SettingsError, match="in_flight 4 -> 10"):
            await plan_situations(store, NAMES[:1], SETTINGS, more)
        fingerprint = store.fingerprint
        older = record.provenance.model_copy(update={"in_flight": None})
        store.add([record.model_copy(update={"provenance": older})])
        assert store.fingerprint == fingerprint
        assert (await plan_situations(store, NAMES[:1], SETTINGS, more)).stored == 1


async def test_an_imported_plan_gives_way_to_a_planned_one(tmp_path: Path) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        await plan_situations(store, NAMES[:1], SETTINGS, evaluator())
        (record,) = store.records()
        changes: dict[str, object] = {"planner": "imported", "budget": None, "evaluations": 0}
        imported = record.provenance.model_copy(update=changes)
        store.add([record.model_copy(update={"provenance": imported})])
        assert (await plan_situations(store, NAMES[:1], SETTINGS, evaluator())).made == 1


async def test_of_two_who_plan_messages_at_once_the_better_known_plans_stay(
    tmp_path: Path,
) -> None:
    """The other one plans both messages while this one is at the first."""

    class Slower(MCTSPlanner):
        async def plan(
            self,
            reward: Reward,
            problem: Problem,
            *,
            rng: np.random.Generator,
            prior: Prior | None = None,
        ) -> Plan:
            await plan_situations(store, NAMES, SETTINGS, evaluator())
            return await super().plan(reward, problem, rng=rng, prior=prior)

    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        fewer = replace(SETTINGS, planner=Slower(), evaluations=3)
        assert (await plan_situations(store, NAMES, fewer, evaluator())).made == 2
        for record in store.records():
            assert record.provenance.budget == 20
            assert [one.budget for one in record.replaced] == [3]


async def test_what_the_planner_gets(tmp_path: Path) -> None:
    planner = Stubborn()
    settings = replace(SETTINGS, planner=planner, cost_weight=2.0)
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        await plan_situations(store, NAMES[:1], settings, replace(evaluator(), in_flight=8))
        record = store.records()[0]
    problem = planner.problem
    assert problem is not None
    assert (problem.depth, problem.evaluations, problem.in_flight) == (2, 20, 4)
    assert problem.costs["past_self_harm_history"] == pytest.approx(1.8)
    assert problem.costs["age"] == pytest.approx(0.2)
    assert problem.stop_chances == (0.0, 0.5, 0.5)
    assert problem.earlier == ()
    assert len(record.scores) == 11
    assert record.provenance.cost_weight == 2


async def test_what_a_planner_believes_beyond_the_scale_is_stored_as_its_end(
    tmp_path: Path,
) -> None:
    class Hopeful(Stubborn):
        async def plan(
            self,
            reward: Reward,
            problem: Problem,
            *,
            rng: np.random.Generator,
            prior: Prior | None = None,
        ) -> Plan:
            found = await super().plan(reward, problem, rng=rng, prior=prior)
            return replace(found, values=(0.9, 5.2))

    settings = replace(SETTINGS, planner=Hopeful())
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        assert (await plan_situations(store, NAMES[:1], settings, evaluator())).made == 1
        assert store.records()[0].values == (1.0, 5.0)


async def test_the_budget_ends_a_run_and_what_was_paid_for_is_kept(tmp_path: Path) -> None:
    settings = replace(SETTINGS, planner=Stubborn())
    writer, judge = FakeWriter(), FakeJudge()
    with (
        RewardCache(tmp_path / "cache") as cache,
        PolicyStore.create(tmp_path / "p.sqlite") as store,
    ):

        async def plan(calls: int | None) -> tuple[int, int, bool]:
            paying = replace(
                evaluator(), writer=writer, judge=judge, cache=cache, budget=Budget(calls=calls)
            )
            done = await plan_situations(store, NAMES, settings, paying, replace_others=True)
            return done.made, done.cut, done.used_up is not None

        # an evaluation takes 4 calls; the first message has 11 of them
        assert await plan(20) == (1, 1, True)
        cut = store.records()[0]
        assert CUT in cut.provenance.planner
        assert len(cut.scores) == 5
        assert await plan(30) == (2, 1, True)
        whole = store.records()[0]
        assert CUT not in whole.provenance.planner
        assert cut.scores.items() <= whole.scores.items()
        assert await plan(None) == (1, 0, False)
        assert [CUT in record.provenance.planner for record in store.records()] == [False, False]
        # another run's cut plan does not replace a whole one
        settings = replace(settings, seed=5)
        assert await plan(20) == (0, 0, True)
        assert store.records()[0] == whole
    assert len(writer.calls) == judge.total == 2 * (11 + 11 + 5), "nothing twice"


async def test_a_budget_that_scores_nothing_is_no_failure_of_the_message(tmp_path: Path) -> None:
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        paying = replace(evaluator(), budget=Budget(calls=3))
        done = await plan_situations(store, NAMES, SETTINGS, paying)
        assert "3 calls" in str(done.used_up)
        assert (done.made, done.failed) == (0, {})


async def test_a_plan_cut_short_never_replaces_one_that_was_cut_later(tmp_path: Path) -> None:
    settings = replace(SETTINGS, planner=Stubborn())
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        for calls, scored in ((20, 5), (8, 5), (28, 7)):  # nothing is cached
            paying = replace(evaluator(), budget=Budget(calls=calls))
            assert (await plan_situations(store, NAMES[:1], settings, paying)).cut == 1
            assert len(store.records()[0].scores) == scored


async def test_a_message_that_fails_does_not_end_the_run_and_a_dead_evaluator_does(
    tmp_path: Path,
) -> None:
    ids = frozenset(f"plan/career_quitting/{number}" for number in range(1_000))
    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        done = await plan_situations(store, NAMES, SETTINGS, evaluator(FakeJudge(fails_for=ids)))
        assert done.made == 1
        assert [*done.failed] == list(load_situations()[NAMES[0]][1].planning_queries)
        assert "rubbish" in str(done.failed)
        again = await plan_situations(store, NAMES, SETTINGS, evaluator())
        assert (again.made, again.stored) == (1, 1)
        many = list(load_situations())[:10]
        judge = FakeJudge(failures=1_000)
        with pytest.raises(RewardError, match="rubbish"):
            await plan_situations(
                store, many, replace(SETTINGS, seed=3), evaluator(judge), replace_others=True
            )
        assert len({name.rsplit("/", 1)[0] for name, _ in judge.calls}) == PATIENCE


@pytest.mark.parametrize("error", [ModelUnavailableError("down"), StructuredAnswerError("prose")])
async def test_a_prior_that_fails_for_a_message_does_not_end_the_run(
    tmp_path: Path, error: RaisePenguinError
) -> None:
    async def failing(known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        raise error

    [first] = load_situations()[NAMES[0]][1].planning_queries

    def prior(query: str) -> Prior:
        return failing if query == first else uniform_prior

    def fails(query: str) -> Prior:
        return failing

    with PolicyStore.create(tmp_path / "p.sqlite") as store:
        done = await plan_situations(store, NAMES, SETTINGS, replace(evaluator(), prior=prior))
        assert done.failed == {first: str(error)}
        assert done.made == 1
        others, always = list(load_situations())[5:10], replace(evaluator(), prior=fails)
        with pytest.raises(type(error)):
            await plan_situations(store, others, SETTINGS, always)


def test_earlier_plans_are_read_while_somebody_else_adds_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, query = tmp_path / "p.sqlite", "Should I quit?"
    with PolicyStore.create(path) as earlier, PolicyStore.open(path, write=True) as other:
        search = PolicyStore.nearest

        def added_just_before(store: PolicyStore, query: str, k: int) -> list[Neighbour]:
            other.add([plan(query)])
            return search(store, query, k)

        monkeypatch.setattr(PolicyStore, "nearest", added_just_before)
        (found,) = earlier_plans(earlier, query)
        assert found.scores == plan(query).scores


async def test_earlier_plans_of_similar_messages_are_handed_on(tmp_path: Path) -> None:
    planner = Stubborn()
    with (
        PolicyStore.create(tmp_path / "earlier.sqlite") as earlier,
        PolicyStore.create(tmp_path / "p.sqlite") as store,
    ):
        await plan_situations(earlier, NAMES, SETTINGS, evaluator())
        found = earlier_plans(earlier, load_situations()[NAMES[1]][1].planning_queries[0])
        assert found[0].similarity == pytest.approx(1, abs=1e-3)
        assert found[0].similarity > found[1].similarity >= 0
        assert found[0].scores == earlier.records()[1].scores
        bare = [record.model_copy(update={"scores": {}}) for record in earlier.records()]
        earlier.add(bare)
        settings = replace(SETTINGS, planner=planner)
        await plan_situations(store, NAMES[:1], settings, evaluator(), start_from=earlier)
        assert planner.problem is not None
        values = planner.problem.earlier[0].scores
        assert [*values.values()] == list(bare[0].values)
        assert store.records()[0].provenance.start_from == earlier.fingerprint[:16]
