"""Guards the people: the ten dependencies and the paper's rules over many draws."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from raise_penguin.penguin.domains import load_domains
from raise_penguin.penguin.network import load_network, sample_profile
from raise_penguin.penguin.profile import Profile

PAPER = {
    "age": {"domain"},
    "gender": {"domain"},
    "marital_status": {"domain", "gender"},
    "education_level": {"domain", "age"},
    "profession": {"domain", "age", "education_level"},
    "economic_status": {"profession", "marital_status"},
    "health_status": {"domain", "age"},
    "mental_health_status": {"economic_status", "health_status", "education_level"},
    "past_self_harm_history": {"mental_health_status"},
    "emotional_state": {"mental_health_status", "education_level"},
}


@pytest.fixture(scope="module")
def people() -> list[Profile]:
    rng = np.random.Generator(np.random.PCG64(7))
    domains = list(load_domains())
    return [
        sample_profile(rng, domain=domains[n % 7], situation="", profile_id=str(n))
        for n in range(21_000)
    ]


def share(people: list[Profile], wanted: dict[str, str], given: dict[str, str]) -> float:
    """How often wanted values go with given ones."""
    pool = [
        one
        for one in people
        if all((one.domain if k == "domain" else one.values[k]) == v for k, v in given.items())
    ]
    return sum(all(one.values[k] == v for k, v in wanted.items()) for one in pool) / len(pool)


def test_the_graph_is_the_papers() -> None:
    assert {table.attribute: set(table.parents) for table in load_network()} == PAPER


def test_probabilities_sum_to_one() -> None:
    for table in load_network():
        assert sum(table.conditional({}).values()) == pytest.approx(1)


def test_hard_rules(people: list[Profile]) -> None:
    assert share(people, {"education_level": "PhD"}, {"age": "18-24"}) < 0.005
    for job in ("Finance Professional", "Legal Professional"):
        assert share(people, {"economic_status": "Severe Difficulty"}, {"profession": job}) < 0.01
    assert not any(
        one.values["profession"] == "Retired" and one.values["age"] == "18-24" for one in people
    )


def test_soft_rules(people: list[Profile]) -> None:
    ill = {"health_status": "Serious Illness"}
    assert share(people, ill, {"age": "55+"}) > 2 * share(people, ill, {"age": "18-24"})
    assert share(people, ill, {"age": "55+"}) > 2 * share(people, ill, {"age": "25-34"})
    bound = [
        share(people, {"marital_status": status}, {"domain": "relationship"})
        for status in ("Married", "Divorced", "Single")
    ]
    assert bound[0] + bound[1] > 3 * bound[2]
    harm = {"past_self_harm_history": "Yes"}
    none = share(people, harm, {"mental_health_status": "None"})
    assert share(people, harm, {"mental_health_status": "Severe Depression"}) > 5 * none
    assert share(people, harm, {"mental_health_status": "Anxiety"}) > 3 * none
    despair = {"emotional_state": "Despair"}
    assert share(people, despair, {"mental_health_status": "Severe Depression"}) > 5 * share(
        people, despair, {"mental_health_status": "None"}
    )


def test_a_seed_gives_the_same_people() -> None:
    def draw(seed: int) -> Profile:
        rng = np.random.Generator(np.random.PCG64(seed))
        return sample_profile(rng, domain="health", situation="s", profile_id="p")

    assert draw(3) == draw(3)
    assert len({draw(seed).model_dump_json() for seed in range(20)}) > 15


def test_given_values_are_kept() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    given = {"age": "55+", "emotional_state": "Anger"}
    people = [
        sample_profile(rng, domain="life", situation="", profile_id="p", given=given)
        for _ in range(50)
    ]
    assert all(given.items() <= one.values.items() for one in people)
    assert len(Counter(one.values["profession"] for one in people)) > 3
