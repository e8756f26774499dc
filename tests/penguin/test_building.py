"""Guards the built set: the same bytes from a seed, the paper's composition, no profile told."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.building import build_scenarios, names_own_value
from raise_penguin.penguin.domains import load_domains, load_situations
from raise_penguin.penguin.embedding import WordLlamaEmbedder
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.formats.writing import manifest
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.quality import Quality, measure_quality
from raise_penguin.penguin.scenario import Scenario

GOLDEN = "e3a766203580aab71bb5de9b5ee2fbd8737ad23f7dd33ffe451c89f078e37709"
"""Of a small set from seed 0. It changes with any word of the data and with any step of drawing:
change it on purpose only, with the full set's hash below and docs/data-card.md (`make card`)."""
GOLDEN_FULL = "cebf592bcb6231f388213563d2dad43e39a47d5f46507852c7392eacf288f338"


@pytest.fixture(scope="module")
def small() -> list[Scenario]:
    """Each situation once as a person with ten messages and twice as a post."""
    return list(build_scenarios(0, people=20, posts=40))


@pytest.fixture(scope="module")
def quality(small: list[Scenario]) -> Quality:
    return measure_quality(small, WordLlamaEmbedder())


def test_the_same_bytes_from_the_same_seed(small: list[Scenario]) -> None:
    assert manifest(small)["sha256"] == GOLDEN
    assert list(build_scenarios(0, people=1, posts=1)) != list(
        build_scenarios(1, people=1, posts=1)
    )


def test_a_domain_alone_is_built_as_within_the_whole(small: list[Scenario]) -> None:
    alone = list(build_scenarios(0, people=20, posts=40, domains=["health"]))
    assert alone == [one for one in small if one.domain == "health"]
    with pytest.raises(DataError, match="no domain weather; use some of: career"):
        list(build_scenarios(0, domains=["weather"]))


def test_messages_are_ten_a_person_and_posts_one(small: list[Scenario]) -> None:
    by_person: defaultdict[str, list[Scenario]] = defaultdict(list)
    for one in small:
        by_person[one.profile.id].append(one)
    for several in by_person.values():
        assert len(several) == (10 if several[0].style == "message" else 1)
        assert len({one.template for one in several}) == len(several)
    assert Counter(one.style for one in small) == {"message": 7 * 200, "post": 7 * 40}


def test_posts_know_seven_to_ten_attributes_and_rarely_a_history(small: list[Scenario]) -> None:
    messages = [one.profile.values for one in small if one.style == "message"]
    posts = [one.profile.values for one in small if one.style == "post"]
    assert {len(values) for values in messages} == {10}
    assert {len(values) for values in posts} == {7, 8, 9, 10}
    assert 0.02 < sum("past_self_harm_history" in values for values in posts) / len(posts) < 0.2


def test_nobody_sends_what_they_cannot(small: list[Scenario]) -> None:
    for one in small:
        barred = load_situations()[one.profile.situation][1].not_from
        assert not any(one.profile.known(name) in values for name, values in barred.items())


def test_a_bare_question_has_a_story_line_before_it(small: list[Scenario]) -> None:
    assert min(len(one.query.split()) for one in small) >= 8


def test_a_story_line_stands_only_beside_queries_that_it_fits() -> None:
    situation = load_situations()["career_quitting"][1]
    assert situation.apart == {7: (2,)}
    assert situation.story_beside(6) == [situation.story[0], situation.story[2]]
    assert situation.story_beside(5) == list(situation.story)
    for _, one in load_situations().values():
        beside = [one.story_beside(place) for place in range(len(one.queries))]
        assert all(beside), one.id


def test_splits_are_by_situation_and_by_person(small: list[Scenario], quality: Quality) -> None:
    assert quality.crossing_splits == 0
    assert {one.split for one in small} == {"train", "validation", "test"}
    for one in small:
        assert one.split == load_situations()[one.profile.situation][1].split
    for domain in load_domains():
        assert {one.split for one in small if one.domain == domain} >= {"train", "test"}


def test_no_query_names_a_value_of_its_sender(quality: Quality) -> None:
    assert (quality.names_own_value, quality.tells_own_value) == (0, 0)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("I am a teacher and I'm tired. What now?", True),
        ("Should my Teacher know?", True),
        ("I'm 29 and I don't know what to do.", True),
        ("My wife died in May and I sleep badly.", True),
        ("Do I ask for more money?", False),
        ("My neighbour is 29, a good age. Do I ask?", False),
    ],
)
def test_what_counts_as_naming_a_value(query: str, told: bool) -> None:
    values = {
        "age": "25-34",
        "profession": "Teacher",
        "marital_status": "Widowed",
        "health_status": "Good",
    }
    assert names_own_value(query, Profile(id="p", values=values)) is told
    assert not names_own_value(query, Profile(id="p", values={"profession": "Artist"}))


def test_queries_are_varied(quality: Quality) -> None:
    assert quality.distinct_queries == quality.scenarios
    assert quality.near_copies == 0
    assert quality.largest_template <= 0.02
    assert quality.nearest_elsewhere["p99"] < 0.8
    assert quality.words["least"] >= 8
    assert quality.words["most"] <= 90
    assert 7 < quality.readability["p10"] < quality.readability["p90"] < 40
    for shares in quality.distinct_ngrams.values():
        assert shares[0] > 0.05
        assert shares[1] > 0.3
        assert shares[2] > 0.45


def test_every_situation_has_enough_queries() -> None:
    groups: Counter[str] = Counter()
    for domain, situation in load_situations().values():
        groups[f"{domain.id}/{situation.group}"] += 1
        assert len(situation.queries) >= 10
    assert len(groups) == 14
    assert min(groups.values()) >= 10


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    scenarios = list(build_scenarios(0))
    found = measure_quality(scenarios, WordLlamaEmbedder())
    known = [len(one.profile.values) for one in scenarios if one.style == "post"]
    return {"manifest": manifest(scenarios, seed=0), "quality": found, "known": known}


@pytest.mark.slow
def test_the_whole_set(whole: dict[str, Any]) -> None:
    found = whole["manifest"]
    assert found["sha256"] == GOLDEN_FULL
    assert (found["scenarios"], found["people"]) == (14_000, 7_700)
    assert found["distinct_queries"] >= 9_000
    assert found["by_domain"] == dict.fromkeys(sorted(load_domains()), 2_000)
    assert found["by_style"] == {"message": 7_000, "post": 7_000}
    assert min(found["by_split"].values()) >= 2_000
    assert (min(whole["known"]), max(whole["known"])) == (7, len(load_attributes()))


@pytest.mark.slow
def test_the_quality_of_the_whole_set(whole: dict[str, Any]) -> None:
    quality: Quality = whole["quality"]
    assert (quality.names_own_value, quality.tells_own_value, quality.crossing_splits) == (0, 0, 0)
    assert quality.near_copies == 0
    assert quality.largest_template <= 0.02
    assert quality.largest_frame <= 0.02
    assert quality.nearest_elsewhere["most"] < 0.9


@pytest.mark.slow
def test_the_data_card_in_the_docs_is_that_of_seed_0(whole: dict[str, Any]) -> None:
    from pathlib import Path

    from raise_penguin.penguin.hub import data_card

    page = Path(__file__).resolve().parents[2] / "docs" / "data-card.md"
    assert page.read_text(encoding="utf-8") == data_card(whole["manifest"])
