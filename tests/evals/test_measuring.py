"""Guards the figures: stages, unscored replies, bounds, intervals, and the demo set's effect."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.evals.conditions import Condition, Direct, Raise, all_facts, no_facts
from raise_penguin.evals.results import Results
from raise_penguin.evals.runner import run_evaluation
from raise_penguin.evals.settings import EvalSettings
from raise_penguin.evals.statistics import clustered_mean
from raise_penguin.evals.summary import Summary, summarise
from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.roles.offline_responder import OfflineResponder
from raise_penguin.penguin.judging.offline import OfflineJudge
from raise_penguin.penguin.judging.verdict import Unscored, Verdict
from raise_penguin.penguin.people import control_scenarios, demo_scenarios, spread
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.users.offline import OfflineUser


class FailingJudge(OfflineJudge):
    """Fails on the worst replies, as a judge with a grudge would."""

    def __init__(self, below: float) -> None:
        self.below = below
        self.calls = 0

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        self.calls += 1
        verdict = await super().judge(query, profile, reply)
        if isinstance(verdict, Verdict) and verdict.mean < self.below:
            return Unscored(cause="rubbish")
        return verdict


def conditions() -> list[Condition]:
    writer = OfflineResponder()
    dialogues = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), durability="exit")
    return [
        Direct("context-free", writer, no_facts),
        Raise(dialogues, lambda scenario: OfflineUser(scenario.profile)),
        Direct("context-rich", writer, all_facts),
    ]


async def measured(folder: Path, judge: OfflineJudge, limit: int) -> Summary:
    scenarios = [*spread(demo_scenarios(), limit), *control_scenarios()]
    with Results.start(folder, EvalSettings(limit=limit)) as results:
        await run_evaluation(scenarios, conditions(), judge, results)
        return summarise(results)


async def test_the_effect_on_the_demo_set(tmp_path: Path) -> None:
    summary = await measured(tmp_path, OfflineJudge(), 70)
    assert summary.scenarios == 70
    lows = [found.measure.low for found in summary.differences]
    assert len(lows) == 3
    assert all(low is not None and low > 0 for low in lows), summary.differences
    raised = next(row for row in summary.rows if row.condition == "raise")
    assert 0 < raised.questions <= 3
    assert raised.degraded == 0
    assert raised.calls <= raised.questions + 3
    assert summary.harmless_asked.k / summary.harmless_asked.n <= 0.05
    assert summary.acute_helped_first.n >= 14
    assert summary.acute_helped_first.k == summary.acute_helped_first.n
    assert all("offline" in name for name in summary.labels.values())


async def test_unscored_replies_are_counted_and_withhold_the_mean(tmp_path: Path) -> None:
    judge = FailingJudge(below=3.5)
    summary = await measured(tmp_path, judge, 21)
    free = summary.rows[0]
    assert free.unscored > 5
    assert free.scored + free.unscored == free.n == 21
    assert free.measures == {}
    assert free.bounds is not None
    assert free.bounds[0] < free.bounds[1]
    assert judge.calls == 63


async def test_a_failed_judgement_never_reruns_a_dialogue(tmp_path: Path) -> None:
    scenarios = spread(demo_scenarios(), 7)
    judge = FailingJudge(below=5.1)
    with Results.start(tmp_path, EvalSettings()) as results:
        await run_evaluation(scenarios, conditions(), judge, results)
        held = results.dialogues()
        assert summarise(results).rows[0].unscored == 7
        await run_evaluation(scenarios, conditions(), OfflineJudge(), results)
        assert summarise(results).rows[0].unscored == 7, "not judged again unasked"
        await run_evaluation(scenarios, conditions(), OfflineJudge(), results, retry_unscored=True)
        assert summarise(results).rows[0].scored == 7
        assert results.dialogues() == held


async def test_a_dialogue_that_fails_is_an_error_and_no_score(tmp_path: Path) -> None:
    class Mute:
        name = "mute"
        left = False

        async def answer(self, question: str) -> str:
            from raise_penguin.penguin.errors import ModelUnavailableError

            raise ModelUnavailableError(f"no answer to {question}")

    dialogues = Dialogues(build_raise_graph(checkpointer=InMemorySaver()))
    scenarios = spread(demo_scenarios(), 7)
    with Results.start(tmp_path, EvalSettings(conditions=("raise",))) as results:
        await run_evaluation(
            scenarios, [Raise(dialogues, lambda _: Mute())], OfflineJudge(), results
        )
        row = summarise(results).rows[0]
        assert (row.failed, row.scored, row.n) == (7, 0, 7)
        assert row.bounds == (1.0, 5.0)


def test_known_means_and_intervals() -> None:
    found = clustered_mean([("a", 1.0), ("a", 2.0), ("b", 3.0), ("c", 4.0)])
    assert found is not None
    assert found.mean == 2.5
    assert found.interval is not None
    assert found.interval.low < 2.5 < found.interval.high
    assert clustered_mean([]) is None
    single = clustered_mean([("a", 1.0), ("a", 3.0)])
    assert single is not None
    assert single.interval is None


def test_clusters_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    people = rng.normal(size=30)
    values = [(f"p{n // 5}", float(people[n // 5])) for n in range(150)]
    apart = [(f"q{n}", value) for n, (_, value) in enumerate(values)]
    together, alone = clustered_mean(values), clustered_mean(apart)
    assert together is not None
    assert alone is not None
    assert together.interval is not None
    assert alone.interval is not None
    ratio = (together.interval.high - together.interval.low) / (
        alone.interval.high - alone.interval.low
    )
    assert ratio == pytest.approx(math.sqrt(5), rel=0.25)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(150):
        found = clustered_mean([(str(n), float(x)) for n, x in enumerate(rng.normal(size=40))])
        assert found is not None
        assert found.interval is not None
        held += found.interval.low <= 0 <= found.interval.high
    assert 0.88 <= held / 150 <= 1
