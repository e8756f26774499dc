"""Who writes, judges and ranks in a run of planning, and what they are expected to cost."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ..graphs.roles import OFFLINE, ReplyRequest, open_roles
from ..policies.budget import Budget, Cost
from ..policies.evaluator import Evaluator
from ..policies.reward_cache import RewardCache
from .plan_cost import Costs, sample_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import BaseChatModel

    from ..penguin.facts import Facts
    from ..penguin.judging.verdict import Judge
    from ..policies.plan import Prior
    from ..policies.reward import Writer


@dataclass(frozen=True, kw_only=True)
class Workers:
    """The models of a run, how they are reached, and what they may cost."""

    model: str
    """Writes the replies."""
    judge_model: str
    prior_model: str = ""
    """ "" for the paper's ranking."""
    base_url: str
    in_flight: int
    budget: Budget
    store: Path
    """The store that is written; what is paid for is kept beside it, or where ``cache`` says."""
    cache: Path | None

    @property
    def models(self) -> dict[str, str]:
        """Model by role."""
        named = {"writer": self.model, "judge": self.judge_model, "prior": self.prior_model}
        return {role: model for role, model in named.items() if model}

    @property
    def pays(self) -> bool:
        """Whether a model is called at all."""
        return any(model != OFFLINE for model in self.models.values())

    @property
    def cache_path(self) -> Path | None:
        """Where what is paid for is kept; None: nowhere, since nothing is paid for."""
        if self.cache is None and not self.pays:
            return None
        return self.cache or self.store.with_name(f"{self.store.name}.cache")

    def costs(self, situations: Sequence[str]) -> Costs:
        """What each call is expected to cost, from the messages of the first of some situations."""
        if not self.pays or not situations:
            return Costs(reply=Cost(), verdict=Cost(), ranking=Cost())
        return asyncio.run(
            sample_costs(
                situations[0],
                model=self.model,
                judge_model=self.judge_model,
                prior_model=self.prior_model,
            )
        )


def open_evaluator(workers: Workers, costs: Costs, opened: ExitStack) -> Evaluator:
    """Who writes, judges and ranks, metered where a model does.

    Raises:
        ModelUnavailableError: A model does not answer.
        BudgetError: Not even asking that can be paid for.
    """
    models = {
        name: _model(workers, name) for name in set(workers.models.values()) if name != OFFLINE
    }
    parameters = {
        f"{role} parameters": _parameters(models.get(name), workers.base_url)
        for role, name in workers.models.items()
    }
    writer, writer_prompt = _writer(models.get(workers.model))
    judge = _judge(models.get(workers.judge_model))
    prompts = {"writer": writer_prompt, "judge": judge.name} if models else {}
    path = workers.cache_path
    cache = opened.enter_context(RewardCache(path)) if path else None
    ranker = models.get(workers.prior_model)
    evaluator = Evaluator(
        writer=writer,
        judge=judge,
        models=workers.models,
        prompts=prompts,
        parameters=parameters,
        cost=(costs.reply, costs.verdict),
        cache=cache,
        budget=workers.budget,
        in_flight=workers.in_flight,
    )
    if ranker is None:
        return evaluator
    from dataclasses import replace

    return replace(evaluator, prior=_prior(ranker, evaluator, costs.ranking))


def _model(workers: Workers, name: str) -> BaseChatModel:
    """A model that is metered, and answers.

    Raises:
        ModelUnavailableError: It does not answer.
        BudgetError: Not even that can be paid for.
    """
    from ..penguin.models import open_model
    from ..penguin.structured import reach

    model = open_model(name, base_url=workers.base_url or None)
    model.callbacks = [workers.budget.meter()]
    with workers.budget.paying(Cost(calls=1)):
        reach(model)
    return model


def _parameters(model: BaseChatModel | None, base_url: str) -> str:
    """What decides a model's answers beside its name; of rules their release."""
    if model is None:
        return f"rules of {version('raise-penguin')}"
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
