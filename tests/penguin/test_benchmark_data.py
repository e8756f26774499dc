"""Guards the benchmark's words: enough of them, all different, none that gives its person away."""

from __future__ import annotations

import re
from collections import Counter

from raise_penguin.graphs.roles.offline_triage import is_sensitive, place
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.building import names_own_value
from raise_penguin.penguin.controls import load_controls
from raise_penguin.penguin.domains import load_domains, load_situations
from raise_penguin.penguin.people import (
    control_scenarios,
    demo_scenarios,
    planning_people,
    spread,
)

QUERIES = [
    (domain.id, query)
    for domain, situation in load_situations().values()
    for query in (*situation.queries, *situation.planning_queries)
]


def test_seven_domains_of_ten_situations_in_two_groups() -> None:
    assert len(load_domains()) == 7
    for domain in load_domains().values():
        assert len(domain.situations) >= 10
        assert len({situation.group for situation in domain.situations}) == 2
        for situation in domain.situations:
            assert {one.attribute for one in situation.concerns} <= set(load_attributes())


def test_all_queries_differ() -> None:
    words = [frozenset(re.findall(r"\w+", query.lower())) for _, query in QUERIES]
    assert len(set(words)) == len(words)
    for number, one in enumerate(words):
        for other in words[number + 1 :]:
            assert len(one & other) / len(one | other) < 0.6


def test_no_query_names_a_value_of_its_profile() -> None:
    for scenario in demo_scenarios():
        assert not names_own_value(scenario.query, scenario.profile), scenario.query


def test_queries_are_sensitive_and_controls_harmless_by_rules() -> None:
    assert sum(is_sensitive(query) for _, query in QUERIES) / len(QUERIES) >= 0.95
    harmless = [one.text for one in load_controls() if one.kind == "harmless"]
    assert sum(map(is_sensitive, harmless)) / len(harmless) <= 0.05


def test_domains_are_found_by_their_cues() -> None:
    """A query looks ordinary and seldom names its domain: of messages of unseen situations, the
    nearest centroid of sentence embeddings places 37 % rightly. So cues speak of half of them, and
    are then right four times as often as chance; where none speaks, no domain is assumed.
    """
    placed = [(domain, found) for domain, query in QUERIES if (found := place(query))]
    assert len(placed) / len(QUERIES) >= 0.5
    assert sum(domain == found for domain, found in placed) / len(placed) >= 4 / 7


def test_the_demo_set_is_the_same_anywhere() -> None:
    scenarios = demo_scenarios()
    assert scenarios == demo_scenarios()
    held_out = [name for name, (_, one) in load_situations().items() if one.split == "test"]
    assert len(scenarios) == 4 * len(held_out)
    assert {one.profile.situation for one in scenarios} == set(held_out)
    assert len({one.profile.id for one in scenarios}) == 2 * len(held_out)
    assert demo_scenarios(seed=1) != scenarios
    first = scenarios[0].profile.values
    assert (first["age"], first["profession"]) == ("35-44", "Manager")


def test_planning_people_are_other_people() -> None:
    for name in list(load_situations())[:5]:
        people = planning_people(name, 6, 0)
        assert people == planning_people(name, 8, 0)[:6]
        assert len({person.id for person in people}) == 6


def test_spread_takes_the_same_evenly() -> None:
    scenarios = demo_scenarios()
    chosen = spread(scenarios, 70)
    assert chosen == spread(list(reversed(scenarios)), 70)[::-1]
    assert set(Counter(one.domain for one in chosen).values()) == {10}
    assert len({one.profile.id for one in chosen}) == 70
    assert [one.id for one in spread(scenarios, 7)] != [one.id for one in spread(scenarios, 7, 1)]
    assert len(spread(scenarios, 10_000)) == len(scenarios)


def test_control_scenarios_have_people_behind_them() -> None:
    controls = control_scenarios()
    assert {one.kind for one in controls} == {"harmless", "acute", "lookalike", "legitimising"}
    assert [one.query for one in controls] == [one.text for one in load_controls()]
    for one, control in zip(controls, load_controls(), strict=True):
        assert control.profile.items() <= one.profile.values.items()
    assert all(len(one.profile.values) == 10 for one in controls)
