"""A process that plans one message with a fake model: planning_worker.py FOLDER.

It notes each call in FOLDER/log when it is made, so that a test can kill it and count; it prints
the plan.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from fake_evaluator import FakeJudge, FakeWriter

from raise_penguin.penguin.facts import Facts
from raise_penguin.penguin.judging.verdict import Unscored, Verdict
from raise_penguin.penguin.profile import Profile
from raise_penguin.policies.evaluator import Evaluator, PlanSettings
from raise_penguin.policies.planners import MCTSPlanner
from raise_penguin.policies.planning import plan_situations
from raise_penguin.policies.reward_cache import RewardCache
from raise_penguin.policies.store import PolicyStore

FOLDER = Path(sys.argv[1])


def note(line: str) -> None:
    with (FOLDER / "log").open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


class NotedWriter(FakeWriter):
    async def __call__(self, query: str, domain: str, facts: Facts) -> str:
        await asyncio.sleep(0.004)
        return await super().__call__(query, domain, facts)


class NotedJudge(FakeJudge):
    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        note(f"{profile.id} {reply}")
        await asyncio.sleep(0.01)
        return await super().judge(query, profile, reply)


async def main() -> None:
    with (
        RewardCache(FOLDER / "cache", lease=1.0) as cache,
        PolicyStore.open_or_create(FOLDER / "policy.sqlite") as store,
    ):
        evaluator = Evaluator(
            writer=NotedWriter(),
            judge=NotedJudge(),
            models={"writer": "fake", "judge": "fake"},
            cache=cache,
            in_flight=4,
        )
        settings = PlanSettings(planner=MCTSPlanner(), depth=3, evaluations=16, people=4)
        await plan_situations(store, ["career_quitting"], settings, evaluator)
        sys.stdout.write(json.dumps(store.records()[0].chosen_by()))


asyncio.run(main())
