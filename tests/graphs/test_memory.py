"""Guards consent to memory: off by default, and kept only after a plain yes."""

from __future__ import annotations

import itertools
import operator
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore
from memory_dialogues import DANGER, Reader, dialogues, kept, say
from pydantic import ValidationError
from typing_extensions import TypedDict

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.memory.shelf import Shelf
from raise_penguin.graphs.memory.words import words_of
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.errors import SettingsError

TOLD = "Should I move out? age is 25-34 and profession is nurse"


MODES = ("interrupt", "message")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_off_by_default_nothing_is_kept_and_no_node_more_runs() -> None:
    states: list[Any] = []
    store = InMemoryStore()
    for memory_store in (None, store):
        graph = build_raise_graph(
            roles=Reader().roles(), checkpointer=InMemorySaver(), memory_store=memory_store
        )
        turn = say(Dialogues(graph), TOLD, "yes", "what do you know about me?")
        config: Any = {"configurable": {"thread_id": "t"}}
        steps = [snapshot.next for snapshot in graph.get_state_history(config)]
        plain = {name: value for name, value in turn.state.items() if name != "messages"}
        states.append((plain, steps, turn.text))
    assert states[0] == states[1]
    assert "memory" not in states[0][0]
    assert not any("remember" in step for step in states[0][1])
    assert list(store.search(())) == []


def test_memory_without_a_person_or_a_store_is_refused() -> None:
    with pytest.raises(ValidationError, match="memory is on without a person"):
        RaiseContext(memory=True, person=" ")
    graph = build_raise_graph(roles=Reader().roles(), checkpointer=InMemorySaver())
    talk = Dialogues(graph, context=RaiseContext(memory=True, person="ann"))
    with pytest.raises(SettingsError, match="build_raise_graph\\(memory_store="):
        talk.send_sync("t", TOLD)


def test_a_yes_keeps_what_was_offered_and_a_second_one_what_is_sensitive(mode: str) -> None:
    store = InMemoryStore()
    talk = dialogues(store, mode=mode)
    turn = say(talk, f"{TOLD}. economic_status is tight, mental_health_status is low")
    assert turn.kind == "reply"
    assert turn.text.startswith("Here is a reply.\n\nMay I remember this for next time? age: 25-34")
    assert "(kept for one year)" in turn.text
    assert "tight" not in turn.text
    assert turn.state["messages"][-2].text == "Here is a reply."
    assert kept(store) == {}

    turn = say(talk, "Yes!")
    assert kept(store) == {"age": "25-34", "profession": "nurse"}
    assert "May I remember this too? money situation: tight (kept for 90 days)" in turn.text
    assert "mental health" not in turn.text
    turn = say(talk, "yes please")
    assert kept(store)["economic_status"] == "tight"
    assert "mental health: low (kept for 90 days)" in turn.text
    say(talk, "no")
    assert "mental_health_status" not in kept(store)


def test_a_kept_fact_holds_no_words_and_no_names() -> None:
    store = InMemoryStore()
    say(dialogues(store, person="ann@example.org"), TOLD, "yes", thread="ann@example.org")
    facts = [item for item in store.search((), limit=99) if item.namespace[-1] == "facts"]
    assert {"age is 25-34", "ann@example.org"} & set(map(str, facts[0].value.values())) == set()
    assert "ann" not in str([item.namespace for item in facts])
    kept_fact = Shelf(store, "ann@example.org").facts()["age"]
    assert (kept_fact.status, kept_fact.source) == ("known", "message")
    assert (kept_fact.expires - kept_fact.told).days == 365


@pytest.mark.parametrize("answer", ["no", "Nein, danke", "ok", "remember that I agreed", "Hm."])
def test_anything_but_yes_keeps_nothing_and_is_not_offered_again(answer: str, mode: str) -> None:
    store = InMemoryStore()
    talk = dialogues(store, mode=mode)
    say(talk, TOLD)
    say(talk, answer)
    later = say(talk, "yes", TOLD)
    assert "May I remember" not in later.text
    assert kept(store) == {}


def test_a_message_after_an_offer_is_read_like_any_other(mode: str) -> None:
    store = InMemoryStore()
    turn = say(dialogues(store, mode=mode), TOLD, "And gender is Female, should I stay?")
    assert turn.state["query"] == "And gender is Female, should I stay?"
    assert turn.text.startswith("Here is a reply.")
    assert "gender: female" in turn.text  # a new fact has an offer of its own
    assert turn.state["facts"]["gender"]["value"] == "Female"


def test_a_sensitive_fact_alone_is_not_offered_before_a_first_yes() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    assert "remember" not in say(talk, "I am stuck. economic_status is tight").text
    say(talk, TOLD, "yes")
    turn = say(talk, "So should I stay?", "I ask again, should I?")
    assert kept(store).keys() == {"age", "profession"}
    assert "economic_status" in turn.state["memory"]["closed"]  # offered right after the yes


def test_a_no_to_something_sensitive_ends_such_offers() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    say(talk, f"{TOLD}. economic_status is tight, mental_health_status is low", "yes", "no")
    turn = say(talk, "So should I stay at home?")
    assert "remember" not in turn.text


def test_a_declined_question_is_kept_as_declined_only_with_a_yes() -> None:
    store = InMemoryStore()
    talk = dialogues(store, questions=2)
    turn = say(talk, "Should I move out? Things are bad.", "age is 25-34", "no")
    assert "gender: not to be asked about it (kept for one year)" in turn.text
    say(talk, "yes")
    assert Shelf(store, "ann").facts()["gender"].status == "declined"
    again = dialogues(store, questions=1).send_sync("u", "Should I move out? Things are bad.")
    assert again.question is not None
    assert again.question["attribute"] == "marital_status"


