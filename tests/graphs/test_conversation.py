"""Guards the conversation: counter-questions, other topics, corrections, follow-ups."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from scripted_roles import SENSITIVE, Script, fact

from raise_penguin.graphs import Dialogues, RaiseContext, Turn, answer_command, build_raise_graph
from raise_penguin.graphs.roles import Selection, SelectRequest, Triage
from raise_penguin.graphs.state import AGAIN
from raise_penguin.policies.store import PolicyStore

QUITTING = "I want to hand in my notice on Friday with nothing else lined up. Is it a bad idea?"
OTHER_MATTER = (
    "My mother was just diagnosed with cancer and I can't sleep, how do I tell my children?"
)


@lru_cache(maxsize=1)
def offline_graph() -> Any:
    """One graph for all tests here, since it keeps what it read of the plans."""
    return build_raise_graph(checkpointer=InMemorySaver())


def offline(mode: str = "interrupt", **context: Any) -> Dialogues:
    graph = offline_graph().copy({"checkpointer": InMemorySaver()})
    return Dialogues(graph, context=RaiseContext.model_validate({"mode": mode, **context}))


def scripted(script: Script, mode: str = "interrupt", **context: Any) -> Dialogues:
    graph = build_raise_graph(roles=script.roles(), checkpointer=InMemorySaver())
    return Dialogues(graph, context=RaiseContext.model_validate({"mode": mode, **context}))


@pytest.fixture(params=["interrupt", "message"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def decisions(turn: Turn) -> list[str]:
    return [entry["decision"] for entry in turn.state["log"]]


class Reader(Script):
    """A model that says what kind an answer is, where a test has told it."""

    kinds: dict[str, dict[str, Any]]

    async def select(self, request: SelectRequest) -> Selection:
        found = await super().select(request)
        told = getattr(self, "kinds", {}).get(request.answer or "")
        return replace(found, **told) if told else found


# --- a counter-question ---------------------------------------------------------------------------


async def test_why_do_you_ask_gets_the_reason_and_the_question_stands(mode: str) -> None:
    script = Script()
    talk = scripted(script, mode)
    first = await talk.send("t", SENSITIVE)
    calls = script.calls.total()
    assert first.question
    again = await talk.send("t", "Why do you ask?", question_id=first.question["id"])
    assert again.kind == "question"
    assert again.question
    assert again.question["id"] == first.question["id"] + AGAIN
    assert again.question["attribute"] == first.question["attribute"]
    assert again.question["remaining"] == first.question["remaining"], "not another question"
    assert first.question["reason"] in again.text
    assert first.question["question"] in again.text
    assert "skip" in again.text
    assert script.calls.total() == calls, "no model is asked for that"
    answered = await talk.send("t", "age is 34", question_id=again.question["id"])
    assert answered.state["facts"]["age"]["value"] == "34"
    assert answered.state["asked"] == ["age", "gender"]


async def test_a_second_counter_question_declines(mode: str) -> None:
    talk = offline(mode)
    first = await talk.send("t", QUITTING)
    await talk.send("t", "Why do you ask?")
    turn = await talk.send("t", "But what does that matter?")
    assert first.question
    name = first.question["attribute"]
    assert turn.state["facts"][name]["status"] == "declined"
    assert turn.question is None or turn.question["attribute"] != name


async def test_a_counter_question_sent_twice_counts_once(mode: str) -> None:
    talk = scripted(Script(), mode)
    first = await talk.send("t", SENSITIVE)
    assert first.question
    again = await talk.send("t", "why?", question_id=first.question["id"])
    twice = await talk.send("t", "why?", question_id=first.question["id"])
    assert twice.kind == "repeated"
    assert twice.question == again.question
    if mode == "interrupt":
        config: Any = {"configurable": {"thread_id": "t"}}
        await talk.graph.ainvoke(answer_command(first.question["id"], "why?"), config)
        raw = await talk.resume("t")
        assert raw is not None
        assert raw.question == again.question


async def test_a_fact_with_a_counter_question_is_an_answer(mode: str) -> None:
    talk = offline(mode)
    turn = await talk.send("t", QUITTING)
    turn = await talk.send("t", "I'm worried. Why do you ask?")
    assert turn.state["facts"]["emotional_state"]["value"] == "Anxiety"
    assert "stands" not in " ".join(decisions(turn))


async def test_what_a_model_alone_sees_as_a_counter_question_stands_too() -> None:
    script = Reader()
    script.kinds = {"hm, you are a curious one": {"kind": "ask_back", "facts": {}}}
    talk = scripted(script)
    await talk.send("t", SENSITIVE)
    turn = await talk.send("t", "hm, you are a curious one")
    assert turn.question
    assert turn.question["id"] == "question-1" + AGAIN


# --- another topic --------------------------------------------------------------------------------


async def test_an_aside_is_set_aside_and_comes_up_in_the_reply(mode: str) -> None:
    talk = offline(mode, budget=1)
    first = await talk.send("t", QUITTING)
    turn = await talk.send("t", "What's the capital of France?")
    assert first.question
    assert turn.question
    assert turn.question["attribute"] == first.question["attribute"]
    assert "later" in turn.text or "come back" in turn.text
    assert turn.state["parked"] == ["What's the capital of France?"]
    turn = await talk.send("t", "worried")
    assert turn.kind == "reply"
    assert "also brought up something else" in turn.text
    assert turn.state["parked"] == []


async def test_a_model_answers_an_aside_shortly_and_asks_on() -> None:
    script = Reader()
    script.kinds = {
        "capital of France?": {"kind": "other_topic", "aside": "Paris is.", "facts": {}}
    }
    talk = scripted(script)
    await talk.send("t", SENSITIVE)
    turn = await talk.send("t", "capital of France?")
    assert turn.question
    assert turn.text == "Paris is. What about age?"
    await talk.send("t", "age is 34")
    turn = await talk.send("t", "no")
    put = sum(m.type == "ai" for m in turn.state["messages"]) - 1
    assert turn.state["calls"] <= put + 3, "a question put again counts as put"
    assert turn.state["asked"] == ["age", "gender"]


async def test_a_remark_joins_the_message_and_uses_up_nothing(mode: str) -> None:
    talk = offline(mode)
    first = await talk.send("t", QUITTING)
    remark = "listen, the landlord also wants us gone by Friday, that is the thing"
    turn = await talk.send("t", remark)
    assert turn.state["query"] == f"{QUITTING}\n{remark}"
    assert first.question
    assert turn.question
    assert turn.question["attribute"] == first.question["attribute"]
    again = await talk.send("t", "the dog wants out of here")
    assert again.state["facts"][first.question["attribute"]]["status"] == "unclear"
    assert again.question is None or again.question["attribute"] != first.question["attribute"]


async def test_another_sensitive_matter_takes_over_and_nothing_is_lost(mode: str) -> None:
    script = Reader()
    script.kinds = {OTHER_MATTER: {"kind": "other_topic", "matter": True, "facts": {}}}
    talk = scripted(script, mode)
    await talk.send("t", SENSITIVE)
    turn = await talk.send("t", OTHER_MATTER)
    assert turn.state["query"] == OTHER_MATTER
    assert turn.state["parked"] == [SENSITIVE]
    assert script.calls["triage"] == 2, "the new matter is read like any message"
    while turn.kind == "question":
        turn = await talk.send("t", "no")
    assert script.replies[-1].query == OTHER_MATTER
    assert list(script.replies[-1].parked) == [SENSITIVE]
    assert len(turn.state["asked"]) == len(set(turn.state["asked"]))


async def test_the_rules_see_another_sensitive_matter(mode: str) -> None:
    talk = offline(mode)
    await talk.send("t", QUITTING)
    turn = await talk.send("t", OTHER_MATTER)
    assert turn.state["query"] == OTHER_MATTER
    assert turn.state["topic"] == "health"
    assert "leaves question-1 open" in decisions(turn)


# --- corrections ----------------------------------------------------------------------------------


async def test_a_correction_replaces_and_is_logged(mode: str) -> None:
    talk = offline(mode)
    await talk.send("t", "I'm 24. " + QUITTING)
    turn = await talk.send("t", "worried, and no, I'm 34, not 24")
    assert turn.state["facts"]["age"]["value"] == "25-34"
    assert "corrected age: 18-24 -> 25-34" in decisions(turn)


async def test_a_correction_alone_leaves_the_question_standing(mode: str) -> None:
    talk = offline(mode)
    first = await talk.send("t", "I'm 24. " + QUITTING)
    turn = await talk.send("t", "no, I'm 34, not 24")
    assert turn.state["facts"]["age"]["value"] == "25-34"
    assert first.question
    assert turn.question
    assert turn.question["id"] == first.question["id"] + AGAIN


async def test_a_correction_in_a_later_message_is_logged(mode: str) -> None:
    talk = offline(mode, budget=0)
    await talk.send("t", "I'm 24. " + QUITTING)
    turn = await talk.send("t", "Sorry, I'm 34. Should I tell my boss on Friday that I quit?")
    assert "corrected age: 18-24 -> 25-34" in decisions(turn)


async def test_not_knowing_does_not_erase_what_is_known() -> None:
    script = Reader()
    script.kinds = {"well": {"facts": {"age": fact("", "unclear", "well")}}}
    talk = scripted(script)
    await talk.send("t", SENSITIVE + " age is 34")
    turn = await talk.send("t", "well")
    assert turn.state["facts"]["age"]["value"] == "34"


# --- follow-ups -----------------------------------------------------------------------------------


async def finish(talk: Dialogues, turn: Turn) -> Turn:
    while turn.kind == "question":
        turn = await talk.send("t", "no idea, sorry")
    return turn


async def test_a_follow_up_uses_what_is_known_and_keeps_the_budget(mode: str) -> None:
    talk = offline(mode, budget=2)
    await finish(talk, await talk.send("t", "I'm 34. " + QUITTING))
    turn = await talk.send("t", "And what should I tell my boss?")
    assert turn.kind == "reply", "the budget of the topic is used"
    assert turn.state["follow_up"]
    assert turn.state["facts"]["age"]["value"] == "25-34"
    assert turn.state["triage"]["domain"] == "career"


async def test_thanks_in_between_buys_no_new_budget(mode: str) -> None:
    talk = offline(mode, budget=2)
    await finish(talk, await talk.send("t", QUITTING))
    thanks = await talk.send("t", "thank you!")
    assert thanks.text.startswith("You are welcome")
    turn = await talk.send("t", QUITTING + " Really?")
    assert turn.kind == "reply"
    assert len(turn.state["asked"]) == 2


async def test_another_topic_has_a_budget_of_its_own(mode: str) -> None:
    talk = offline(mode, budget=2)
    await finish(talk, await talk.send("t", QUITTING))
    turn = await talk.send("t", "I owe money to the bank and cannot pay my debts, what now?")
    assert turn.kind == "question"
    assert len(turn.state["asked"]) == len(set(turn.state["asked"])) == 3
    assert not turn.state.get("follow_up")


async def test_a_follow_up_without_known_gains_asks_nothing(mode: str, tmp_path: Path) -> None:
    PolicyStore.create(tmp_path / "empty.sqlite").close()

    class Nowhere(Script):
        async def triage(self, message: str) -> Triage:
            return replace(await super().triage(message), domain="")

    script = Nowhere(questions=1)
    nonsense = "zxqv wvut kjhg"
    talk = scripted(script, mode, policy_store=str(tmp_path / "empty.sqlite"))
    turn = await talk.send("t", nonsense)
    while turn.kind == "question":
        turn = await talk.send("t", "no")
    script.questions = 9
    turn = await talk.send("t", nonsense + " again")
    assert turn.kind == "reply"
    assert "follow-up" in " ".join(entry["reason"] for entry in turn.state["log"])


async def test_the_writer_sees_earlier_messages_but_no_answers() -> None:
    script = Script(questions=1)
    talk = scripted(script)
    await talk.send("t", SENSITIVE)
    await talk.send("t", "age is 34")
    await talk.send("t", "and the children?")
    assert list(script.replies[-1].earlier) == [SENSITIVE]


# --- all together ---------------------------------------------------------------------------------

SAID = st.sampled_from(
    [
        "no", "why?", "why do you ask?", "34", "I'm 34", "I'm 24", "", "hm", "worried", "skip",
        "What's the capital of France?", "the dog wants out", OTHER_MATTER, QUITTING, "thanks!",
        "I don't know", "money is tight and I am a nurse", "no, I'm 34, not 24", "nurse, married",
        "Ich bin 34 und verheiratet, warum fragst du das eigentlich?", "我不想说", "what for?",
    ]
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(words=st.lists(SAID, min_size=1, max_size=7), budget=st.integers(0, 3))
async def test_never_twice_never_known_never_above_the_budget(
    words: list[str], budget: int
) -> None:
    talks = [offline(mode, budget=budget) for mode in ("interrupt", "message")]
    put: list[str] = []
    asked_at_topic = 0
    for text in [QUITTING, *words]:
        turns = [await talk.send("t", text) for talk in talks if text or put]
        if not turns:
            continue
        one, other = turns
        assert (one.kind, one.question, one.text) == (other.kind, other.question, other.text)
        asked = one.state["asked"]
        assert len(asked) == len(set(asked))
        asked_at_topic = one.state["asked_before"]
        assert len(asked) - asked_at_topic <= budget
        question = one.question
        if question and one.kind == "question":
            assert question["attribute"] not in one.state["facts"]
            assert question["id"] not in put
            put.append(question["id"])
        elif not question:
            put.clear()


@pytest.mark.parametrize(
    ("opening", "text"),
    [
        (QUITTING, "no more questions please"),
        (QUITTING, "stop asking me things"),
        (QUITTING, "No personal questions."),
        (QUITTING, "just answer the damn question"),
        (QUITTING, "fuck you"),
        (QUITTING, "stop"),
        ("Ich will am Freitag kündigen, ohne etwas Neues zu haben.", "Beantworte meine Frage"),
        ("Je veux quitter mon mari demain", "merde, répondez à ma question"),
        ("Quiero dejar mi trabajo el viernes sin tener otro", "responde mi pregunta, joder"),
        ("Quero sair do meu emprego na sexta sem ter outro", "responde a minha pergunta"),
        ("Ich will am Freitag kündigen, ohne etwas Neues zu haben.", "keine weiteren Fragen"),
        ("Quiero dejar mi trabajo el viernes sin tener otro", "basta de preguntas"),
        ("Je veux quitter mon mari demain", "arrêtez avec vos questions"),
        ("Quero sair do meu emprego na sexta sem ter outro", "chega de perguntas"),
        ("我想周五辞职,还没找到新工作", "别再问了"),
        ("मैं शुक्रवार को अपनी नौकरी छोड़ना चाहता हूँ", "और सवाल मत करो"),
        ("أريد أن أستقيل من عملي يوم الجمعة وليس عندي عمل آخر", "كفى أسئلة"),
    ],
)
async def test_who_wants_no_more_questions_is_asked_none(
    opening: str, text: str, mode: str
) -> None:
    talk = offline(mode)
    assert (await talk.send("t", opening)).kind == "question"
    turn = await talk.send("t", text)
    assert turn.kind == "reply"
    asked = turn.state["asked"]
    assert len(asked) == 1
    assert turn.state["facts"][asked[0]]["status"] == "declined"


async def test_who_wanted_no_more_questions_is_asked_none_later(mode: str) -> None:
    talk = offline(mode)
    await talk.send("t", QUITTING)
    await talk.send("t", "stop asking me questions")
    for later in ("And what about my rent? I am scared.", "My husband and I fight about it, help"):
        turn = await talk.send("t", later)
        assert (turn.kind, len(turn.state["asked"])) == ("reply", 1)


async def test_what_others_ask_is_no_such_wish(mode: str) -> None:
    talk = offline(mode)
    await talk.send("t", QUITTING)
    turn = await talk.send("t", "anxious, my boss asks too many questions")
    assert turn.kind == "question"


@pytest.mark.parametrize(
    ("opening", "ask", "known"),
    [
        ("I'm 34 and single. " + QUITTING, "what do you know about me?", "marital status: single"),
        ("Ich bin 34 und will am Freitag kündigen.", "Was weißt du über mich?", "Alter: 25-34"),
        ("Quiero dejar mi trabajo, tengo 34 años", "¿qué sabes de mí?", "edad: 25-34"),
    ],
)
async def test_who_asks_what_is_known_is_told_without_memory_too(
    opening: str, ask: str, known: str, mode: str
) -> None:
    talk = offline(mode)
    first = await talk.send("t", opening)
    assert first.question
    again = await talk.send("t", ask)
    assert again.question
    assert known in again.text
    assert again.question["attribute"] == first.question["attribute"]
    await talk.send("t", "no more questions")
    later = await talk.send("t", ask)
    assert later.kind == "reply"
    assert known in later.text
