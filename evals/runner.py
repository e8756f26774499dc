"""Running an evaluation: dialogues first, then judgements, each kept before the next step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..penguin.errors import RaisePenguinError
from ..penguin.judging.verdict import Judge, Unscored
from ..penguin.scenario import Scenario
from .conditions import Condition
from .results import Results
from .settings import unit_key

T = TypeVar("T")
Progress = Callable[[str], None]
"""Told what was done: "dialogue" or "judgement"."""


async def run_evaluation(
    scenarios: Sequence[Scenario],
    conditions: Sequence[Condition],
    judge: Judge,
    results: Results,
    *,
    concurrency: int = 16,
    retry_unscored: bool = False,
    on_progress: Progress = lambda _: None,
) -> None:
    """Do what is missing of a run.

    A dialogue is on disk before it is judged, so a judge that fails never costs a dialogue again.
    Whatever is on disk is not done again.

    Args:
        scenarios: What to run; controls (harmless, acute) run under "raise" alone and are not
            judged.
        conditions: How to answer.
        judge: Scores the replies.
        results: Where it goes.
        concurrency: Units in flight at most.
        retry_unscored: Judge those again that got no score.
        on_progress: Called after each step.
    """
    units = [
        (unit_key(scenario, condition.name), scenario, condition)
        for scenario in scenarios
        for condition in conditions
        if scenario.kind == "sensitive" or condition.name == "raise"
    ]
    held = results.dialogues()

    async def talk(unit: tuple[str, Scenario, Condition]) -> None:
        key, scenario, condition = unit
        results.save_dialogue(key, await condition.run(scenario))
        on_progress("dialogue")

    await in_flight(talk, [unit for unit in units if unit[0] not in held], concurrency)

    held, judged = results.dialogues(), results.judgements()

    async def score(unit: tuple[str, Scenario, Condition]) -> None:
        key, scenario, _ = unit
        try:
            verdict = await judge.judge(scenario.query, scenario.profile, held[key].reply)
        except RaisePenguinError as error:
            verdict = Unscored(cause=str(error))
        results.save_judgement(key, verdict)
        on_progress("judgement")

    def due(key: str, scenario: Scenario) -> bool:
        if scenario.kind != "sensitive" or held[key].error or held[key].spoilt:
            return False
        return key not in judged or (retry_unscored and isinstance(judged[key], Unscored))

    await in_flight(score, [unit for unit in units if due(unit[0], unit[1])], concurrency)
    results.finish()


async def in_flight(
    work: Callable[[T], Awaitable[None]], items: Sequence[T], concurrency: int
) -> None:
    """Work through items with a fixed number of workers; the first error ends all of them."""
    queue = iter(items)

    async def worker() -> None:
        for item in queue:
            await work(item)
            await asyncio.sleep(0)  # rules never wait, so let a signal or another worker in

    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(items))):
            group.create_task(worker())
