"""Guards what is kept: used and confirmed in later threads, shown, corrected and forgotten."""

from __future__ import annotations

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from memory_dialogues import Clock, Reader, dialogues, kept, say

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.memory.words import words_of
from raise_penguin.penguin.errors import SettingsError

TOLD = "Should I move out? age is 25-34 and profession is nurse"


MODES = ("interrupt", "message")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_the_next_thread_uses_what_is_kept(mode: str) -> None:
    store = InMemoryStore()
    say(dialogues(store), TOLD, "yes")
    script = Reader(questions=1)
    graph = build_raise_graph(
        roles=script.roles(), checkpointer=InMemorySaver(), memory_store=store
    )
    context = RaiseContext.model_validate({"memory": True, "person": "ann", "mode": mode})
    turn = Dialogues(graph, context=context).send_sync("new", "Should I move out? I can't decide.")
    assert turn.question is not None
    assert turn.question["attribute"] == "gender"
    assert turn.state["facts"]["age"] == {
        "value": "25-34",
        "status": "known",
        "source": "memory",
        "evidence": "",
    }
    done = say(Dialogues(graph, context=context), "no", thread="new")
    assert dict(script.replies[-1].facts)["profession"]["value"] == "nurse"
    assert "May I remember" not in done.text  # what is kept is not offered again


def test_two_people_never_mix() -> None:
    store, saver = InMemoryStore(), InMemorySaver()
    ann = dialogues(store, person="ann", saver=saver)
    say(ann, TOLD, "yes")
    bob = dialogues(store, person="bob", saver=saver)
    assert say(bob, "Should I move out?", thread="b").state["facts"] == {}
    assert "nothing" in say(bob, "what do you know about me?", thread="b").text
    with pytest.raises(SettingsError, match="belongs to another person"):
        say(bob, "what do you know about me?")
    say(bob, "forget everything about me", thread="b")
    assert kept(store, "ann") == {"age": "25-34", "profession": "nurse"}


def test_what_is_shown(clock: Clock) -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    assert say(talk, "What do you know about me?").text == "I remember nothing about you."
    say(talk, TOLD, "yes")
    day = clock.now(None).date().isoformat()
    clock.pass_days(3)
    turn = say(talk, "gender is Female. Should I?", "what do you know about me?")
    assert f"age: 25-34 (told on {day}, kept until " in turn.text
    assert turn.text.endswith("What I know in this conversation alone: gender: female.")
    assert "age: 25-34" in say(talk, "what do you know about me?", thread="another").text


@pytest.mark.parametrize(
    ("language", "wish"),
    [("fr", "oubliez mon âge et mon travail"), ("pt", "esqueça a minha idade e o meu trabalho")],
)
def test_several_facts_are_forgotten_at_once_in_one_language(language: str, wish: str) -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    say(talk, TOLD, "yes")
    assert kept(store).keys() >= {"age", "profession"}
    turn = say(talk, wish)
    assert not kept(store).keys() & {"age", "profession"}
    words = words_of(language)
    items = words.names(["age", "profession"])
    assert turn.text == f"{words.say.forgotten.format(items=items)} {words.say.also_gone}"


def test_what_may_be_a_wish_is_answered_and_told_how_to_say_it() -> None:
    turn = say(dialogues(InMemoryStore()), "forget my name")
    assert turn.text.startswith("Here is a reply.")
    assert turn.text.endswith(words_of("en").say.how_to_forget)


def test_a_correction_updates_what_is_kept() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    say(talk, TOLD, "yes")
    turn = say(talk, "No, age is 35-44. Should I?")
    assert "I have put right what I remember: age: 35-44." in turn.text
    assert kept(store)["age"] == "35-44"


def test_a_new_value_of_something_sensitive_needs_a_new_yes() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    say(talk, f"{TOLD} economic_status is tight", "yes", "yes")
    assert kept(store)["economic_status"] == "tight"
    turn = say(talk, "Now economic_status is desperate. Should I?")
    assert "economic_status" not in kept(store)
    assert "May I remember this too? money situation: desperate" in turn.text
    say(talk, "yes")
    assert kept(store)["economic_status"] == "desperate"


@pytest.mark.parametrize(
    ("answer", "value", "used"),
    [
        ("yes", "25-34", {"value": "25-34", "source": "memory"}),
        ("age is 35-44", "35-44", {"value": "35-44", "source": "answer"}),
        ("no", None, None),
        ("I'd rather not say", None, None),
    ],
)
def test_an_old_fact_is_confirmed_before_it_is_used(
    answer: str, value: str | None, used: dict[str, str] | None, clock: Clock, mode: str
) -> None:
    store = InMemoryStore()
    say(dialogues(store), "Should I move out? age is 25-34", "yes")
    clock.pass_days(200)
    talk = dialogues(store, mode=mode, questions=1, budget=1)
    turn = say(talk, "Should I move out? I am torn.", thread="new")
    assert "age" not in turn.state["facts"]
    assert turn.kind == "question"
    asked = "Last time you said: age: 25-34. Is that still right?"
    assert turn.text.startswith(asked)
    assert turn.question is not None
    assert (turn.question["question"], turn.question["remaining"]) == (asked, 0)
    turn = say(talk, answer, thread="new")
    assert turn.kind == "reply"
    assert turn.state["asked"] == ["age"]
    assert kept(store).get("age") == value
    fact = dict(turn.state["facts"].get("age") or {})
    assert (fact["status"] == "known") == (used is not None)
    assert {name: fact[name] for name in used or {}} == (used or {})
    if answer == "yes":
        assert say(talk, "Should I move out?", thread="third").state["facts"]["age"]["value"]
        clock.pass_days(200)  # confirming does not prolong what was agreed to
        assert kept(store) == {}


def test_what_has_expired_is_deleted(clock: Clock) -> None:
    store = InMemoryStore()
    say(dialogues(store), TOLD, "yes")
    clock.pass_days(365)
    turn = say(dialogues(store), "Should I move out?", thread="new")
    assert turn.state["facts"] == {}
    assert not [item for item in store.search((), limit=99) if item.namespace[-1] == "facts"]


@pytest.mark.parametrize("question_stands", ["what do you know about me?", "forget my job"])
def test_a_wish_in_place_of_an_answer_is_heard_and_the_question_stands(
    question_stands: str, mode: str
) -> None:
    store = InMemoryStore()
    talk = dialogues(store, mode=mode, questions=2)
    first = say(talk, "Should I move out? profession is nurse")
    turn = say(talk, question_stands)
    assert turn.kind == "question"
    assert turn.question == first.question
    assert turn.text.endswith("\n\nWhat about age?")
    turn = say(talk, "age is 25-34")
    assert turn.text == "What about gender?"
    assert turn.state["facts"]["age"]["value"] == "25-34"
    turn = say(talk, "no")
    assert turn.kind == "reply"
    assert turn.state["asked"] == ["age", "gender"]
    assert ("profession" in turn.state["memory"]["closed"]) == ("forget" in question_stands) or (
        "work: nurse" in turn.text
    )


def test_forget_that_declines_a_question_that_waits() -> None:
    talk = dialogues(InMemoryStore(), questions=1)
    say(talk, "Should I move out?")
    turn = say(talk, "forget that")
    assert turn.state["facts"]["age"]["status"] in ("declined", "unclear")
