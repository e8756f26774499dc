"""A run of ``plan run``: opens the models, says what it costs, plans, and tells what came out."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..graphs.roles import OFFLINE, ReplyRequest, open_roles
from ..penguin.domains import load_situations
from ..penguin.errors import SettingsError, StoreError
from ..policies.budget import Budget, Cost
from ..policies.planning import Evaluator, Planned, PlanSettings, plan_situations
from ..policies.reward_cache import RewardCache
from ..policies.scoring import RewardError
from ..policies.store import PolicyStore, shipped_store_path
from .plan_cost import Costs, PlanEstimate, sample_costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel
    from rich.console import Console
    from rich.progress import Progress

    from ..penguin.facts import Facts
    from ..penguin.judging.verdict import Judge
    from ..policies.plan import Prior
    from ..policies.reward import Writer


@dataclass(frozen=True, kw_only=True)
class PlanJob:
    """What to plan, with whom, and for how much."""

    out: Path
    situations: tuple[str, ...]
    settings: PlanSettings
    model: str
    judge_model: str
    prior_model: str
    """ "" for the paper's ranking."""
    base_url: str
    in_flight: int
    budget: Budget
    cache: Path | None
    start_from: str
    estimate_only: bool
    yes: bool

    @property
    def models(self) -> dict[str, str]:
        """Model by role."""
        named = {"writer": self.model, "judge": self.judge_model, "prior": self.prior_model}
        return {role: model for role, model in named.items() if model}

    @property
    def messages(self) -> int:
        """Messages that get a plan."""
        known, wanted = load_situations(), self.settings.messages
        return sum(len(known[name][1].planning_messages(wanted)) for name in self.situations)

    @property
    def pays(self) -> bool:
        """Whether a model is called at all."""
        return any(model != OFFLINE for model in self.models.values())


def run_job(job: PlanJob) -> None:
    """Plan; print what came out.

    Raises:
        SettingsError: Settings do not fit together, or nobody agreed to pay.
        RewardError: Messages could not be planned; ``BudgetError`` where the budget ended the run.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(highlight=False)
    costs = _costs(job)
    if job.estimate_only or (job.pays and not job.yes):
        _tell(job, costs, console)
    if job.estimate_only:
        return
    if job.pays and not job.yes:
        if not sys.stdin.isatty():
            raise SettingsError("this pays for a model: add --yes to go on without being asked")
        typer.confirm("Go on?", abort=True)
    columns = (TextColumn("{task.description:>11}"), BarColumn(), MofNCompleteColumn())
    with ExitStack() as opened:
        evaluator = _evaluator(job, costs, opened)  # a dead server is told before a file is made
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
                on_progress=lambda: bars.advance(messages),
            )
        )


def _costs(job: PlanJob) -> Costs:
    """What each call is expected to cost."""
    if not job.pays or not job.situations:
        return Costs(reply=Cost(), verdict=Cost(), ranking=Cost())
    return asyncio.run(
        sample_costs(
            job.situations[0],
            model=job.model,
            judge_model=job.judge_model,
            prior_model=job.prior_model,
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
    for line in estimate.lines(job.budget.price_in, job.budget.price_out):
        console.print(line, soft_wrap=True)


def _evaluator(job: PlanJob, costs: Costs, opened: ExitStack) -> Evaluator:
    """Who writes, judges and ranks, metered where a model does."""
    models = {name: _model(job, name) for name in set(job.models.values()) if name != OFFLINE}
    parameters = {
        f"{role} parameters": _parameters(models[name], job.base_url)
        for role, name in job.models.items()
        if name in models
    }
    writer, writer_prompt = _writer(models.get(job.model))
    judge = _judge(models.get(job.judge_model))
    prompts = {"writer": writer_prompt, "judge": judge.name} if models else {}
    cache = None
    if job.pays or job.cache:
        path = job.cache or job.out.with_name(f"{job.out.name}.cache")
        cache = opened.enter_context(RewardCache(path))
    ranker = models.get(job.prior_model)
    evaluator = Evaluator(
        writer=writer,
        judge=judge,
        models=job.models,
        prompts=prompts,
        parameters=parameters,
        cost=(costs.reply, costs.verdict),
        cache=cache,
        budget=job.budget,
        in_flight=job.in_flight,
    )
    if ranker is None:
        return evaluator
    from dataclasses import replace

    return replace(evaluator, prior=_prior(ranker, evaluator, costs.ranking))


def _model(job: PlanJob, name: str) -> BaseChatModel:
    """A model that is metered, and answers.

    Raises:
        ModelUnavailableError: It does not answer.
        BudgetError: Not even that can be paid for.
    """
    from ..penguin.models import open_model
    from ..penguin.structured import reach

    model = open_model(name, base_url=job.base_url or None)
    model.callbacks = [job.budget.meter()]
    with job.budget.paying(Cost(calls=1)):
        reach(model)
    return model


def _parameters(model: BaseChatModel, base_url: str) -> str:
    """What decides a model's answers beside its name."""
    temperature = getattr(model, "temperature", None)
    return f"temperature {temperature}, server {base_url or 'the default'}"


def _writer(model: BaseChatModel | None) -> tuple[Writer, str]:
    """Writes a reply from a message and facts, as the agent's own responder would; its prompt."""
    responder = open_roles(model or OFFLINE).respond

    async def write(query: str, domain: str, facts: Facts) -> str:
        request = ReplyRequest(query=query, domain=domain, facts=facts)
        return "".join([piece async for piece in responder.write(request)])

    return write, responder.name


def _judge(model: BaseChatModel | None) -> Judge:
    if model is None:
        from ..penguin.judging.offline import OfflineJudge

        return OfflineJudge()
    from ..penguin.judging.model_judge import ModelJudge

    return ModelJudge(model)


def _prior(model: BaseChatModel, evaluator: Evaluator, cost: Cost) -> Callable[[str], Prior]:
    """Makes the prior of a message: a model's ranking, paid for once."""
    from ..penguin.prompting import load_prompt
    from ..policies.model_prior import ModelPrior
    from ..policies.paid_prior import PaidPrior

    made_by = {
        "prior": evaluator.models["prior"],
        "prompt": load_prompt("policies", "prior").id,
        "parameters": evaluator.parameters["prior parameters"],
    }
    return lambda query: PaidPrior(
        ModelPrior(model, query),
        query,
        made_by=made_by,
        cache=evaluator.cache,
        budget=evaluator.budget,
        cost=cost,
    )


def _start_from(job: PlanJob, opened: ExitStack) -> PolicyStore | None:
    """The store whose plans the search may start from.

    Offline nothing is started from unless it is named: evaluations cost nothing there, and a plan
    should not depend on which plans were shipped before.
    """
    if job.start_from == "none" or not (job.start_from or job.pays):
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
        f"(writer: {job.model}, judge: {job.judge_model}; {store.fingerprint[:12]})",
        soft_wrap=True,
    )
    if planned.cut:
        console.print(f"{planned.cut} of them cut short by the budget; made again with a new one")
    if job.pays:
        spent, budget = job.budget.spent, job.budget
        money = (
            f", {budget.money_spent:.4f} in money" if budget.price_in or budget.price_out else ""
        )
        console.print(
            f"paid for {budget.evaluations_spent} evaluations with {spent.calls} calls, "
            f"{spent.tokens_in:,} tokens in, {spent.tokens_out:,} out{money}",
            soft_wrap=True,
        )
