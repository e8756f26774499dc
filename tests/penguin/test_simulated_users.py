"""Guards the offline people: each behaviour does what it says, in many words, and nothing else."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from raise_penguin.graphs.crisis.danger import detect_danger
from raise_penguin.graphs.crisis.resources import iso_codes
from raise_penguin.penguin.attributes import load_attributes, never_asked
from raise_penguin.penguin.data_files import DATA_VARIABLE
from raise_penguin.penguin.domains import load_domains
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.facts import Fact
from raise_penguin.penguin.network import sample_profile
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.reading import read_facts
from raise_penguin.penguin.users.behaviours import (
    behaviours_named,
    faults_by_design,
    load_behaviours,
)
from raise_penguin.penguin.users.offline import OfflineUser

ITEMS = list(load_attributes().values())


def people(n: int) -> list[Profile]:
    rng, domains = np.random.default_rng(11), list(load_domains())
    return [
        sample_profile(rng, domain=domains[i % 7], situation="", profile_id=f"p{i}")
        for i in range(n)
    ]


SOME = people(40)


def heard(answer: str, asked: str) -> Fact | None:
    return read_facts(answer, asked=asked, source="answer").get(asked)


async def first_answers(behaviour: str, **settings: object) -> list[tuple[Profile, str, str]]:
    """Each person's answer to one question as their first, for every attribute."""
    return [
        (
            person,
            item.id,
            await OfflineUser(person, seed=seed, behaviours=[behaviour], **settings).answer(  # pyright: ignore[reportArgumentType]
                item.questions[seed % 3]
            ),
        )
        for item in ITEMS
        for seed, person in enumerate(SOME)
    ]


def test_the_behaviours_are_data_and_all_there() -> None:
    assert list(load_behaviours()) == [
        "cooperative",
        "terse",
        "talkative",
        "vague",
        "declining",
        "unsure",
        "correcting",
        "off_topic",
        "asking_back",
        "distressed",
        "crisis",
        "impatient",
        "other_language",
        "lying",
    ]
    with pytest.raises(DataError, match="no behaviour rude; use some of: cooperative"):
        behaviours_named(["terse", "rude"])
    assert faults_by_design(["talkative", "lying"]) == {"leak", "contradiction"}


def test_a_behaviour_of_ones_own_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "behaviours.yaml").write_text(
        "- {id: hurried, kind: leave, about: Leaves at once., texts: [Gone.], faults: [left]}\n"
    )
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    load_behaviours.cache_clear()
    try:
        assert behaviours_named(["hurried"])[0].texts == ("Gone.",)
    finally:
        load_behaviours.cache_clear()


@pytest.mark.parametrize("behaviour", ["cooperative", "terse", "distressed", "other_language"])
async def test_who_answers_tells_the_value_and_nothing_else(behaviour: str) -> None:
    for person, asked, answer in await first_answers(behaviour):
        facts = read_facts(answer, asked=asked, source="answer")
        told = {name: fact["value"] for name, fact in facts.items()}
        assert told == {asked: person.values[asked]}, answer


@pytest.mark.parametrize("behaviour", ["cooperative", "terse", "distressed"])
async def test_values_wider_than_the_papers_are_heard(behaviour: str) -> None:
    wider = {
        "profession": "Social Media Influencer",
        "marital_status": "Cohabiting Partner",
        "emotional_state": "Worn thin by the conflict; cautiously optimistic about the move.",
    }
    for seed in range(40):
        user = OfflineUser(Profile(id="p", values=wider), seed=seed, behaviours=[behaviour])
        for name, value in wider.items():
            question = next(item.questions[0] for item in ITEMS if item.id == name)
            answer = await user.answer(question)
            fact = heard(answer, name)
            assert fact is not None, answer
            assert (fact["status"], fact["value"]) == ("known", value.rstrip(".")), answer


async def test_who_talks_of_something_else_tells_no_fact() -> None:
    for _, asked, answer in await first_answers("off_topic"):
        assert read_facts(answer, asked=asked, source="answer") == {}, answer


