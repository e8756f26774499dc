"""Guards the people: the ten dependencies and the paper's rules over 100,000 draws."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.data_files import DATA_VARIABLE
from raise_penguin.penguin.domains import load_domains
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.network import load_network, sample_profile
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.reading import canonical_value

DRAWS = 100_000
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


class People:
    """Many people, counted by what they have."""

    def __init__(self, people: list[Profile]) -> None:
        names = ["domain", *load_attributes()]
        rows = [(one.domain, *one.values.values()) for one in people]
        self._columns = dict(zip(names, np.array(rows).T, strict=True))

    def share(self, wanted: dict[str, str], **given: str) -> float:
        """How often wanted values go with given ones."""
        pool = self._all(given)
        assert pool.sum() > 50, f"too few people with {given}"
        return float((self._all(wanted) & pool).sum() / pool.sum())

    def _all(self, values: dict[str, str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        found = np.ones(DRAWS, dtype=bool)
        for name, value in values.items():
            found &= self._columns[name] == value
        return found


@pytest.fixture(scope="module")
def people() -> People:
    rng = np.random.Generator(np.random.PCG64(7))
    domains = list(load_domains())
    return People(
        [
            sample_profile(rng, domain=domains[n % 7], situation="", profile_id=str(n))
            for n in range(DRAWS)
        ]
    )


def test_the_graph_is_the_papers() -> None:
    assert {table.attribute: set(table.parents) for table in load_network()} == PAPER


def test_every_parent_makes_a_difference() -> None:
    for table in load_network():
        assert set(table.given) == set(table.parents), table.attribute
        assert all(any(rows.values()) for rows in table.given.values())


def test_every_table_says_where_it_is_from() -> None:
    assert all(t.source == "judgement" or "http" in t.source for t in load_network())


def test_probabilities_sum_to_one() -> None:
    for table in load_network():
        assert sum(table.conditional({}).values()) == pytest.approx(1)


def test_no_doctors_at_twenty(people: People) -> None:
    assert people.share({"education_level": "PhD"}, age="18-24") < 0.001
    assert people.share({"education_level": "PhD"}, age="35-44") > 0.02


def test_serious_illness_comes_with_age(people: People) -> None:
    ill = {"health_status": "Serious Illness"}
    for domain in load_domains():
        old = people.share(ill, age="55+", domain=domain)
        for young in ("18-24", "25-34"):
            assert old > 2 * people.share(ill, age=young, domain=domain), domain


def test_a_relationship_crisis_needs_a_relationship(people: People) -> None:
    married, divorced, single = (
        people.share({"marital_status": status}, domain="relationship")
        for status in ("Married", "Divorced", "Single")
    )
    assert married + divorced > 3 * single
    assert married > single
    assert divorced > single


def test_self_harm_goes_with_depression_and_anxiety(people: People) -> None:
    harm = {"past_self_harm_history": "Yes"}
    none = people.share(harm, mental_health_status="None")
    assert people.share(harm, mental_health_status="Severe Depression") > 5 * none
    assert people.share(harm, mental_health_status="Anxiety") > 5 * none


def test_despair_goes_with_severe_depression(people: People) -> None:
    despair = {"emotional_state": "Despair"}
    severe = people.share(despair, mental_health_status="Severe Depression")
    for other in ("None", "Mild Depression", "Anxiety", "Other"):
        assert severe > 3 * people.share(despair, mental_health_status=other), other


def test_money_jobs_are_not_in_severe_need(people: People) -> None:
    need = {"economic_status": "Severe Difficulty"}
    for job in ("Finance Professional", "Legal Professional"):
        assert people.share(need, profession=job) < 0.001
    assert people.share(need, profession="Unemployed") > 0.2


def test_nobody_young_has_retired(people: People) -> None:
    for age in ("18-24", "25-34"):
        assert people.share({"profession": "Retired"}, age=age) == 0


def test_every_value_is_somebodys(people: People) -> None:
    for item in load_attributes().values():
        for value in item.values:
            assert people.share({item.id: value.value}) > 0.001, (item.id, value.value)


def test_draws_follow_the_tables(people: People) -> None:
    """Each conditional share lies within five standard errors of its table, and none is skipped."""
    for table in load_network():
        if table.parents == ("domain",):
            for domain in load_domains():
                expected = table.conditional({"domain": domain})
                for value, chance in expected.items():
                    error = np.sqrt(chance * (1 - chance) / (DRAWS / 7))
                    found = people.share({table.attribute: value}, domain=domain)
                    assert abs(found - chance) <= 5 * error, (table.attribute, domain, value)


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


@pytest.mark.parametrize(
    ("name", "value", "canonical"),
    [
        ("profession", "Social Media Influencer", None),
        ("age", "65-74", "55+"),
        ("emotional_state", "I feel numb most days, as if behind glass.", "Depression"),
        ("emotional_state", "Hopeless, and tired of being told to be patient.", "Despair"),
        ("marital_status", "Recently Divorced", "Divorced"),
    ],
)
def test_values_wider_than_the_papers_are_kept_as_they_stand(
    name: str, value: str, canonical: str | None
) -> None:
    assert Profile(id="p", values={name: value}).known(name) == value
    assert canonical_value(name, value) == canonical


def test_unknown_is_unknown() -> None:
    person = Profile(id="p", values={"age": "18-24"})
    assert person.known("gender") is None
    assert person.known("past_self_harm_history") is None
    with pytest.raises(ValueError, match="no attribute shoe_size"):
        Profile(id="p", values={"shoe_size": "43"})


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("{attribute: age, parents: [domain], source: mine, base: {18-24: 1}}", "has a table"),
        ("{attribute: hat, parents: [scarf], source: mine, base: {x: 1}}", "before its parents"),
        ("{attribute: hat, parents: [], source: mine, base: {x: 1}}", "does not list the values"),
        ("{attribute: hat, parents: [], base: {x: 1}}", "source"),
    ],
)
def test_a_table_that_cannot_be_drawn_from_is_refused(
    table: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "network.yaml").write_text(f"- {table}\n")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    load_network.cache_clear()
    try:
        with pytest.raises(DataError, match=problem):
            load_network()
    finally:
        load_network.cache_clear()
