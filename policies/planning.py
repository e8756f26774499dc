"""Planning a policy: for each kind of message, search the order of questions and store it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..penguin.attributes import load_attributes
from ..penguin.domains import load_situations
from ..penguin.judging.verdict import Judge
from ..penguin.people import planning_people
from .plan import Planner, Prior, Problem
from .prior import RankedPrior
from .reward import JudgedReward, Writer
from .store import PlanRecord, PolicyStore, Provenance


async def plan_situations(
    store: PolicyStore,
    situations: Sequence[str],
    *,
    planner: Planner,
    depth: int,
    evaluations: int,
    people: int,
    seed: int,
    writer: Writer,
    judge: Judge,
    models: Mapping[str, str],
    prompts: Mapping[str, str] | None = None,
    prior: Callable[[str], Prior] = lambda _: RankedPrior(),
    on_progress: Callable[[], None] = lambda: None,
) -> int:
    """Plan the planning messages of some situations and store each plan when it is made.

    A message that the store already holds with the same settings is not planned again, so a run
    that was stopped goes on where it was.

    Args:
        store: Where the plans go.
        situations: Situation ids.
        planner: Searches.
        depth: Questions in a plan.
        evaluations: Most distinct sets scored for one message.
        people: People drawn for each message; a reply is written and judged for each.
        seed: Seed of the people and of the search.
        writer: Writes replies.
        judge: Scores them.
        models: Who writes and who judges, for the provenance.
        prompts: Versions of their prompts, for the provenance.
        prior: Makes the prior of a message; the paper's static ranking when omitted.
        on_progress: Called after each situation.

    Returns:
        How many plans were made.
    """
    stored = {record.query: record.provenance for record in store.records()}
    made = 0
    for name in situations:
        domain, situation = load_situations()[name]
        for number, query in enumerate(situation.planning_queries):
            wanted = Provenance(
                planner=planner.name,
                models=dict(models),
                prompts=dict(prompts or {}),
                depth=depth,
                budget=evaluations,
                evaluations=0,
                people=people,
                seed=seed,
            )
            if query in stored and stored[query].same_settings(wanted):
                continue
            reward = JudgedReward(
                query, domain.id, planning_people(name, people, seed), writer=writer, judge=judge
            )
            plan = await planner.plan(
                reward,
                Problem(attributes=tuple(load_attributes()), depth=depth, evaluations=evaluations),
                rng=np.random.Generator(np.random.PCG64([seed, number])),
                prior=prior(query),
            )
            found = {"evaluations": plan.evaluations, "unscored": len(reward.unscored)}
            record = PlanRecord(
                query=query,
                domain=domain.id,
                situation=name,
                path=plan.path,
                values=tuple(round(value, 4) for value in plan.values),
                provenance=wanted.model_copy(update=found),
            )
            store.add([record])
            made += 1
        on_progress()
    return made
