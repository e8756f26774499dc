"""Guards the measures: each one moves when a set gets worse in the way it measures."""

from __future__ import annotations

import pytest

from raise_penguin.penguin.building import build_scenarios
from raise_penguin.penguin.embedding import WordLlamaEmbedder
from raise_penguin.penguin.quality import Quality, crossing_splits, lix, measure_quality
from raise_penguin.penguin.scenario import Scenario

EMBEDDER = WordLlamaEmbedder()


@pytest.fixture(scope="module")
def good() -> list[Scenario]:
    return list(build_scenarios(3, people=2, posts=4, domains=["career", "health"]))


def measured(scenarios: list[Scenario]) -> Quality:
    return measure_quality(scenarios, EMBEDDER)


def changed(good: list[Scenario], place: int, **update: object) -> list[Scenario]:
    return [*good[:place], good[place].model_copy(update=update), *good[place + 1 :]]


def test_a_query_that_names_its_sender_is_counted(good: list[Scenario]) -> None:
    assert measured(good).names_own_value == 0
    job = good[0].profile.values["profession"]
    assert measured(changed(good, 0, query=f"As a {job}, do I stay?")).names_own_value == 1


def test_a_paraphrase_of_a_value_is_counted_by_the_embedding(good: list[Scenario]) -> None:
    assert measured(good).tells_own_value == 0
    profile = good[0].profile.model_copy(update={"values": {"marital_status": "Divorced"}})
    told = changed(good, 0, query="Hello. I am divorced. Do I stay?", profile=profile)
    assert measured(told).tells_own_value == 1


def test_copies_are_counted(good: list[Scenario]) -> None:
    other = next(
        place
        for place, one in enumerate(good)
        if one.profile.situation != good[0].profile.situation
    )
    twice = changed(good, other, query=good[0].query)
    assert measured(twice).distinct_queries == measured(good).distinct_queries - 1
    assert measured(twice).near_copies == 2
    assert measured(good).near_copies == 0
    assert measured(twice).nearest_elsewhere["most"] == pytest.approx(1, abs=1e-3)


def test_a_template_and_a_frame_used_too_often_are_seen(good: list[Scenario]) -> None:
    same = [one.model_copy(update={"template": "x#1"}) for one in good]
    assert measured(same).largest_template == 1
    framed = [one.model_copy(update={"query": f"{one.query} Appreciated."}) for one in good]
    assert measured(framed).largest_frame == 1
    assert measured(good).largest_frame < 0.2


def test_monotony_shows_in_the_ngrams(good: list[Scenario]) -> None:
    same = [one.model_copy(update={"query": good[0].query}) for one in good]
    for domain, shares in measured(same).distinct_ngrams.items():
        assert all(
            a < b for a, b in zip(shares, measured(good).distinct_ngrams[domain], strict=True)
        )


def test_people_and_situations_in_two_splits_are_counted(good: list[Scenario]) -> None:
    assert crossing_splits(good) == 0
    assert crossing_splits(changed(good, 0, split="other")) == 2


def test_readability() -> None:
    assert lix("") == 0
    assert lix("I go. You go.") == 2
    assert lix("Incomprehensible institutional terminology predominates") == 104
