"""Planning a policy: for each kind of message, search the order of questions and store it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from ..penguin.attributes import load_attributes
from ..penguin.domains import load_situations
from ..penguin.errors import ModelUnavailableError, StructuredAnswerError
from . import records
from .branching import BranchSettings, branch
from .budget import Budget, BudgetError, Cost
from .evaluator import Evaluator, PlanSettings
from .plan import Earlier, Plan, Problem
from .prior import PriorError
from .records import better_known, last
from .replacing import CUT, refuse_others
from .reward import JudgedReward
from .scoring import RewardError, prefixes
from .store import PlanRecord, PolicyStore, Provenance

PATIENCE = 3
"""Messages in a row that may fail before the evaluator is taken to be down."""

FAILURES = (RewardError, PriorError, ModelUnavailableError, StructuredAnswerError)
"""Why a message cannot be planned; the last two come from a model that ranks."""


@dataclass(kw_only=True)
class Planned:
    """What a run of planning did."""

    made: int = 0
    """Plans made and stored, those that the budget cut short among them."""
    cut: int = 0
    stored: int = 0
    """Plans that were stored already, with the same settings."""
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """Cause by message for which no plan could be made."""
    used_up: BudgetError | None = None
    """The budget's error where it ended the run; later messages were not planned."""


async def plan_situations(
    store: PolicyStore,
    situations: Sequence[str],
    settings: PlanSettings,
    evaluator: Evaluator,
    *,
    start_from: PolicyStore | None = None,
    replace_others: bool = False,
    on_progress: Callable[[], None] = lambda: None,
) -> Planned:
    """Plan the planning messages of some situations and store each plan when it is made.

    A message that the store already holds with the same settings is not planned again, so a run
    that was stopped goes on where it was; what was paid for is in the evaluator's cache. A plan
    that was made with other settings is never replaced unasked.

    Args:
        store: Where the plans go.
        situations: Situation ids.
        settings: How to plan.
        evaluator: Who scores.
        start_from: Plans of other messages that the search may start from.
        replace_others: Put the new plan of a message where one made with other settings is stored.
        on_progress: Called after each situation.

    Raises:
        SettingsError: Such plans are stored and may not be replaced; nothing was paid for.
        RewardError: Messages one after another could not be planned; names the cause of the last.
        PriorError, ModelUnavailableError, StructuredAnswerError: The same, where the prior is the
            cause.
    """
    done, failures = Planned(), 0
    wanted = _provenance(settings, evaluator, start_from)
    if not replace_others:
        refuse_others(store, settings.queries(situations), wanted)
    for name in situations:
        for number, query in enumerate(settings.queries([name])):
            before = store.get(query)
            if before and before.provenance.same_settings(wanted):
                done.stored += 1
                continue
            spent = evaluator.budget.spent
            reward = evaluator.reward(query, name, settings)
            problem = _problem(query, settings, evaluator, start_from)
            rng = np.random.Generator(np.random.PCG64([settings.seed, number]))
            try:
                plan = await settings.planner.plan(
                    reward, problem, rng=rng, prior=evaluator.prior(query)
                )
                # a surrogate may believe a little more than 5, or less than 1, of what it never saw
                plan = replace(plan, values=tuple(map(records.on_scale, plan.values)))
                if settings.branch and evaluator.budget.used_up is None:
                    plan = await _branched(
                        plan, reward, problem, name, rng=rng, people=settings.people
                    )
            except BudgetError:
                done.used_up = evaluator.budget.used_up
                return done
            except FAILURES as error:
                if evaluator.budget.used_up is not None:  # before anything of it had a score
                    done.used_up = evaluator.budget.used_up
                    return done
                done.failed[query], failures = str(error), failures + 1
                if failures >= PATIENCE:
                    raise
                continue
            failures, cut = 0, evaluator.budget.used_up is not None
            if not (cut and before and CUT not in before.provenance.planner):
                found = {
                    "evaluations": plan.evaluations,
                    "unscored": len(reward.unscored),
                    "planner": f"{plan.planner}, {CUT}" if cut else plan.planner,
                    "cost": _paid(evaluator.budget, spent),
                    "made": datetime.now(UTC).date(),
                }
                made = _record(query, name, plan, wanted.model_copy(update=found))
                # somebody else may have planned the message meanwhile, or been cut later than this
                store.add([made], choose=last if replace_others and not cut else better_known)
                done.made, done.cut = done.made + 1, done.cut + cut
            if cut:
                done.used_up = evaluator.budget.used_up
                return done
        on_progress()
    return done


async def _branched(
    plan: Plan,
    reward: JudgedReward,
    problem: Problem,
    situation: str,
    *,
    rng: np.random.Generator,
    people: int,
) -> Plan:
    """The plan with branches where they pay; the fixed path where they cannot be scored."""
    domain = load_situations()[situation][0].id
    settings = BranchSettings(people=people)
    try:
        return await branch(
            plan, reward, problem, rng=rng, domain=domain, situation=situation, settings=settings
        )
    except RewardError:  # the budget among its causes; the planner's path stands on its own
        return plan


def _problem(
    query: str, settings: PlanSettings, evaluator: Evaluator, start_from: PolicyStore | None
) -> Problem:
    """The search, with what is known of similar messages."""
    return Problem(
        attributes=tuple(load_attributes()),
        depth=settings.depth,
        evaluations=settings.evaluations,
        costs=settings.costs(),
        # a dialogue may end after any question, so every prefix counts (paper section 4)
        stop_chances=(0.0, *(1 / settings.depth,) * settings.depth),
        earlier=earlier_plans(start_from, query) if start_from else (),
        in_flight=evaluator.evaluations_at_once(settings.people),
    )


def earlier_plans(store: PolicyStore, query: str, k: int = 5) -> tuple[Earlier, ...]:
    """What a store holds of the k messages nearest to one, the nearest first.

    A plan stored without its evaluations gives the values of its prefixes.
    """
    return tuple(
        Earlier(
            near.scores or dict(zip(prefixes(near.path), near.values, strict=False)),
            max(0.0, near.similarity),
        )
        for near in store.nearest(query, k=k)
    )


def _provenance(
    settings: PlanSettings, evaluator: Evaluator, start_from: PolicyStore | None
) -> Provenance:
    """What is known of how a plan is made before it is."""
    return Provenance(
        planner=settings.planner.name,
        models=dict(evaluator.models),
        prompts=dict(evaluator.prompts),
        depth=settings.depth,
        budget=settings.evaluations,
        evaluations=0,
        people=settings.people,
        seed=settings.seed,
        cost_weight=settings.cost_weight,
        branch=settings.branch,
        start_from=start_from.fingerprint[:16] if start_from else "",
        in_flight=evaluator.evaluations_at_once(settings.people),
    )


def _paid(budget: Budget, before: Cost) -> records.Cost:
    """What was spent since; tokens and money where something was paid for."""
    spent = budget.spent - before
    priced = bool(budget.price_in or budget.price_out)
    return records.Cost(
        calls=spent.calls,
        tokens=(spent.tokens_in + spent.tokens_out) or None,
        money=round(spent.money(budget.price_in, budget.price_out), 6) if priced else None,
    )


def _record(query: str, situation: str, plan: Plan, provenance: Provenance) -> PlanRecord:
    return PlanRecord(
        query=query,
        domain=load_situations()[situation][0].id,
        situation=situation,
        path=plan.path,
        values=tuple(round(value, 4) for value in plan.values),
        errors=tuple(round(error, 4) for error in plan.errors),
        scores={known: round(score, 4) for known, score in plan.scores.items()},
        tree=plan.tree,
        provenance=provenance,
    )
