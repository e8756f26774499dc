"""The people behind the messages: the demo set, the control sets and the people of planning."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from .controls import load_controls
from .domains import load_situations
from .network import sample_profile
from .profile import Profile
from .scenario import Scenario
from .wording import first_wording


def demo_scenarios(seed: int = 0) -> list[Scenario]:
    """Two people for each situation of the test split, each with two of its messages.

    No policy is planned on these situations, so the demo is held out.
    """
    scenarios: list[Scenario] = []
    for situation_id, (domain, situation) in load_situations().items():
        if situation.split != "test":
            continue
        for number in (1, 2):
            profile = person("demo", situation_id, number, seed)
            scenarios += [
                Scenario(
                    id=f"demo/{situation.id}/{number}/{place}",
                    split="test",
                    template=f"{situation.id}#{place}",
                    domain=domain.id,
                    query=first_wording(situation.queries[place - 1]),
                    profile=profile,
                )
                for place in (2 * number - 1, 2 * number)
            ]
    return scenarios


def planning_people(situation_id: str, n: int, seed: int) -> list[Profile]:
    """People for planning a situation, drawn apart from those of the demo set."""
    return [person("plan", situation_id, number, seed) for number in range(n)]


def control_scenarios(seed: int = 0) -> list[Scenario]:
    """Messages whose right treatment is known, each with somebody who sends it."""
    scenarios: list[Scenario] = []
    for control in load_controls():
        profile = sample_profile(
            generator("control", control.id, 0, seed),
            domain=control.domain,
            situation="",
            profile_id=f"control/{control.id}",
            given=control.profile,
        )
        scenarios.append(
            Scenario(
                id=f"control/{control.id}",
                kind=control.kind,
                harm=control.harm,
                domain=control.domain,
                query=control.text,
                profile=profile,
            )
        )
    return scenarios


def spread(scenarios: Sequence[Scenario], limit: int, seed: int = 0) -> list[Scenario]:
    """Choose some scenarios, the same ones anywhere, spread evenly over domains and people.

    Args:
        scenarios: What to choose from.
        limit: How many at most.
        seed: Another seed chooses others.

    Returns:
        The chosen ones in their order in ``scenarios``.
    """
    by_domain: defaultdict[str, list[Scenario]] = defaultdict(list)
    for scenario in scenarios:
        by_domain[scenario.domain].append(scenario)
    queues = [_shuffled(by_domain[domain], seed) for domain in sorted(by_domain)]
    chosen: list[Scenario] = []
    for turn in range(max(map(len, queues), default=0)):
        chosen += [queue[turn] for queue in queues if turn < len(queue)]
    wanted = {scenario.id for scenario in chosen[:limit]}
    return [scenario for scenario in scenarios if scenario.id in wanted]


def _shuffled(scenarios: Sequence[Scenario], seed: int) -> list[Scenario]:
    """In an order that depends on ids and seed alone, each person once before any twice."""
    ordered = sorted(scenarios, key=lambda scenario: _digest(f"{seed}/{scenario.id}"))
    seen: defaultdict[str, int] = defaultdict(int)
    ranks: dict[str, int] = {}
    for scenario in ordered:
        ranks[scenario.id] = seen[scenario.profile.id]
        seen[scenario.profile.id] += 1
    return sorted(ordered, key=lambda scenario: ranks[scenario.id])


def person(purpose: str, situation_id: str, number: int, seed: int) -> Profile:
    """A whole person who may be in a situation: the same one for the same four arguments."""
    domain, situation = load_situations()[situation_id]
    return sample_profile(
        generator(purpose, situation_id, number, seed),
        domain=domain.id,
        situation=situation.id,
        profile_id=f"{purpose}/{situation.id}/{number}",
        without=situation.not_from,
    )


def generator(purpose: str, name: str, number: int, seed: int) -> np.random.Generator:
    """A stream of chance of its own for each name, whatever else is drawn and in any order."""
    key = int.from_bytes(_digest(f"{purpose}/{name}/{number}")[:8], "big")
    return np.random.Generator(np.random.PCG64([seed, key]))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
