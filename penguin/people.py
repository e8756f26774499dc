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
from .reading import read_facts
from .scenario import Scenario


def demo_scenarios(seed: int = 0) -> list[Scenario]:
    """One person for every situation, with its two messages: two scenarios a profile.

    A query must not name what its sender's profile holds; where the reader finds that it does,
    another person is drawn.
    """
    scenarios: list[Scenario] = []
    for situation_id, (domain, situation) in load_situations().items():
        told = {
            (name, fact["value"])
            for query in situation.queries
            for name, fact in read_facts(query, source="message").items()
        }
        profile = next(
            person
            for attempt in range(1_000)
            if not told
            & set((person := _person("demo", situation_id, attempt, seed)).values.items())
        )
        scenarios += [
            Scenario(
                id=f"demo/{situation.id}/{number}", domain=domain.id, query=query, profile=profile
            )
            for number, query in enumerate(situation.queries, 1)
        ]
    return scenarios


def planning_people(situation_id: str, n: int, seed: int) -> list[Profile]:
    """People for planning a situation, drawn apart from those of the demo set."""
    return [_person("plan", situation_id, number, seed) for number in range(n)]


def control_scenarios(seed: int = 0) -> list[Scenario]:
    """Messages that need no question: harmless ones, and ones from people in acute danger."""
    scenarios: list[Scenario] = []
    for control in load_controls():
        if control.kind == "lookalike":
            continue
        profile = sample_profile(
            _generator("control", control.id, 0, seed),
            domain=control.domain,
            situation="",
            profile_id=f"control/{control.id}",
        )
        scenarios.append(
            Scenario(
                id=f"control/{control.id}",
                kind=control.kind,
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


def _person(purpose: str, situation_id: str, number: int, seed: int) -> Profile:
    domain, situation = load_situations()[situation_id]
    return sample_profile(
        _generator(purpose, situation_id, number, seed),
        domain=domain.id,
        situation=situation.id,
        profile_id=f"{purpose}/{situation.id}" + (f"/{number}" if purpose == "plan" else ""),
    )


def _generator(purpose: str, name: str, number: int, seed: int) -> np.random.Generator:
    """A stream of its own for each person, whatever else is drawn and in whichever order."""
    key = int.from_bytes(_digest(f"{purpose}/{name}/{number}")[:8], "big")
    return np.random.Generator(np.random.PCG64([seed, key]))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
