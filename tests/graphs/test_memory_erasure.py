"""Guards erasing: gone from store, state, checkpoints, log and the bytes of the files."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore
from langgraph.store.sqlite.aio import AsyncSqliteStore
from memory_dialogues import Clock, Reader, dialogues, kept, say

from raise_penguin.graphs import Memory, RaiseContext, build_raise_graph
from raise_penguin.graphs.equipment import Equipment
from raise_penguin.graphs.memory.shelf import Shelf
from raise_penguin.penguin.errors import DataError, SettingsError, StoreError

TOLD = "Should I move out? profession is glassblower, and age is 25-34"


def unsettled(graph: object, snapshot: object, on_piece: object = None) -> object:
    """A process that died before it erased."""
    del graph, on_piece
    return snapshot


@contextmanager
def files(folder: Path) -> Generator[tuple[SqliteStore, SqliteSaver]]:
    with (
        SqliteStore.from_conn_string(str(folder / "kept.sqlite")) as store,
        SqliteSaver.from_conn_string(str(folder / "talks.sqlite")) as saver,
    ):
        store.setup()
        saver.setup()
        yield store, saver


def found(folder: Path, *words: str) -> set[str]:
    """Which of some words stand in the raw bytes of any file of a folder."""
    raw = b"\n".join(path.read_bytes() for path in folder.iterdir()).lower()
    return {word for word in words if word.lower().encode() in raw}


def test_one_fact_is_gone_from_the_bytes_of_both_files(tmp_path: Path) -> None:
    with files(tmp_path) as (store, saver):
        talk = dialogues(store, saver=saver, questions=1)
        say(talk, "Should I move out? profession is glassblower", "age is 25-34", "yes")
        assert found(tmp_path, "glassblower", "25-34") == {"glassblower", "25-34"}
        turn = say(talk, "Forget my job")
        assert turn.text == (
            "Erased from what I remember and from this conversation: work. "
            "Earlier saved copies of our conversations are erased too."
        )
        assert found(tmp_path, "glassblower") == set()
        assert kept(store) == {"age": "25-34"}
        assert turn.state["facts"]["age"]["value"] == "25-34"
        assert turn.state["facts"]["profession"]["value"] == ""
        assert not [entry for entry in turn.state["log"] if "profession" in entry["decision"]]
        said = [each.text for each in turn.state["messages"] if each.type == "human"]
        assert said == ["Should I move out? [erased]", "age is 25-34", "yes", "Forget my job"]
        later = say(talk, "And now, should I stay?")
        assert later.kind == "reply"
        assert found(tmp_path, "glassblower") == set()


def test_everything_is_gone_from_the_bytes_of_both_files(tmp_path: Path) -> None:
    with files(tmp_path) as (store, saver):
        talk = dialogues(store, saver=saver)
        say(talk, TOLD, "yes", thread="first")
        say(talk, "Should I? gender is Female, a pomegranate", thread="second")
        other = dialogues(store, saver=saver, person="bob")
        say(other, "Should I? profession is lamplighter", "yes", thread="bobs")
        turn = say(talk, "forget everything about me", thread="second")
        assert turn.text.endswith("Earlier saved copies of our conversations are erased too.")
        assert found(tmp_path, "glassblower", "25-34", "female", "pomegranate") == set()
        assert talk.graph.get_state({"configurable": {"thread_id": "first"}}).values == {}
        assert Shelf(store, "ann").threads() == []
        assert kept(store, "bob") == {"profession": "lamplighter"}
        assert say(other, "Hm, should I?", thread="bobs").state["facts"]["profession"]["value"]
        again = say(talk, "Should I move out? gender is Female", thread="second")
        assert again.kind == "reply"
        assert "May I remember this for next time? gender" in again.text


async def test_the_async_files_are_erased_alike(tmp_path: Path) -> None:
    async with (
        AsyncSqliteStore.from_conn_string(str(tmp_path / "kept.sqlite")) as store,
        AsyncSqliteSaver.from_conn_string(str(tmp_path / "talks.sqlite")) as saver,
    ):
        await store.setup()
        talk = dialogues(store, saver=saver)
        for text in (TOLD, "yes"):
            await talk.send("t", text)
        memory = Memory(store, saver)
        assert {fact.value for fact in await memory.show("ann")} == {"glassblower", "25-34"}
        await talk.send("t", "forget my job")
        assert found(tmp_path, "glassblower") == set()
        assert [fact.attribute for fact in await memory.show("ann")] == ["age"]
        await memory.forget("ann")
        assert found(tmp_path, "25-34", "move out") == set()
        assert await memory.show("ann") == []
        with pytest.raises(SettingsError, match="AsyncSqliteStore works with async calls alone"):
            build_raise_graph(roles=Reader().roles(), memory_store=store).invoke(
                cast("Any", {"messages": [{"role": "user", "content": TOLD}]}),
                context=RaiseContext(memory=True, person="ann"),
            )


def test_forget_that_takes_back_the_last_message() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    say(talk, "Should I move out? age is 25-34", "yes")
    turn = say(talk, "Should I? gender is Female, and I saw a walrus", "forget that")
    assert turn.state["query"] == "[erased]"
    assert "walrus" not in str(turn.state)
    assert turn.state["facts"]["gender"]["value"] == ""
    assert kept(store) == {"age": "25-34"}
    assert "gender" in turn.text
    assert "nothing of it" in say(talk, "A walrus again, should I?", "forget that").text


def test_a_reply_that_may_have_used_the_fact_is_erased_with_it() -> None:
    talk = dialogues(InMemoryStore())
    turn = say(talk, "Should I? gender is Female", "no", TOLD, "no", "forget my age")
    texts = [(each.type, each.text.split(".")[0]) for each in turn.state["messages"]]
    assert texts[1] == ("ai", "Here is a reply")  # before the age was told
    told = texts.index(("human", "Should I move out? profession is glassblower, and [erased]"))
    assert [text for kind, text in texts[told:-1] if kind == "ai"] == ["[erased]"] * 3
    assert [text for kind, text in texts[:told] if kind == "ai"].count("[erased]") == 0


@pytest.mark.parametrize("mode", ["interrupt", "message"])
@pytest.mark.parametrize("questions", [0, 1])
def test_somebody_in_danger_is_helped_first_and_then_has_it_forgotten(
    mode: str, questions: int
) -> None:
    store = InMemoryStore()
    talk = dialogues(store, mode=mode, questions=questions)
    say(talk, "Should I move out? profession is glassblower")
    shown: list[str] = []
    turn = talk.send_sync("t", "forget that I'm a nurse and want to die", on_piece=shown.append)
    helped, erased = (turn.text.index(words) for words in ("findahelpline.com", "Erased"))
    assert helped < erased
    assert "".join(shown) == turn.text
    assert turn.state["facts"]["profession"]["value"] == ""
    assert "glassblower" not in str(turn.state)
    crisis = turn.state.get("crisis")
    assert crisis is not None
    assert (crisis["level"], crisis["awaiting"]) == ("high", True)
    assert talk.graph.get_state({"configurable": {"thread_id": "t"}}).next == ()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("forget that I'm a nurse", ["Erased from what I remember"]),
        ("forget that I'm a nurse and want to die", ["findahelpline.com", "Erased from what I"]),
    ],
)
def test_the_answer_to_a_wish_is_shown_though_nothing_was_told_before(
    words: str, shown: list[str]
) -> None:
    """The wish itself tells the fact; what answers it is not hidden with what may have used it."""
    talk = dialogues(InMemoryStore())
    turn = say(talk, words)
    assert all(each in turn.text for each in shown)
    assert "[erased]" not in turn.text
    assert "nurse" not in str(turn.state["messages"])


def test_a_forgotten_fact_is_neither_asked_for_nor_offered_again() -> None:
    store = InMemoryStore()
    talk = dialogues(store, questions=1)
    say(talk, "Should I move out? age is 25-34", "skip", "no")
    turn = say(talk, "forget my age", "Should I sell the house? I am torn.")
    assert "age" not in turn.state["asked"]
    say(talk, "age is 35-44")
    assert "age" not in (say(talk, "And so, should I?").state["memory"]["offer"] or {})
    assert kept(store) == {}


def test_what_was_cut_off_before_erasing_is_erased_at_the_next_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from raise_penguin.graphs import dialogues as door

    with files(tmp_path) as (store, saver):
        talk = dialogues(store, saver=saver)
        say(talk, TOLD, "yes")
        with monkeypatch.context() as killed:
            killed.setattr(door, "settled_sync", unsettled)
            assert "copies" not in say(talk, "forget my job").text
        assert found(tmp_path, "glassblower") == {"glassblower"}
        talk.resume_sync("t")
        assert found(tmp_path, "glassblower") == set()


async def test_no_cache_of_the_graph_holds_a_message() -> None:
    equipment, context = Equipment(), RaiseContext()
    words = "Should I move out? I told Ermintrude about my debts."
    found_plans, _, _ = await equipment.neighbours(context, words)
    await equipment.retrieval(context, words, "finance")
    assert found_plans[0].query in str(vars(equipment))
    assert "Ermintrude" not in str(vars(equipment))


def test_memory_shows_corrects_and_forgets(tmp_path: Path) -> None:
    with files(tmp_path) as (store, saver):
        talk = dialogues(store, saver=saver)
        say(talk, TOLD, "yes")
        memory = Memory(store, saver)
        assert [fact.value for fact in memory.show_sync("ann")] == ["25-34", "glassblower"]
        assert memory.correct_sync("ann", "age", "35-44").value == "35-44"
        assert kept(store)["age"] == "35-44"
        with pytest.raises(SettingsError, match="nothing is kept of this person's gender"):
            memory.correct_sync("ann", "gender", "Female")
        with pytest.raises(DataError, match="no attribute 'shoe_size'"):
            memory.forget_sync("ann", "shoe_size")
        with pytest.raises(SettingsError, match="whose it is"):
            memory.show_sync("")
        done = memory.forget_sync("ann", "profession")
        assert (done.facts, done.threads) == (1, 1)
        assert found(tmp_path, "glassblower") == set()
        state = talk.graph.get_state({"configurable": {"thread_id": "t"}}).values
        assert state["facts"]["age"]["value"] == "25-34"
        done = memory.forget_sync("ann")
        assert (done.facts, done.threads) == (1, 1)
        assert memory.forget_sync("ann").threads == 0


def test_sweeping_deletes_what_has_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock = InMemoryStore(), Clock(monkeypatch)
    say(dialogues(store), f"{TOLD}. economic_status is tight", "yes", "yes")
    say(dialogues(store, person="bob"), "Should I? gender is Female", "yes")
    assert Memory(store).sweep_sync() == 0
    clock.pass_days(91)
    assert Memory(store).sweep_sync() == 1
    assert set(kept(store)) == {"age", "profession"}
    clock.pass_days(300)
    assert Memory(store).sweep_sync() == 3


def test_a_broken_entry_is_named() -> None:
    store = InMemoryStore()
    say(dialogues(store), TOLD, "yes")
    store.put(("raise_penguin", Shelf(store, "ann").person, "facts"), "age", {"value": 1})
    with pytest.raises(StoreError, match="no readable fact at age"):
        Memory(store).show_sync("ann")
    Memory(store).forget_sync("ann")
    assert Memory(store).show_sync("ann") == []


async def test_a_deleted_dialogue_leaves_the_list_of_threads_and_what_was_agreed_stays() -> None:
    store = InMemoryStore()
    talk = dialogues(store)
    for thread in ("a", "b"):
        await talk.send(thread, TOLD)
    await talk.send("a", "yes")
    await talk.forget("a")
    assert Shelf(store, "ann").threads() == ["b"]
    await asyncio.to_thread(talk.forget_sync, "b")
    assert Shelf(store, "ann").threads() == []
    assert kept(store)
    assert await talk.resume("a") is None
