"""A run of ``plan run``: opens the models, says what it costs, plans, and tells what came out."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..penguin.errors import SettingsError, StoreError
from ..policies.evaluator import Evaluator, PlanSettings
from ..policies.planning import Planned, plan_situations
from ..policies.scoring import RewardError
from ..policies.store import PolicyStore, shipped_store_path
from .plan_cost import Costs, PlanEstimate
from .plan_models import Workers, open_evaluator

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


@dataclass(frozen=True, kw_only=True)
class PlanJob:
    """What to plan, with whom, and for how much."""

    out: Path
    situations: tuple[str, ...]
    settings: PlanSettings
    workers: Workers
    start_from: str
    replace: bool
    """Whether plans that were made with other settings may be replaced."""
    estimate_only: bool
    yes: bool

    @property
    def messages(self) -> int:
        """Messages that get a plan."""
        return len(self.settings.queries(self.situations))


def run_job(job: PlanJob) -> None:
    """Plan; print what came out.

    Raises:
        SettingsError: Settings do not fit together, or nobody agreed to pay.
        RewardError: Messages could not be planned; ``BudgetError`` where the budget ended the run.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(highlight=False)
    costs = job.workers.costs(job.situations)
    if job.estimate_only or (job.workers.pays and not job.yes):
        _tell(job, costs, console)
    if job.estimate_only:
        return
    if job.workers.pays and not job.yes:
        if not sys.stdin.isatty():
            raise SettingsError("this pays for a model: add --yes to go on without being asked")
        typer.confirm("Go on?", abort=True)
    columns = (TextColumn("{task.description:>11}"), BarColumn(), MofNCompleteColumn())
    if job.out.exists() and job.out.stat().st_size:
        # what is no store, or cannot be written, is told before a model is asked
        PolicyStore.open(job.out, write=True).close()
    with ExitStack() as opened:
        # a dead server is told before a file is made
        evaluator = open_evaluator(job.workers, costs, opened)
        start_from = _start_from(job, opened)
        store = opened.enter_context(PolicyStore.open_or_create(job.out))
        bars = Progress(*columns, console=console, disable=not console.is_terminal)
        planned = _plan(job, store, evaluator, start_from, bars)
        _report(job, planned, store, console)
    if planned.used_up:
        raise planned.used_up
    if planned.failed:
        raise RewardError(
            f"{len(planned.failed)} messages could not be planned; run again to try them again. "
            f"The last one: {list(planned.failed.values())[-1]}"
        )


def _plan(
    job: PlanJob,
    store: PolicyStore,
    evaluator: Evaluator,
    start_from: PolicyStore | None,
    bars: Progress,
) -> Planned:
    """Plan with live progress."""
    from dataclasses import replace

    with bars:
        messages = bars.add_task("situations", total=len(job.situations))
        scored = bars.add_task("evaluations", total=job.messages * job.settings.evaluations)
        watched = replace(evaluator, on_evaluated=lambda: bars.advance(scored))
        return asyncio.run(
            plan_situations(
                store,
                job.situations,
                job.settings,
                watched,
                start_from=start_from,
                replace_others=job.replace,
                on_progress=lambda: bars.advance(messages),
            )
        )


def _tell(job: PlanJob, costs: Costs, console: Console) -> None:
    """Say what the run costs at most."""
    settings = job.settings
    estimate = PlanEstimate(
        messages=job.messages,
        evaluations=settings.evaluations,
        people=settings.people,
        costs=costs,
        branch_depth=settings.depth if settings.branch else 0,
    )
    for line in estimate.lines(job.workers.budget.price_in, job.workers.budget.price_out):
        console.print(line, soft_wrap=True)


def _start_from(job: PlanJob, opened: ExitStack) -> PolicyStore | None:
    """The store whose plans the search may start from.

    Offline nothing is started from unless it is named: evaluations cost nothing there, and a plan
    should not depend on which plans were shipped before.
    """
    if job.start_from == "none" or not (job.start_from or job.workers.pays):
        return None
    path = Path(job.start_from) if job.start_from else shipped_store_path()
    if job.out.exists() and path.exists() and path.samefile(job.out):
        raise SettingsError("--start-from and --out are the same file; give another --out")
    try:
        return opened.enter_context(PolicyStore.open(path))
    except StoreError:
        if job.start_from:
            raise
        return None  # the shipped plans are a help, no need: another embedder cannot read them


def _report(job: PlanJob, planned: Planned, store: PolicyStore, console: Console) -> None:
    """What was made, by whom, and what it cost."""
    console.print(
        f"{planned.made} plans made, {len(store.records())} in {job.out} "
        f"(writer: {job.workers.model}, judge: {job.workers.judge_model}; "
        f"{store.fingerprint[:12]})",
        soft_wrap=True,
    )
    if planned.cut:
        console.print(f"{planned.cut} of them cut short by the budget; made again with a new one")
    if job.workers.pays:
        spent, budget = job.workers.budget.spent, job.workers.budget
        money = (
            f", {budget.money_spent:.4f} in money" if budget.price_in or budget.price_out else ""
        )
        console.print(
            f"paid for {budget.evaluations_spent} evaluations with {spent.calls} calls, "
            f"{spent.tokens_in:,} tokens in, {spent.tokens_out:,} out{money}",
            soft_wrap=True,
        )
