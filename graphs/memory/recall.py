"""Memory's hooks round triage and select; without memory both run as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from langchain_core.messages import AIMessage
from langgraph.runtime import get_runtime

from ...penguin.errors import SettingsError
from ...penguin.facts import Fact, Facts
from ..context import RaiseContext, current_context
from ..crisis.danger import detect_danger
from ..crisis.language import detect_language
from ..equipment import Equipment
from ..state import SCHEMA_VERSION, Decision, RaiseState, last_words
from .hearing import consent, hear
from .record import MemoryRecord, Wish, new_record
from .shelf import Shelf
from .words import words_of

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

Node = Callable[[RaiseState, Equipment], Awaitable[RaiseState]]


def remembering(triage: Node) -> Node:
    """Triage that first recalls what is kept, and hears what is said to memory.

    A yes or no to an offer, and a wish to be shown or to have something forgotten, go to
    ``remember``; anything else is an ordinary message, and an offer that waits lapses.
    """

    @wraps(triage)
    async def run(state: RaiseState, equipment: Equipment) -> RaiseState:
        if not current_context().memory:
            return await triage(state, equipment)
        record, facts = await asyncio.to_thread(recalled, state, shelf(), thread_id())
        words = last_words(state)
        danger = detect_danger(words)
        wish = None if danger else wish_in(words, record, waiting=bool(state.get("pending")))
        record["wish"] = wish
        record["offer"] = record["offer"] if wish else None
        record["quiet"] = record["quiet"] or bool(danger)
        if wish:
            found = RaiseState(facts=facts, memory=record, outcome="answered")
            found["schema_version"] = SCHEMA_VERSION
            return found
        update = await triage({**state, "facts": facts, "memory": record}, equipment)
        return {"facts": facts, **update, "memory": record}

    return run


def rechecking(select: Node) -> Node:
    """Select that asks for a kept but old fact as "still right?", and takes a plain yes to it."""

    @wraps(select)
    async def run(state: RaiseState, equipment: Equipment) -> RaiseState:
        record = state.get("memory")
        if not record or not record["stale"]:
            return await select(state, equipment)
        confirmed = _confirmed(state, record)
        if confirmed:
            facts: Facts = {**state["facts"], **confirmed}
            state = {**state, "facts": facts, "answer": None}
        update = await select(state, equipment)
        if confirmed:
            update.setdefault("facts", state["facts"])
            update.setdefault("answer", None)
            log = [_decision(f"learnt {name}: known", "source: memory") for name in confirmed]
            update["log"] = [*log, *update.get("log", [])]
        return _reworded(state, update, record)

    return run


def _confirmed(state: RaiseState, record: MemoryRecord) -> Facts:
    """The kept fact that the person says still holds."""
    answer = state.get("answer")
    if not answer or answer["attribute"] not in record["checked"]:
        return {}
    name = answer["attribute"]
    if name not in record["stale"] or consent(answer["text"]) != "agree":
        return {}
    return {name: _from_memory(record["stale"][name], "known")}


def _reworded(state: RaiseState, update: RaiseState, record: MemoryRecord) -> RaiseState:
    """The question for an old fact, asked as whether it still holds."""
    pending = update.get("pending")
    if not pending or pending["attribute"] not in record["stale"]:
        return update
    name = pending["attribute"]
    words = words_of(spoken(state))
    still = words.say.still_right.format(
        name=words.name(name), value=words.value(name, record["stale"][name])
    )
    messages = [
        AIMessage(message.text.replace(pending["question"], still), id=message.id, name="raise")
        if message.id == pending["id"]
        else message
        for message in update["messages"]
    ]
    return {
        **update,
        "messages": [*messages],
        "pending": {**pending, "question": still},
        "memory": {**record, "checked": [*record["checked"], name]},
    }


def recalled(state: RaiseState, kept_of: Shelf, thread: str) -> tuple[MemoryRecord, Facts]:
    """The thread's record, and its facts with those that are kept.

    Raises:
        SettingsError: The thread belongs to another person.
    """
    record = state.get("memory") or new_record(kept_of.person)
    if record["person"] != kept_of.person:
        raise SettingsError(
            "this thread belongs to another person; give each person threads of their own"
        )
    if thread:
        kept_of.note_thread(thread)
    kept = kept_of.facts()
    facts: Facts = {
        name: fact
        for name, fact in (state.get("facts") or {}).items()
        if fact["source"] != "memory" or name in kept
    }
    stale = {name: fact.value for name, fact in kept.items() if fact.stale}
    for name, fact in kept.items():
        if name in stale and name in facts and facts[name]["source"] == "memory":
            del facts[name]
        elif name not in stale and name not in facts:
            facts[name] = _from_memory(fact.value, fact.status)
    triage = state.get("triage")
    in_danger = state.get("outcome") == "crisis" or bool(triage and triage["level"] == "acute")
    return {
        **record,
        "stale": {name: value for name, value in stale.items() if name not in facts},
        "quiet": record["quiet"] or in_danger,
    }, facts


def _from_memory(value: str, status: str) -> Fact:
    known = status == "known"
    return Fact(value=value, status="known" if known else "declined", source="memory", evidence="")


def wish_in(words: str, record: MemoryRecord, *, waiting: bool) -> Wish | None:
    """What some words want of memory.

    Args:
        words: The person's message or answer.
        record: The thread's record; only an offer in it can be agreed to.
        waiting: Whether a question waits; "forget that" then declines it and is no wish.
    """
    offer = record["offer"]
    if offer and not waiting and (said := consent(words)):
        return Wish(wanted=said, attributes=[], language=offer["language"])
    wish = hear(words)
    return None if wish and waiting and wish["wanted"] == "forget_that" else wish


def shelf() -> Shelf:
    """The place of this run's person in this run's store.

    Raises:
        SettingsError: Memory is on and there is no store or no person.
    """
    return Shelf(_store(), current_context().person)


def _store() -> BaseStore:
    from langgraph.store.base.batch import AsyncBatchedBaseStore

    store = get_runtime(RaiseContext).store
    if store is None:
        raise SettingsError(
            "memory is on, but there is no store to keep anything in; give one with "
            "build_raise_graph(memory_store=...), for example an InMemoryStore or a SqliteStore"
        )
    loop = getattr(store, "_loop", None)  # as it calls its own; no public name for it
    if isinstance(store, AsyncBatchedBaseStore) and loop is not asyncio.get_running_loop():
        raise SettingsError(
            f"{type(store).__name__} works with async calls alone; use ainvoke or astream, or a "
            "sync store such as SqliteStore"
        )
    return store


def thread_id() -> str:
    """Id of this run's thread; "" without a checkpointer."""
    info = get_runtime(RaiseContext).execution_info
    return (info.thread_id or "") if info else ""


def spoken(state: RaiseState) -> str:
    """The language to speak: the settings', else the dialogue's, else that of the message."""
    known = current_context().language or cast("dict[str, str]", state).get("language")
    return known or detect_language(state.get("query") or last_words(state))


def _decision(decision: str, reason: str) -> Decision:
    return Decision(node="select", decision=decision, reason=reason)
