"""Guards what is a person's own and of now: not the novel's, the past's, nor what they deny."""

from __future__ import annotations

import pytest

from raise_penguin.penguin.reading import read_answer, read_facts

MENTAL = "mental_health_status"


def values(text: str, asked: str | None = None) -> dict[str, str]:
    facts = read_facts(text, asked=asked, source="answer" if asked else "message")
    return {name: fact["value"] for name, fact in facts.items() if fact["status"] == "known"}


@pytest.mark.parametrize(
    "text",
    [
        "I'm writing a novel about a 34-year-old nurse",
        "In my story the hero is a 60-year-old widow. Her husband, 62, was a soldier",
        "The main character is 34 and single",
        "Ich schreibe einen Roman über eine 34-jährige Krankenschwester",
        "Estoy escribiendo una novela sobre una enfermera de 34 años",
        "J'écris un roman sur un médecin de 50 ans",
        "Estou escrevendo um romance sobre um professor de 45 anos",
        "我在写一本小说，主角是34岁的护士",
        "मैं 34 साल की नर्स पर एक उपन्यास लिख रहा हूँ",
        "أكتب رواية عن ممرضة عمرها 34 سنة",
    ],
)
def test_fiction_tells_nothing_of_its_writer(text: str) -> None:
    assert values(text).keys() <= {"gender"}


def test_who_writes_fiction_may_tell_of_themselves_before() -> None:
    assert values("I'm 34, divorced and writing a novel about a nurse")["age"] == "25-34"
    assert values("I'm 34. I'm writing a novel.")["age"] == "25-34"


@pytest.mark.parametrize(
    ("text", "profession"),
    [
        ("I'm 31 and a nurse", "Healthcare Worker"),
        ("I'm 31 and a nurse and I can't sleep", "Healthcare Worker"),
        ("I'm 45, a lawyer, and tired of it", "Legal Professional"),
        ("As a nurse I see this every day", "Healthcare Worker"),
        ("My patients love me", "Healthcare Worker"),
        ("My sister is 31 and a nurse", None),
        ("I talked to a doctor and a nurse", None),
        ("I quit my job as an accountant last month", None),
    ],
)
def test_a_calling_after_an_age_is_the_writers(text: str, profession: str | None) -> None:
    assert values(text).get("profession") == profession


@pytest.mark.parametrize(
    ("text", "profession"),
    [
        ("a nurse", "Healthcare Worker"),
        ("not a doctor, a nurse", "Healthcare Worker"),
        ("was a plumber for twenty years, now I'm in sales", "Sales Worker"),
        ("früher Lehrer, jetzt in Rente", "Retired"),
        ("以前是老师，现在自己开店", "Business Owner"),
        ("كنت معلما والآن متقاعد", "Retired"),
        ("enfermera jubilada", "Retired"),
        ("no trabajo, estudio", "Student"),
        ("I see a therapist twice a week", None),
        ("my brother, a nurse", None),
        ("मैं वकील बनना चाहता हूँ", None),
        ("je voulais être médecin", None),
        ("看了医生", None),
    ],
)
def test_what_somebody_is_by_trade_now(text: str, profession: str | None) -> None:
    assert values(text, "profession").get("profession") == profession


@pytest.mark.parametrize(
    "text",
    [
        "I don't have depression",
        "I'm not depressed, just tired",
        "I don't suffer from anything",
        "I was never depressed",
        "my friend has depression, I don't",
        "no tengo depresión",
        "no estoy deprimida",
        "je n'ai pas de dépression",
        "ma mère est dépressive, moi non",
        "ich habe keine Depression",
        "não sou depressivo",
        "我没有抑郁症",
        "मुझे डिप्रेशन नहीं है",
        "ليس عندي اكتئاب",
        "tuve ansiedad de joven, ahora estoy bien",
    ],
)
def test_a_denied_illness_answers_the_question(text: str) -> None:
    assert values(text, MENTAL) == {MENTAL: "None"}


