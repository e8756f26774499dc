"""Doing what the person asked of memory: agree, refuse, show, forget."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from langchain_core.messages import AnyMessage, RemoveMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from ...penguin.facts import Facts
from ..state import RaiseState
from .erasing import changed, masked, told_in
from .hearing import hear
from .keeping import today
from .offering import TOLD, newly_kept, next_offer, sensitive_told
from .record import Erasure, MemoryRecord, Wish, new_record
from .shelf import Shelf
from .words import Words, words_of


def grant(wish: Wish, state: RaiseState, shelf: Shelf, thread: str) -> tuple[str, RaiseState]:
    """Do one thing.

    Returns:
        What to say, and what changes in the state; without the message itself.
    """
    wanted = wish["wanted"]
    if wanted == "agree":
        return _agreed(wish, state, shelf, thread)
    if wanted == "refuse":
        return _refused(wish, state)
    if wanted == "show":
        return _shown(wish, state, shelf), {"memory": _done(state)}
    if wanted == "forget_all":
        return _forgotten_all(wish, state, shelf)
    return _forgotten(wish, state, shelf)


def _done(state: RaiseState) -> MemoryRecord:
    return {**state["memory"], "wish": None, "offer": None}


def _agreed(wish: Wish, state: RaiseState, shelf: Shelf, thread: str) -> tuple[str, RaiseState]:
    offer = state["memory"]["offer"]
    words = words_of(wish["language"])
    offered = offer["attributes"] if offer else []
    told = date.fromisoformat(offer["date"]) if offer else today()
    for name in offered:
        shelf.keep(newly_kept(name, state["facts"][name], told, thread))
    items = "; ".join(words.offered(name, state["facts"][name]) for name in offered)
    more, record = next_offer(state["facts"], _done(state), shelf.facts(), wish["language"])
    text = words.say.kept.format(items=items)
    return f"{text}\n\n{more}" if more else text, {"memory": record}


def _refused(wish: Wish, state: RaiseState) -> tuple[str, RaiseState]:
    """Nothing is kept; after a no to something sensitive, nothing else that is gets offered."""
    record = _done(state)
    offer = state["memory"]["offer"]
    if offer and offer["sensitive"]:
        closed = {*record["closed"], *sensitive_told(state["facts"])}
        record["closed"] = sorted(closed)
    return words_of(wish["language"]).say.not_kept, {"memory": record}


def _shown(wish: Wish, state: RaiseState, shelf: Shelf) -> str:
    words, kept = words_of(wish["language"]), shelf.facts()
    lines = [
        words.say.show_kept.format(items="; ".join(map(words.shown, kept.values())))
        if kept
        else words.say.show_nothing
    ]
    if now := _told_now(state, words, kept):
        lines.append(now)
    return "\n".join(lines)


def shown_without_memory(text: str, state: RaiseState) -> str:
    """What is known in this conversation, where somebody asks for it; "" for any other text."""
    wish = hear(text)
    if wish is None or wish["wanted"] != "show":
        return ""
    words = words_of(wish["language"])
    return _told_now(state, words, {}) or words.say.show_nothing


def _told_now(state: RaiseState, words: Words, kept: Collection[str]) -> str:
    now = [
        words.plain(name, fact["value"])
        for name, fact in state.get("facts", {}).items()
        if name not in kept and fact["status"] == "known" and fact["source"] in TOLD
    ]
    return words.say.show_now.format(items="; ".join(now)) if now else ""


def _forgotten(wish: Wish, state: RaiseState, shelf: Shelf) -> tuple[str, RaiseState]:
    attributes, messages = list(wish["attributes"]), list[str]()
    if wish["wanted"] == "forget_that":
        offer = state["memory"]["offer"]
        attributes = list(offer["attributes"]) if offer else []
        if said := _said_before(state):
            messages.append(said.id or "")
            attributes += [name for name in told_in(state, said) if name not in attributes]
    for name in attributes:
        shelf.drop(name)
    clean = masked(state, attributes, messages, answered=True)
    words = words_of(wish["language"])
    text = (
        words.say.forgotten.format(items=words.names(attributes))
        if attributes
        else words.say.forgotten_that
    )
    record: MemoryRecord = {
        **clean["memory"],
        "wish": None,
        "offer": None,
        "erase": Erasure(everything=False, attributes=attributes, language=wish["language"]),
    }
    update: RaiseState = {
        "facts": clean["facts"],
        "query": clean["query"],
        "messages": changed(state["messages"], clean["messages"]),
        "memory": record,
    }
    if "triage" in clean:
        update["triage"] = clean["triage"]
    return text, update


def _said_before(state: RaiseState) -> AnyMessage | None:
    """The person's message before the one that asks to forget it."""
    said = [message for message in state["messages"] if message.type == "human"]
    return said[-2] if len(said) > 1 else None


def _forgotten_all(wish: Wish, state: RaiseState, shelf: Shelf) -> tuple[str, RaiseState]:
    shelf.clear()
    nothing: Facts = {}
    return words_of(wish["language"]).say.forgotten_all, {
        "messages": [RemoveMessage(REMOVE_ALL_MESSAGES)],  # pyright: ignore[reportReturnType]
        "facts": nothing,
        "query": "",
        "pending": None,
        "asked": [],
        "asked_before": 0,
        "memory": {
            **new_record(state["memory"]["person"]),
            "erase": Erasure(everything=True, attributes=[], language=wish["language"]),
        },
    }
