"""Guards the offline reader: what people say of themselves, and nothing that they do not say."""

from __future__ import annotations

import pytest

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.reading import canonical_value, read_facts

TOLD: list[tuple[str, dict[str, str]]] = [
    ("my son is 12 and I am 34", {"age": "25-34"}),
    ("I'm not married any more", {"marital_status": "Divorced"}),
    ("I'm 34, not 24", {"age": "25-34"}),
    ("My sister is a nurse and she has cancer", {}),
    ("I used to be a teacher but I'm retired", {"profession": "Retired"}),
    ("I am 61 and married", {"age": "55+", "marital_status": "Married"}),
    ("I'm a nurse, thirty-eight, and I feel so lonely", {"profession": "Healthcare Worker"}),
    ("I am not depressed", {}),
    ("My boyfriend is 40 and a lawyer", {}),
    ("I work 60 hours for 20 people", {}),
    ("I'm late thirties, by the way", {"age": "35-44"}),
    ("i’m unemployed and can’t pay the rent", {"economic_status": "Severe Difficulty"}),
    ("We were happy in the 90s", {}),
    ("I teach my son to swim", {}),
    ("I applied for a job as a nurse", {}),
    ("my old job as a waiter ended", {}),
    ("I clean the house all day", {}),
    ("I'm rich in friends", {}),
    ("we are comfortable with each other", {}),
    ("I'm struggling with my thesis", {}),
    ("ich bin reich an Freunden", {}),
    ("ich putze die Wohnung", {}),
    ("I teach at a school and I clean offices", {"profession": "Service Worker"}),
]
ANSWERED = [
    ("age", "34", "known", "25-34"),
    ("age", "turning 50 soon", "known", "45-54"),
    ("age", "", "declined", ""),
    ("past_self_harm_history", "not really", "known", "None"),
    ("past_self_harm_history", "Never. I'm fine, actually. I did a BSc.", "known", "None"),
    ("past_self_harm_history", "I did, once", "known", "Yes"),
    ("health_status", "I'm out. Good night.", "declined", ""),
    ("health_status", "Good, thanks. Bye!", "known", "Good"),
    ("profession", "I'm out of work", "known", "Unemployed"),
    ("past_self_harm_history", "yes, years ago", "known", "Yes"),
    ("past_self_harm_history", "I'd rather not say", "declined", ""),
    ("economic_status", "skip", "declined", ""),
    ("economic_status", "none of your business", "declined", ""),
    ("emotional_state", "numb and tired", "known", "Depression"),
    ("emotional_state", "no idea", "unclear", ""),
    ("mental_health_status", "I don't know", "unclear", ""),
    ("mental_health_status", "nothing", "known", "None"),
    ("profession", "beekeeper", "known", "beekeeper"),
    ("profession", "I'm a beekeeper these days.", "known", "I'm a beekeeper these days"),
    ("profession", "Sure. I keep bees for a living.", "known", "I keep bees for a living"),
    ("profession", "Social Media Influencer. Next?", "known", "Social Media Influencer"),
    ("marital_status", "Cohabiting partner", "known", "Cohabiting partner"),
    ("education_level", "some college", "known", "some college"),
    (
        "emotional_state",
        "cautiously optimistic; drained",
        "known",
        "cautiously optimistic; drained",
    ),
    ("profession", "It's complicated.", "unclear", ""),
    ("health_status", "A bit of this, a bit of that.", "unclear", ""),
    ("emotional_state", "Depends on the day.", "unclear", ""),
    ("marital_status", "single", "known", "Single"),
    ("health_status", "got asthma since school, I have asthma", "known", "Chronic Disease"),
]
NO_ANSWER = [
    ("age", "why do you need that?"),
    ("profession", "It's raining here again."),
    ("health_status", "My tea has gone cold."),
    ("emotional_state", "The dog wants out. Back in a second."),
    ("gender", "I should water the plants."),
    ("education_level", "I had to tell someone."),
    ("profession", "I'm on the train."),
    ("profession", "I feel awful, and nobody helps"),
    ("marital_status", "Tell me what to do."),
    ("age", "old enough to know better"),
    ("health_status", "ok"),
    ("economic_status", "12345"),
    ("profession", "beekeeper?"),
    ("marital_status", "Everyone is better off without me. I want to die."),
    ("profession", "thanks for being there, it means a lot to me"),
    ("emotional_state", "There was something on the radio about " + "that and that " * 20),
]
FOREIGN = [
    ("age", "45-54 years", "45-54"),
    ("age", "28", "25-34"),
    ("mental_health_status", "Severe Anxiety", "Anxiety"),
    ("marital_status", "Recently Divorced", "Divorced"),
    ("health_status", "Fair (elevated blood pressure, insomnia)", "Chronic Disease"),
    ("past_self_harm_history", "Self-harm ideation in teens, no recent history", "Yes"),
    ("past_self_harm_history", "None", "None"),
    ("education_level", "Master's", "Master's"),
    ("gender", "Non-binary", "Other"),
    ("profession", "Astronaut", None),
]


@pytest.mark.parametrize(("text", "expected"), TOLD)
def test_messages(text: str, expected: dict[str, str]) -> None:
    told = {name: fact["value"] for name, fact in read_facts(text, source="message").items()}
    assert expected.items() <= told.items()
    if not expected:
        assert told == {}


@pytest.mark.parametrize(("asked", "text", "status", "value"), ANSWERED)
def test_answers(asked: str, text: str, status: str, value: str) -> None:
    fact = read_facts(text, asked=asked, source="answer")[asked]
    assert (fact["status"], fact["value"]) == (status, value)


@pytest.mark.parametrize(("asked", "text"), NO_ANSWER)
def test_words_that_cannot_be_the_answer_are_no_fact(asked: str, text: str) -> None:
    facts = read_facts(text, asked=asked, source="answer")
    assert asked not in facts or facts[asked]["status"] != "known"


def test_an_answer_may_fill_several() -> None:
    facts = read_facts("I'm 29, single and I work in a bar", asked="age", source="answer")
    values = {name: fact["value"] for name, fact in facts.items()}
    assert values == {"age": "25-34", "marital_status": "Single", "profession": "Service Worker"}
    assert all(fact["evidence"] for fact in facts.values())


def test_an_answer_may_tell_something_else_in_a_few_words() -> None:
    facts = read_facts("about 34, married", asked="mental_health_status", source="answer")
    values = {name: fact["value"] for name, fact in facts.items()}
    assert values == {"age": "25-34", "marital_status": "Married"}


def test_an_answer_about_something_else_leaves_the_question_open() -> None:
    assert "age" not in read_facts("I'm a nurse", asked="age", source="answer")


@pytest.mark.parametrize(("attribute", "text", "value"), FOREIGN)
def test_foreign_values(attribute: str, text: str, value: str | None) -> None:
    assert canonical_value(attribute, text) == value


def test_everything_that_a_simulated_person_says_is_read_back() -> None:
    for item in load_attributes().values():
        for value in item.values:
            for said in value.said:
                facts = read_facts(said, asked=item.id, source="answer")
                assert {name: fact["value"] for name, fact in facts.items()} == {
                    item.id: value.value
                }, said


def test_hostile_text_is_read_in_one_go() -> None:
    for text in ("i am " * 10_000, "my " * 20_000, "(" * 50_000, "\ud800 I'm 34", "{{7*7}} I'm 34"):
        read_facts(text, source="message")
        read_facts(text, asked="age", source="answer")
