"""Opening what a run's settings name: its scenarios, conditions, simulated people and judge."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..penguin.judging.verdict import Judge
    from ..penguin.scenario import Scenario
    from .conditions import Condition, UserFactory
    from .settings import EvalSettings


def chosen_scenarios(
    data: Path | None, split: str, limit: int, seed: int, *, controls: bool
) -> list[Scenario]:
    """The scenarios of the run, the same ones on any machine."""
    from ..penguin.errors import DataError
    from ..penguin.formats.loading import load_scenarios
    from ..penguin.people import control_scenarios, demo_scenarios, spread

    source = load_scenarios(data) if data else demo_scenarios()
    source = [scenario for scenario in source if not split or scenario.split == split]
    if not source:
        raise DataError(f"{data or 'the demo set'} has no scenario in the split {split!r}")
    return [*spread(source, limit, seed), *(control_scenarios() if controls else [])]


def opened_conditions(settings: EvalSettings, policy: str) -> list[Condition]:
    """The conditions of a run, with its models, people and policy store."""
    from langgraph.checkpoint.memory import InMemorySaver

    from ..graphs import Dialogues, build_raise_graph
    from ..graphs.context import read_context
    from ..graphs.roles import OFFLINE, open_roles
    from ..penguin.users.behaviours import faults_by_design
    from .conditions import Direct, Raise, all_facts, no_facts

    context = read_context(
        {
            "model": settings.model,
            "base_url": settings.base_url,
            "selection": settings.selection,
            "budget": settings.budget,
            "never_ask": settings.never_ask,
            "stopping": settings.stopping,
            "threshold": settings.threshold,
            "price": settings.price,
            "policy_store": policy,
            # a simulated person by rules understands English alone, whatever they answer in
            "language": "en" if settings.user_model == OFFLINE else "",
        }
    )
    responder = open_roles(settings.model, base_url=settings.base_url or None).respond
    graph = build_raise_graph(checkpointer=InMemorySaver())
    dialogues = Dialogues(graph, context=context, durability="exit")
    made: dict[str, Condition] = {
        "context-free": Direct("context-free", responder, no_facts),
        "raise": Raise(
            dialogues,
            _users(settings),
            lambda scenario: faults_by_design(_behaviours(settings, scenario)),
        ),
        "context-rich": Direct("context-rich", responder, all_facts),
    }
    return [made[name] for name in settings.conditions]


def reach_models(settings: EvalSettings) -> None:
    """Ask each chat model one small thing first: a dead one must not cost a whole table."""
    from ..penguin.models import open_model
    from ..penguin.structured import reach

    judges = {name.strip() for name in settings.judge_model.split(",")}
    names = {settings.model, settings.user_model, *judges} - {"offline"}
    for name in sorted(names):
        reach(open_model(name, base_url=settings.base_url or None))


def _users(settings: EvalSettings) -> UserFactory:
    """The people, each with a behaviour."""
    from ..penguin.users.behaviours import behaviours_named

    behaviours_named(settings.user_behaviours)
    if settings.user_model == "offline":
        from ..penguin.users.offline import OfflineUser

        return lambda scenario: OfflineUser(
            scenario.profile, seed=settings.seed, behaviours=_behaviours(settings, scenario)
        )
    from ..penguin.models import open_model
    from ..penguin.users.model_user import ModelUser

    model = open_model(settings.user_model, base_url=settings.base_url or None)
    return lambda scenario: ModelUser(
        model, scenario.profile, behaviours=_behaviours(settings, scenario)
    )


def _behaviours(settings: EvalSettings, scenario: Scenario) -> list[str]:
    """A person has one of the behaviours, by the hash of who they are."""
    if not settings.user_behaviours:
        return []
    place = int(hashlib.sha256(scenario.profile.id.encode()).hexdigest()[:8], 16)
    return [settings.user_behaviours[place % len(settings.user_behaviours)]]


def opened_judge(settings: EvalSettings) -> Judge:
    """The judge of a run, or its panel."""
    from ..penguin.judging.opening import open_judge

    return open_judge(
        settings.judge_model,
        base_url=settings.base_url,
        variant=settings.judge_variant,
        samples=settings.judge_samples,
        blind=settings.judge_blind,
        seed=settings.seed,
    )
