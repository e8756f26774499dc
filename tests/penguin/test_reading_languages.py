"""Guards the reader in eight languages: its floors, how answers are meant, and its command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.command import app
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.facts import IMPLIED, SAID, TOLD
from raise_penguin.penguin.reading import read_answer, read_facts
from raise_penguin.penguin.reading.lexicon import lexicons_of, load_lexicons
from raise_penguin.penguin.reading.measuring import Share, measure_reading
from raise_penguin.penguin.reading.spelling import clean, fold
from raise_penguin.penguin.utterances import Part, load_utterances

MEANT = [
    ("age", "why do you ask?", "ask_back"),
    ("age", "¿por qué me lo preguntas?", "ask_back"),
    ("gender", "warum fragst du das?", "ask_back"),
    ("gender", "问这个干嘛？", "ask_back"),
    ("age", "ليش تسأل؟", "ask_back"),
    ("economic_status", "je préfère ne pas le dire", "refusal"),
    ("age", "umar nahi bataungi", "refusal"),
    ("past_self_harm_history", "इस बारे में बात नहीं करनी", "refusal"),
    ("age", "🤐", "refusal"),
    ("age", "", "refusal"),
    ("age", "🤷", "unsure"),
    ("profession", "não sei explicar", "unsure"),
    ("profession", "ça va", "other_topic"),
    ("age", "👍", "other_topic"),
    ("age", "...", "other_topic"),
    ("profession", "my dad is a lawyer", "other_topic"),
    ("age", "tengo 34 años", "answer"),
    ("profession", "I write novels", "answer"),
    ("emotional_state", "😡", "answer"),
]


@pytest.mark.parametrize(("asked", "text", "kind"), MEANT)
def test_how_an_answer_is_meant(asked: str, text: str, kind: str) -> None:
    reading = read_answer(text, asked, "answer")
    assert reading.kind == kind
    status = reading.facts[asked]["status"] if asked in reading.facts else None
    wanted = {"answer": "known", "refusal": "declined", "unsure": "unclear"}
    assert status == wanted.get(kind)


@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_the_reader_keeps_its_floors(part: Part) -> None:
    found = measure_reading(load_utterances(part))
    assert found.in_all.precision.value >= 0.9
    assert found.in_all.recall.value >= 0.75
    assert min(counts.precision.value for counts in found.by_language.values()) >= 0.85
    assert min(counts.recall.value for counts in found.by_language.values()) >= 0.75
    assert found.outcome("declined").value >= 0.75
    assert found.outcome("unclear").value >= 0.9
    assert found.outcome("stands").value >= 0.9


def test_confidence_falls_from_said_to_told_to_implied() -> None:
    facts = read_facts("I'm 34 and my husband is a nurse", asked="age", source="answer")
    assert facts["age"].get("confidence") == SAID
    assert facts["marital_status"].get("confidence") == IMPLIED
    told = read_facts("I'm a nurse and I can't sleep", source="message")
    assert told["profession"].get("confidence") == TOLD


def test_stress_is_no_disease() -> None:
    assert (
        read_facts("Chronic stress", asked="health_status", source="answer")["health_status"][
            "value"
        ]
        != "Chronic Disease"
    )


@pytest.mark.parametrize(
    "text", ["sí, soy enfermera", "ich bin 34", "मैं 29 साल का हूँ", "我28岁", "عمري ٢٧ سنة"]
)
def test_evidence_stands_in_the_text(text: str) -> None:
    for fact in read_facts(text, source="message").values():
        assert fact["evidence"] in clean(text)


@given(st.text(max_size=60), st.sampled_from(sorted(load_attributes())))
def test_any_text_is_read_as_one_kind_of_answer(text: str, asked: str) -> None:
    reading = read_answer(text, asked, "answer")
    assert (asked in reading.facts) == (reading.kind in ("answer", "refusal", "unsure"))
    for fact in reading.facts.values():
        assert 0 < fact.get("confidence", 0) <= 1


@given(st.text(max_size=80))
def test_folding_keeps_each_place(text: str) -> None:
    assert len(fold(clean(text))) == len(clean(text))


def test_every_pattern_of_every_language_compiles() -> None:
    for lexicon in load_lexicons().values():
        assert set(lexicon.values) == set(load_attributes())
        for name, value in lexicon.words:
            if isinstance(value, str) and name != "script":
                lexicon.group(name)


def test_languages_are_told_by_script_and_small_words() -> None:
    assert [one.language for one in lexicons_of("ich bin nicht so gut in der schule")] == ["de"]
    assert {"zh"} <= {one.language for one in lexicons_of("我28岁")}
    assert len(lexicons_of("single")) > 1


def test_the_interval_is_wilsons() -> None:
    low, high = Share(9, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)


def test_the_command_shows_mistakes_of_the_tuning_half_only() -> None:
    done = CliRunner().invoke(app, ["reading", "--part", "tuning", "--errors"])
    assert done.exit_code == 0, done.output
    assert "offline rules" in done.output
    refused = CliRunner().invoke(app, ["reading", "--part", "held-out", "--errors"])
    assert isinstance(refused.exception, DataError)


@pytest.mark.parametrize(
    "text",
    [
        "no, I'm 34, not 24",
        "nein, ich bin 34, nicht 24",
        "no, tengo 34 años",
        "no, but I was depressed last year",
        "nein, aber ich nehme Tabletten",
        "non, mais je vois un psy",
        "não, mas tomo remédios",
        "no, why would that matter?",
    ],
)
def test_a_no_that_does_not_stand_for_itself_is_no_clean_bill_of_health(text: str) -> None:
    for asked in ("mental_health_status", "health_status", "past_self_harm_history"):
        fact = read_answer(text, asked, "answer").facts.get(asked)
        assert fact is None or fact["status"] != "known", (asked, fact)


@pytest.mark.parametrize(
    "text", ["no, nothing, I'm a nurse", "nope but my mom does", "No. I'm 34."]
)
def test_a_no_that_stands_for_itself_is_one(text: str) -> None:
    fact = read_answer(text, "mental_health_status", "answer").facts["mental_health_status"]
    assert fact["value"] == "None"


@pytest.mark.parametrize(
    "text",
    [
        "not any more",
        "no, not lately",
        "nicht mehr",
        "nein, nicht mehr",
        "ya no",
        "non, je ne le fais plus",
        "não mais",
        "现在不了",
        "अब नहीं",
        "ab nahi",
        "لم أعد كذلك",
    ],
)
def test_self_harm_that_has_ended_has_been(text: str) -> None:
    asked = "past_self_harm_history"
    assert read_answer(text, asked, "answer").facts[asked]["value"] == "Yes"


@pytest.mark.parametrize(
    "text",
    [
        "I take antidepressants",
        "ich nehme seit zwei Jahren Antidepressiva",
        "tomo antidepresivos",
        "je suis sous antidépresseurs",
        "tomo antidepressivos",
        "我在吃抗抑郁药",
    ],
)
def test_medicine_for_the_mind_tells_of_it(text: str) -> None:
    asked = "mental_health_status"
    assert read_answer(text, asked, "answer").facts[asked]["value"] != "None"


@pytest.mark.parametrize(
    "text",
    [
        "I refuse",
        "no answer",
        "prefer not",
        "pass please",
        "I don't tell strangers",
        "no personal questions please",
        "zu persönlich",
        "keine Lust",
        "darauf antworte ich nicht",
        "lass ich offen",
        "keine persönlichen Fragen bitte",
        "no te lo digo",
        "me niego",
        "preferiría no contestar",
        "je refuse",
        "suivant",
        "pas de questions personnelles",
        "me recuso a responder",
        "não, obrigado",
        "não te diz respeito",
        "不太方便",
        "问点别的",
        "अगला",
        "यह ज़रूरी नहीं",
        "share nahi karta",
        "سؤال آخر",
        "لا تسألني عن هذا",
    ],
)
def test_common_ways_to_say_no_decline_every_question(text: str) -> None:
    for asked in ("age", "economic_status", "mental_health_status", "profession"):
        reading = read_answer(text, asked, "answer")
        assert (reading.kind, reading.facts[asked]["status"]) == ("refusal", "declined"), asked