async def test_the_vague_tell_no_value() -> None:
    for _, asked, answer in await first_answers("vague"):
        fact = heard(answer, asked)
        assert fact is not None, answer
        assert fact["status"] != "known", answer


async def test_the_terse_say_less() -> None:
    def words(found: list[tuple[Profile, str, str]]) -> float:
        return float(np.mean([len(answer.split()) for _, _, answer in found]))

    assert words(await first_answers("terse")) < 0.7 * words(await first_answers("cooperative"))


async def test_the_talkative_tell_more_and_all_of_it_true() -> None:
    more = 0
    for person, asked, answer in await first_answers("talkative"):
        facts = read_facts(answer, asked=asked, source="answer")
        assert facts[asked]["value"] == person.values[asked], answer
        more += len(facts) > 1
    assert more > 0.8 * len(SOME) * len(ITEMS)


@pytest.mark.parametrize("behaviour", ["vague", "unsure", "off_topic", "asking_back"])
async def test_who_does_not_answer_tells_no_value(behaviour: str) -> None:
    for _, asked, answer in await first_answers(behaviour):
        fact = heard(answer, asked)
        values = {value.value for item in ITEMS for value in item.values}
        assert fact is None or fact["value"] not in values, answer


async def test_the_unsure_are_read_as_such() -> None:
    for _, asked, answer in await first_answers("unsure"):
        fact = heard(answer, asked)
        assert fact is not None
        assert fact["status"] == "unclear", answer


async def test_the_declining_decline_what_is_sensitive() -> None:
    for person, asked, answer in await first_answers("declining"):
        fact, item = heard(answer, asked), load_attributes()[asked]
        assert fact is not None, answer
        if item.sensitive:
            assert fact["status"] == "declined", answer
        else:
            assert fact["value"] == person.values[asked], answer


async def test_one_may_decline_by_attribute() -> None:
    for person, asked, answer in await first_answers("cooperative", declines=frozenset({"age"})):
        fact = heard(answer, asked)
        assert fact is not None
        assert fact["status"] == ("declined" if asked == "age" else "known"), answer
        assert fact["value"] == ("" if asked == "age" else person.values[asked])


async def test_the_correcting_are_understood() -> None:
    for person, asked, answer in await first_answers("correcting"):
        fact = heard(answer, asked)
        assert fact is not None
        assert fact["value"] == person.values[asked], answer


@pytest.mark.parametrize("behaviour", ["off_topic", "asking_back"])
async def test_asked_again_they_answer(behaviour: str) -> None:
    for seed, person in enumerate(SOME):
        for item in ITEMS:
            user = OfflineUser(person, seed=seed, behaviours=[behaviour])
            await user.answer(item.questions[0])
            fact = heard(await user.answer(item.questions[0]), item.id)
            assert fact is not None
            assert fact["value"] == person.values[item.id]


async def test_a_crisis_comes_after_an_answer_and_is_seen() -> None:
    for seed, person in enumerate(SOME):
        user = OfflineUser(person, seed=seed, behaviours=["crisis"])
        assert not detect_danger(await user.answer(ITEMS[0].questions[0]))
        later = await user.answer(ITEMS[1].questions[0])
        assert detect_danger(later), later


async def test_the_impatient_leave_after_some_questions() -> None:
    after = load_behaviours()["impatient"].after
    for seed, person in enumerate(SOME):
        user = OfflineUser(person, seed=seed, behaviours=["impatient"])
        gone: list[bool] = []
        for item in ITEMS[: after + 1]:
            answer = await user.answer(item.questions[0])
            gone.append(user.left)
            if user.left:
                fact = heard(answer, item.id)
                assert fact is None or fact["status"] == "declined", answer
        assert gone == [False] * after + [True]


async def test_a_liar_lies_about_one_attribute_and_stays_with_it() -> None:
    for seed, person in enumerate(SOME[:10]):
        user = OfflineUser(person, seed=seed, behaviours=["lying"], lies_about="profession")
        said: set[str] = set()
        for item in ITEMS:
            for question in item.questions:
                fact = heard(await user.answer(question), item.id)
                assert fact is not None
                if item.id == "profession":
                    said.add(fact["value"])
                else:
                    assert fact["value"] == person.values[item.id]
        assert len(said) == 1
        assert said != {person.values["profession"]}