def test_a_denied_illness_in_a_message_is_no_clean_bill_of_health() -> None:
    assert values("I'm not depressed") == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("not anxiety, ADHD", "Other"),
        ("keine Depression, eher Angst", "Anxiety"),
        ("not severely depressed", None),
        ("everybody has anxiety these days", None),
        ("ma sœur est bipolaire", None),
        ("psychisch nicht so gut", None),
    ],
)
def test_what_a_denial_leaves(text: str, value: str | None) -> None:
    assert values(text, MENTAL).get(MENTAL) == value


@pytest.mark.parametrize(
    "text",
    [
        "no, estuve deprimido el año pasado",
        "non, j'étais dépressif l'an dernier",
        "nein, letztes Jahr war ich depressiv",
        "não, tive depressão no ano passado",
        "नहीं, पिछले साल डिप्रेशन था",
        "لا، كنت مكتئبا العام الماضي",
    ],
)
def test_no_and_an_illness_of_the_past_is_unclear(text: str) -> None:
    assert read_answer(text, MENTAL, "answer").facts[MENTAL]["status"] == "unclear"


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("economic_status", "last year I couldn't pay rent but now I'm fine", "Stable"),
        ("economic_status", "früher war ich pleite, heute geht es mir gut", "Stable"),
        ("economic_status", "not struggling, but not rich either", "Moderate"),
        ("economic_status", "de dinero no muy bien", None),
        ("economic_status", "living like a king, no", None),
        ("health_status", "not healthy", None),
        ("marital_status", "not single", None),
        ("emotional_state", "I'd be angry if he did that", None),
        ("gender", "whatever", None),
        ("gender", "x", None),
        ("age", "Baujahr 85", None),
        ("age", "über 60", "55+"),
    ],
)
def test_a_word_between_is_never_a_not(asked: str, text: str, value: str | None) -> None:
    assert values(text, asked) == ({asked: value} if value else {})


def test_somebody_elses_feeling_is_not_the_writers() -> None:
    assert values("how do I calm down an angry customer?") == {}
    assert values("wütend auf meinen Chef", "emotional_state") == {"emotional_state": "Anger"}
    assert values("I'm so scared of what he'll do next") == {"emotional_state": "Anxiety"}


@pytest.mark.parametrize(
    "text",
    ["I'm 16", "15", "fifteen", "ich bin 14", "tengo 16 años", "17", "I'm 9", "tengo 8 años", "7"],
)
def test_a_childs_age_is_an_answer_that_no_band_fits(text: str) -> None:
    fact = read_answer(text, "age", "answer").facts["age"]
    assert (fact["status"], fact["value"], fact["evidence"]) == ("unclear", "", text)
    assert "age" not in read_facts(text, source="message")


@pytest.mark.parametrize("text", ["my son is 16", "16 hours a day", "I'm not 16"])
def test_another_number_is_no_childs_age(text: str) -> None:
    assert "age" not in read_answer(text, "age", "answer").facts


@pytest.mark.parametrize("text", ["n/a", "N.A.", "-", "x", "k.A.", "not applicable"])
def test_a_field_left_blank_is_a_refusal(text: str) -> None:
    assert read_answer(text, "gender", "answer").kind == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "I don't discuss money",
        "my finances are my own affair",
        "de dinero no hablo",
        "c'est mon affaire",
        "über Geld spricht man nicht",
        "isso é coisa minha",
        "不方便说",
        "ये मेरा निजी मामला है",
        "هذا أمر شخصي",
    ],
)
def test_refusals(text: str) -> None:
    assert read_answer(text, "economic_status", "answer").kind == "refusal"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("emotional_state", "I can't talk to anyone about it and I feel alone"),
        ("marital_status", "my wife and I don't talk any more"),
        ("past_self_harm_history", "never, and I don't want to"),
        ("emotional_state", "scared to talk about it"),
        ("health_status", "nothing to disclose"),
    ],
)
def test_words_of_refusal_within_an_answer(asked: str, text: str) -> None:
    assert read_answer(text, asked, "answer").kind == "answer"


def test_savings_that_somebody_wants_are_no_means() -> None:
    text = "cousin is buying flats and wants us all in with our savings. is it solid?"
    assert "economic_status" not in read_facts(text, source="message")
    assert read_facts("we have savings", source="message")["economic_status"]["value"] == "Stable"
