"""A process that runs a small offline evaluation: offline_run.py FOLDER LOG SLEEP.

It notes each dialogue and judgement in LOG when it starts it, so that a test can kill it and count.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from raise_penguin.evals.conditions import Direct, all_facts, no_facts
from raise_penguin.evals.dialogue import Dialogue
from raise_penguin.evals.results import Results
from raise_penguin.evals.runner import run_evaluation
from raise_penguin.evals.settings import EvalSettings
from raise_penguin.graphs.roles.offline_responder import OfflineResponder
from raise_penguin.penguin.judging.offline import OfflineJudge
from raise_penguin.penguin.judging.verdict import Unscored, Verdict
from raise_penguin.penguin.people import demo_scenarios, spread
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.scenario import Scenario

FOLDER, LOG, SLEEP = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])


def note(line: str) -> None:
    with LOG.open("a") as log:
        log.write(f"{line}\n")


class Noted(Direct):
    async def run(self, scenario: Scenario) -> Dialogue:
        note(f"dialogue {self.name} {scenario.id}")
        await asyncio.sleep(SLEEP)
        return await super().run(scenario)


class NotedJudge(OfflineJudge):
    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        note(f"judgement {profile.id} {query}")
        await asyncio.sleep(SLEEP)
        return await super().judge(query, profile, reply)


def main() -> None:
    writer = OfflineResponder()
    conditions = [Noted("context-free", writer, no_facts), Noted("context-rich", writer, all_facts)]
    settings = EvalSettings(conditions=("context-free", "context-rich"), limit=21, controls=False)
    with Results.start(FOLDER, settings) as results:
        asyncio.run(
            run_evaluation(
                spread(demo_scenarios(), 21), conditions, NotedJudge(), results, concurrency=3
            )
        )
        results.write_transcripts()


if __name__ == "__main__":
    main()
