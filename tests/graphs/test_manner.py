"""Guards how people are spoken to: eight languages, two registers, no gender, honest replies."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.answers import kind_of
from raise_penguin.graphs.crisis.reply import help_words
from raise_penguin.graphs.crisis.resources import load_resources, resources_for
from raise_penguin.graphs.roles import ReplyRequest
from raise_penguin.graphs.roles.guidance import load_library
from raise_penguin.graphs.roles.offline_responder import OfflineResponder
from raise_penguin.graphs.wording import (
    LANGUAGES,
    REGISTERS,
    Speech,
    formal_in,
    language_of,
    load_wording,
)
from raise_penguin.penguin.attributes import attribute, load_attributes
from raise_penguin.penguin.domains import load_domains
from raise_penguin.penguin.facts import profile_facts
from raise_penguin.penguin.people import demo_scenarios
from raise_penguin.penguin.reading import read_answer

WRITER = OfflineResponder()
MARKS = "?？؟"
MESSAGES = {
    "en": "I want to hand in my notice on Friday with nothing else lined up. Is it a bad idea?",
    "es": "Quiero renunciar a mi trabajo el viernes y no tengo otro. ¿Debería hacerlo?",
    "fr": "Je veux quitter mon travail vendredi et je n'ai rien d'autre. Dois-je le faire ?",
    "de": "Ich will am Freitag meinen Job kündigen und habe nichts Neues. Soll ich das tun?",
    "pt": "Quero largar meu emprego na sexta e não tenho outro. Devo fazer isso?",
    "zh": "我想周五辞职，但是还没有别的工作，我该怎么办？",
    "hi": "मैं शुक्रवार को नौकरी छोड़ना चाहता हूँ और दूसरी नहीं है। क्या मुझे ऐसा करना चाहिए?",
    "ar": "أريد أن أترك عملي يوم الجمعة وليس عندي عمل آخر. هل يجب أن أفعل ذلك؟",
}


@lru_cache(maxsize=1)
def offline_graph() -> Any:
    """One graph for all tests here, since it keeps what it read of the plans."""
    return build_raise_graph(checkpointer=InMemorySaver())


def talk(**context: Any) -> Dialogues:
    graph = offline_graph().copy({"checkpointer": InMemorySaver()})
    return Dialogues(graph, context=RaiseContext.model_validate(context))


def speeches() -> list[Speech]:
    return [Speech(code, formal) for code in LANGUAGES for formal in (False, True)]


@pytest.mark.parametrize("speech", speeches(), ids=str)
def test_every_question_asks_once_and_the_sensitive_ones_give_a_way_out(speech: Speech) -> None:
    way_out = {
        "en": r"[Ss]kip|have to say",
        "es": r"saltar|hace falta",
        "fr": r"passer|n'a(s|vez) pas à",
        "de": r"überspringen|muss|müssen",
        "pt": r"pular|precisa",
        "zh": "跳过|不说也没关系",
        "hi": "छोड़ा|ज़रूरी नहीं",
        "ar": "تخطي|التخطي|لا يلزم",
    }[speech.language]
    for item in load_attributes().values():
        question = speech.question(item.id)
        assert sum(map(question.count, MARKS)) == 1, question
        assert not set("{}|") & set(question + speech.why(speech.reason(item.id)))
        if item.sensitive:
            assert re.search(way_out, question), question
    assert "{" not in speech.skip + speech.set_aside + speech.noted
    assert speech.skip
    assert speech.noted


def test_english_questions_are_recognised_as_what_they_are() -> None:
    speech = Speech("en")
    for item in load_attributes().values():
        text = speech.question(item.id)
        asked = [one.id for one in load_attributes().values() if one.asked_pattern.search(text)]
        assert asked == [item.id]


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_language_says_everything(code: str) -> None:
    wording = load_wording(code)
    assert set(wording.questions) == set(wording.reasons) == set(load_attributes())
    assert set(wording.reply.domains) == set(load_domains())
    assert wording.cues is not None
    assert set(wording.cues.domains) == set(load_domains())
    for cue in (wording.formal, wording.casual, wording.reply.thanks, wording.cues.plain):
        re.compile(cue)
    for line in wording.reply.people:
        for name, values in line.when.items():
            assert all(attribute(name).value_named(value) for value in values)
    texts = [*wording.questions.values(), wording.reply.opening, wording.reply.steps]
    assert any(REGISTERS.search(text) for text in texts), "two registers"


@pytest.mark.parametrize("formal", [False, True])
def test_nobody_is_taken_for_a_man_or_a_woman(formal: bool) -> None:
    gendered = {
        "en": r"\b(husband|wife|he|she|sir|madam)\b",
        "de": r"\b(Ehemann|Ehefrau|Freundin|Herr|Frau)\b",
        "es": r"\b(marido|esposa|solo|sola|señora?|cansado|cansada)\b",
        "fr": r"\b(mari|femme|seul|seule|Monsieur|Madame|prêt|prête)\b",
        "pt": r"\b(marido|esposa|sozinho|sozinha|senhora?|obrigado|obrigada)\b",
        "zh": "丈夫|妻子|先生|女士|他|她",
        "hi": "पति|पत्नी|रहे हैं|रहे हो|रही",
        "ar": "زوجتك|زوجك|سيدي|سيدتي",
    }
    for code, words in gendered.items():
        speech = Speech(code, formal)
        texts = [speech.question(name) for name in load_attributes()]
        texts += [speech.reason(name) for name in load_attributes()] + [speech.skip, speech.noted]
        assert not [text for text in texts if re.search(words, text)]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("mode", ["interrupt", "message"])
async def test_a_whole_dialogue_in_each_language(code: str, mode: str) -> None:
    dialogues = talk(mode=mode)
    turn = await dialogues.send("t", MESSAGES[code])
    assert turn.state["language"] == code
    assert turn.state["triage"]["domain"] == "career"
    assert turn.kind == "question"
    assert turn.question
    speech = Speech(code, turn.state.get("formal", False))
    assert turn.question["question"] == speech.question(turn.question["attribute"])
    assert turn.question["skip"] == speech.skip
    while turn.kind == "question":
        assert turn.state["language"] == code, "a short answer keeps the language"
        turn = await dialogues.send("t", "34")
    asked = turn.state["asked"]
    assert 1 <= len(asked) <= 3
    assert language_of(turn.text) == code
    assert turn.state["log"][-1]["reason"].startswith("limited") is (code != "en")


@pytest.mark.parametrize("code", LANGUAGES)
async def test_thanks_are_no_matter(code: str) -> None:
    thanks = {"en": "thank you!", "es": "¡muchas gracias!", "fr": "merci beaucoup", "de": "danke!",
              "pt": "obrigada!", "zh": "谢谢你", "hi": "धन्यवाद", "ar": "شكرا"}  # fmt: skip
    dialogues = talk(budget=0)
    await dialogues.send("t", MESSAGES[code])
    turn = await dialogues.send("t", thanks[code])
    speech = Speech(code, turn.state.get("formal", False))
    assert turn.text == speech.say(speech.wording.reply.welcome)


async def test_a_long_answer_in_another_language_is_followed() -> None:
    dialogues = talk()
    await dialogues.send("t", MESSAGES["en"])
    turn = await dialogues.send("t", "Perdona, me sale mejor en español, estoy muy preocupado")
    assert turn.state["language"] == "es"


async def test_a_setting_decides_the_language() -> None:
    dialogues = talk(language="fr")
    turn = await dialogues.send("t", MESSAGES["en"])
    assert turn.question
    assert turn.question["skip"] == Speech("fr", formal=True).skip


@pytest.mark.parametrize(
    ("language", "text", "formal"),
    [
        ("de", "Können Sie mir sagen, ob ich kündigen soll?", True),
        ("de", "Hey, kannst du mir helfen?", False),
        ("de", "Soll ich kündigen?", True),
        ("fr", "Salut, tu peux m'aider ?", False),
        ("fr", "Pouvez-vous m'aider ? Je vous remercie", True),
        ("es", "¿Podría usted ayudarme?", True),
        ("es", "Oye, ayúdame", False),
        ("es", "No sé qué hacer", False),
        ("pt", "Oi, você pode me ajudar?", False),
        ("zh", "请问您能帮我吗", True),
        ("hi", "यार, तुम क्या सोचते हो", False),
        ("ar", "لو سمحت، أحتاج مساعدة", True),
    ],
)
def test_register_goes_by_the_persons_words(language: str, text: str, formal: bool) -> None:
    assert formal_in(language, text) is formal


ADDRESS = {
    "DE": (r"[Dd](u|ich|ir|ein\w*)", r"Sie|Ihnen|Ihre?[rnms]?"),
    "AT": (r"[Dd](u|ich|ir|ein\w*)", r"Sie|Ihnen|Ihre?[rnms]?"),
    "FR": ("[Tt]u|[Tt]oi|[Tt]es|[Tt]e", "[Vv]ous|[Vv]otre"),
    "ES": ("[Tt]ú|[Tt]e|[Tt]i|[Tt]u", "[Uu]sted|verle|[Ss]u"),
}
"""Words that address somebody plainly, and formally."""


@pytest.mark.parametrize(
    ("country", "words", "formal"),
    [
        ("DE", ["Hey, kannst du mir helfen? Ich will mich umbringen", "nein"], False),
        ("DE", ["Können Sie mir helfen? Ich möchte sterben", "nein"], True),
        ("AT", ["Ich will nicht mehr leben", "Soll ich kündigen? Mein Chef macht Angst"], True),
        ("DE", ["Hey, soll ich kündigen? Kannst du helfen?", "34", "Ich will sterben"], False),
        ("FR", ["Salut, tu peux m'aider ? Je veux mourir", "non"], False),
        ("FR", ["Pouvez-vous m'aider ? Je veux mourir", "non"], True),
        ("ES", ["¿Podría usted ayudarme? Quiero morirme", "no"], True),
        ("ES", ["Oye, quiero morirme", "no"], False),
    ],
)
async def test_help_and_all_else_in_a_thread_address_somebody_in_one_form(
    country: str, words: list[str], formal: bool
) -> None:
    plain, polite = (re.compile(rf"\b({words})\b") for words in ADDRESS[country])
    dialogues = talk(country=country)
    said = [(await dialogues.send("t", each)).text for each in words]
    assert not [text for text in said if (plain if formal else polite).search(text)]
    assert any((polite if formal else plain).search(text) for text in said)


async def test_a_child_is_spoken_to_plainly() -> None:
    turn = await talk(country="DE").send(
        "t", "Ich bin 10 und Papa schlägt mich mit dem Gürtel, Mama weiß es"
    )
    assert "Ich glaube dir" in turn.text
    assert "Ihnen" not in turn.text


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_emergency_numbers_are_named_in_the_language(code: str) -> None:
    names = {line.name for line in load_resources() if line.kind == "emergency"}
    common = {name for name in names if "(" not in name or name.endswith("police)")}
    assert common <= help_words(code).emergency.keys()


def test_register_stays_where_nothing_is_said() -> None:
    assert formal_in("de", "34", current=False) is False
    assert formal_in("fr", "34", current=True) is True


def test_an_added_attribute_without_a_translation_is_asked_in_english(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "wording"
    folder.mkdir()
    (folder / "de.yaml").write_text("questions:\n  age: Wie alt etwa?\n", encoding="utf-8")
    monkeypatch.setenv("RAISE_PENGUIN_DATA", str(tmp_path))
    load_wording.cache_clear()
    try:
        assert Speech("de").question("age") == "Wie alt etwa?"
        assert Speech("de").question("gender").startswith("Wie beschreibst")
    finally:
        monkeypatch.undo()
        load_wording.cache_clear()
    assert Speech("it").question("age") == attribute("age").questions[0]


KINDS = [
    ("ask_back", "en", ["Why do you ask?", "what for?", "Why?", "How does that help?",
     "What does that have to do with it?", "why would you need to know that", "Is that relevant?",
     "Who can see this?", "what’s that for?", "but why"]),
    ("ask_back", "es", ["¿Por qué preguntas eso?", "¿Para qué quieres saberlo?", "por qué?",
     "¿Qué tiene que ver eso?"]),
    ("ask_back", "fr", ["Pourquoi vous me demandez ça ?", "Pourquoi ?", "C'est quoi le rapport ?"]),
    ("ask_back", "de", ["Warum fragst du?", "Wozu wollen Sie das wissen?", "Wieso?",
     "Was hat das damit zu tun?"]),
    ("ask_back", "pt", ["Por que você quer saber?", "Pra quê?", "O que isso tem a ver?"]),
    ("ask_back", "zh", ["为什么问这个？", "为什么?", "这跟我的问题有什么关系？"]),
    ("ask_back", "hi", ["आप यह क्यों पूछ रहे हैं?", "क्यों?", "इससे क्या मतलब?"]),
    ("ask_back", "ar", ["لماذا تسأل؟", "ليش؟", "ما علاقة هذا؟"]),
    ("refusal", "en", ["I'd rather not say", "skip", "none of your business", "", "..."]),
    ("refusal", "es", ["Prefiero no decirlo", "eso es privado", "paso"]),
    ("refusal", "fr", ["Je préfère ne pas répondre", "ça ne vous regarde pas"]),
    ("refusal", "de", ["Das möchte ich nicht sagen", "Lieber nicht", "Das ist privat"]),
    ("refusal", "pt", ["Prefiro não dizer", "pular"]),
    ("refusal", "zh", ["不想说", "跳过"]),
    ("refusal", "hi", ["मैं बताना नहीं चाहता", "यह निजी है"]),
    ("refusal", "ar", ["لا أريد أن أقول", "هذا شأن خاص"]),
    ("answer", "", ["I don't know", "weiß nicht", "no sé", "je ne sais pas", "não sei", "不知道",
     "पता नहीं", "لا أعرف", "no", "yes", "nein"]),
    ("other_topic", "", ["What's the capital of France?", "It is raining here again today",
     "Did you see the game last night?", "my son is 12 you know"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answer"), [(kind, text) for kind, _, texts in KINDS for text in texts]
)
def test_kinds_of_answers(kind: str, answer: str) -> None:
    assert kind_of(answer, read_answer(answer, "marital_status", "answer")) == kind


def test_a_known_fact_makes_an_answer() -> None:
    told, asked = "I'm 34, why do you ask?", "¿por qué?"
    assert kind_of(told, read_answer(told, "profession", "answer")) == "answer"
    assert kind_of(asked, read_answer(asked, "profession", "answer")) == "ask_back"


# --- replies --------------------------------------------------------------------------------------

THIRD_PERSON = re.compile(
    r"\b(the (user|writer|client)|this (user|person)|the \w+[- ]year[- ]old|as an? \d\d)\b", re.I
)


def recites(text: str, values: dict[str, str]) -> list[str]:
    """Values that a reply says back as a profile: bands and labels, or "you are a ..."."""
    found: list[str] = []
    for value in values.values():
        label = re.escape(value)
        told = rf"\b(you are|you're|you, an?|as an?|being an?|since you are)\s+(an? )?{label}\b"
        verbatim = (
            rf"{label}" if re.search(r"\d|status|severe diff|serious ill", value, re.I) else told
        )
        if re.search(verbatim, text, re.IGNORECASE):
            found.append(value)
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_reply_recites_or_speaks_of_a_third_person(code: str) -> None:
    for scenario in demo_scenarios():
        values = scenario.profile.values
        request = ReplyRequest(
            query=scenario.query,
            domain=scenario.domain,
            facts=profile_facts(values),
            language=code,
        )
        text = WRITER.compose(request)
        assert recites(text, dict(values)) == []
        assert not THIRD_PERSON.search(text)


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("formal", [False, True])
def test_a_general_reply_protects_says_its_limits_and_uses_what_is_known(
    code: str, formal: bool
) -> None:
    def reply(domain: str, **values: str) -> str:
        return WRITER.compose(
            ReplyRequest(
                query=MESSAGES[code],
                domain=domain,
                facts=profile_facts(values),
                language=code,
                formal=formal,
            )
        )

    speech = Speech(code, formal)
    plain = reply("career")
    for part in ("limited", "protective", "closing", "opening"):
        assert speech.say(getattr(speech.wording.reply, part)) in plain
    assert plain != reply("health")
    assert plain != reply("career", economic_status="Difficult")
    assert "{" not in plain
    assert not re.search(r"\d{3}", plain), "no help line is named without a country"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_line_of_a_country_is_named_where_one_fits(code: str) -> None:
    country = {"en": "GB", "es": "ES", "fr": "FR", "de": "DE", "pt": "BR", "hi": "IN"}.get(code)
    if country is None:
        country = "CA"
    line = resources_for(country, "suicide", code).lines[0].shown(code)
    request = ReplyRequest(
        query=MESSAGES[code], domain="career", facts={}, language=code, help_line=line
    )
    assert line in WRITER.compose(request)


async def test_the_graph_hands_the_line_of_the_country_to_the_writer() -> None:
    turn = await talk(budget=0, country="GB").send("t", MESSAGES["en"])
    assert "116 123" in turn.text
    assert "in your country" not in turn.text


async def test_offline_replies_stream_by_sentences() -> None:
    pieces: list[str] = []
    turn = await talk(budget=0).send("t", MESSAGES["en"], on_piece=pieces.append)
    assert len(pieces) > 5
    assert "".join(pieces) == turn.text
    assert all(len(re.findall(r"[.!?](?=\s+\w)", piece)) == 0 for piece in pieces)


def test_the_library_has_one_place_for_a_line() -> None:
    assert load_library().phrases.protective.count("{line}") == 1


@pytest.mark.parametrize("code", LANGUAGES)
async def test_an_offline_follow_up_does_not_say_everything_again(code: str) -> None:
    dialogues = talk(budget=0)
    first = await dialogues.send("t", MESSAGES[code])
    again = await dialogues.send("t", MESSAGES[code])
    assert again.text != first.text
    assert len(again.text) < len(first.text)
    assert first.text.split("\n\n", maxsplit=1)[0] not in again.text