def test_nothing_is_offered_or_kept_in_danger_or_after_it(mode: str) -> None:
    store = InMemoryStore()
    talk = dialogues(store, mode=mode)
    turn = say(talk, TOLD, DANGER)
    assert turn.state["triage"]["level"] == "acute"
    assert "remember" not in turn.text
    later = say(talk, "yes", "I am safe now. gender is Female, should I move out?")
    assert later.text.endswith("Here is a reply.")
    assert "remember" not in later.text
    assert kept(store) == {}


def test_danger_in_an_answer_takes_an_offer_back() -> None:
    store = InMemoryStore()
    talk = dialogues(store, questions=1)
    say(talk, "Should I move out? profession is nurse", DANGER, "yes")
    assert kept(store) == {}


def test_danger_comes_before_a_wish_in_an_answer(mode: str) -> None:
    talk = dialogues(InMemoryStore(), mode=mode, questions=1)
    wish = "forget that I'm a nurse and that I want to kill myself"
    turn = say(talk, "Should I move out? profession is nurse", wish)
    assert turn.state["triage"]["level"] == "acute"
    assert "findahelpline.com" in turn.text


def test_a_model_that_sees_danger_has_the_same_effect() -> None:
    store = InMemoryStore()
    saver = InMemorySaver()
    talk = dialogues(store, saver=saver)
    script = Reader(level="acute")
    graph = build_raise_graph(roles=script.roles(), checkpointer=saver, memory_store=store)
    say(Dialogues(graph, context=talk.context), TOLD)
    assert "remember" not in say(talk, "Should I move out? gender is Female").text


def test_the_talk_about_memory_is_in_the_persons_language() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    turn = say(talk, "Soll ich ausziehen? Ich weiß nicht mehr weiter, age is 25-34")
    assert "Darf ich mir das für das nächste Mal merken? Alter: 25-34" in turn.text
    assert "Ich merke mir ab jetzt" in say(talk, "ja, gerne").text
    assert "Das habe ich mir gemerkt" in say(talk, "Was weißt du über mich?").text
    assert "¿" in dialogues(store, language="es").send_sync("s", TOLD).text


def test_pieces_make_up_the_text() -> None:
    pieces: list[str] = []
    talk = dialogues(InMemoryStore())
    for text in (TOLD, "yes", "forget my age"):
        pieces.clear()
        turn = talk.send_sync("t", text, on_piece=pieces.append)
        assert "".join(pieces) == turn.text


class ParentState(TypedDict):
    messages: Annotated[list[Any], operator.add]


async def test_under_a_parent_its_store_is_used() -> None:
    store = InMemoryStore()
    child = build_raise_graph(roles=Reader().roles())
    context = RaiseContext(memory=True, person="ann", mode="message")
    builder = StateGraph(ParentState, RaiseContext)

    async def talk(state: ParentState) -> dict[str, Any]:
        done = await child.ainvoke({"messages": state["messages"][-1:]}, context=context)
        return {"messages": done["messages"][-1:]}

    builder.add_node("talk", talk)
    builder.add_edge(START, "talk")
    builder.add_edge("talk", END)
    parent = builder.compile(checkpointer=InMemorySaver(), store=store)
    message = {"role": "user", "content": TOLD}
    config: Any = {"configurable": {"thread_id": "p"}}
    done = await parent.ainvoke({"messages": [message]}, config, context=context)
    assert done["messages"][-1].text.startswith("May I remember")
    assert Shelf(store, "ann").threads() == ["p"]


TURNS = st.sampled_from(
    [
        "yes",
        "no",
        "ok",
        "remember that I agreed, yes",
        "What a day. age is 25-34",
        "Now age is 35-44 and economic_status is tight",
        "mental_health_status is low, should I?",
        "profession is nurse, past_self_harm_history is Yes",
        "what do you know about me?",
        "forget my age",
        "forget that",
        DANGER,
    ]
)


SHARED = InMemoryStore()
TALK = {(mode, n): dialogues(SHARED, mode=mode, questions=n) for mode in MODES for n in (0, 1)}
PEOPLE = itertools.count()


@settings(max_examples=40, deadline=None)
@given(st.lists(TURNS, max_size=9), st.sampled_from(sorted(TALK)))
def test_nothing_is_kept_without_a_yes_to_an_offer_that_names_it(
    turns: list[str], kind: tuple[str, int]
) -> None:
    talk, person = TALK[kind], f"person {next(PEOPLE)}"
    context = talk.context.model_copy(update={"person": person})
    offered: list[str] = []
    agreed: set[str] = set()
    asked_for_leave: list[str] = []
    shown = ""
    for text in turns:
        if text == "yes":
            agreed |= set(offered)
            assert all(words_of("en").name(name) in shown for name in offered)
        turn = talk.send_sync(person, text, context=context)
        offer = turn.state["memory"]["offer"]
        offered, shown = (offer["attributes"] if offer else []), turn.text
        asked_for_leave += offered
        assert set(kept(SHARED, person)) <= agreed
        tender = [name for name in offered if load_attributes()[name].sensitive]
        assert tender in ([], offered)
        assert len(tender) <= 1
        assert not tender or kept(SHARED, person)
        assert not offered or turn.state["outcome"] == "answered"
    plain = [name for name in asked_for_leave if not load_attributes()[name].sensitive]
    assert "forget" in str(turns) or len(plain) == len(set(plain))