async def test_behaviours_mix() -> None:
    """Asks back first, then answers tersely, and then is gone."""
    user = OfflineUser(SOME[0], behaviours=["impatient", "asking_back", "terse"])
    question = "How old are you?"
    back, terse = await user.answer(question), await user.answer(question)
    gone = await user.answer("What do you do for a living?")
    assert "?" in back or heard(back, "age") is None or heard(back, "age")["status"] == "declined"  # pyright: ignore[reportOptionalSubscript]
    assert len(terse.split()) <= 6
    assert heard(terse, "age")["value"] == SOME[0].values["age"]  # pyright: ignore[reportOptionalSubscript]
    assert user.left, gone


async def test_registers_by_age_and_schooling() -> None:
    def person(age: str, education: str) -> Profile:
        return Profile(
            id="p", values={"age": age, "education_level": education, "gender": "Female"}
        )

    async def said(who: Profile) -> list[str]:
        return [
            await OfflineUser(who, seed=seed).answer("What is your gender?") for seed in range(60)
        ]

    young = await said(person("18-24", "High School"))
    old = await said(person("55+", "High School"))
    learned = await said(person("35-44", "PhD"))
    plain = await said(person("35-44", "High School"))
    assert all(text == text.lower() and not text.endswith(".") for text in young)
    assert not any("I'm" in text for text in (*old, *learned))
    assert any("I am" in text for text in old)
    assert any("I'm" in text for text in plain)


async def test_the_same_seed_says_the_same() -> None:
    async def talk(seed: int) -> list[str]:
        user = OfflineUser(SOME[3], seed=seed, behaviours=["talkative"])
        return [await user.answer(item.questions[0]) for item in ITEMS]

    assert await talk(5) == await talk(5)
    assert await talk(5) != await talk(6)


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", list(load_behaviours()))
async def test_a_thousand_answers_are_a_hundred_texts(behaviour: str) -> None:
    """For every attribute, asked of a thousand people as the behaviour shows."""
    crowd, after = people(1_000), load_behaviours()[behaviour].after
    for item in ITEMS:
        others = itertools.cycle(other for other in ITEMS if other.id != item.id)
        texts: set[str] = set()
        for seed, person in enumerate(crowd):
            user = OfflineUser(person, seed=seed, behaviours=[behaviour], lies_about=item.id)
            for other in itertools.islice(others, after):
                await user.answer(other.questions[0])
            texts.add(await user.answer(item.questions[seed % 3]))
        assert len(texts) >= 100, (item.id, len(texts))


def test_attributes_can_be_asked_gently_and_directly() -> None:
    for item in ITEMS:
        assert len(item.questions) >= 3
        assert len(set(item.questions)) == len(item.questions)
        assert all(question.count("?") == 1 for question in item.questions)
        assert len(item.questions[0]) > len(item.questions[2]), "the direct one is the shortest"
        assert 0 <= item.cost <= 1
        assert item.type in ("ordered", "category", "yes-no")
    costs = {item.id: item.cost for item in ITEMS}
    assert max(costs, key=lambda name: costs[name]) == "past_self_harm_history"


def test_every_value_is_said_in_words_that_are_read_as_it() -> None:
    for item in ITEMS:
        for value in item.values:
            assert len(value.said) >= 5
            for said in value.said:
                fact = heard(said, item.id)
                assert fact is not None
                assert fact["value"] == value.value, said


def test_countries_where_it_is_not_asked_exist_and_have_a_reason() -> None:
    for item in ITEMS:
        assert set(item.not_asked_in) <= iso_codes()
        assert all(len(reason) > 20 for reason in item.not_asked_in.values())
    assert never_asked("NG") == {"past_self_harm_history"} == never_asked("ng")
    assert never_asked("DE") == never_asked("") == frozenset()
