"""Taking a fact out of a thread's state: the fact, the words that told it, and what used it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from ...penguin.attributes import attribute
from ...penguin.facts import Fact, Facts
from ...penguin.reading import read_facts
from ..state import Decision, RaiseState, message_text
from .record import new_record

OWN = ("messages", "facts", "triage", "memory", "log", "pending", "policy")
"""Parts of the state that hold no words of the person, or are cleaned in a way of their own."""
ERASED = "[erased]"
"""Stands where words were."""


def masked(
    state: RaiseState,
    attributes: Collection[str],
    messages: Collection[str] = (),
    *,
    answered: bool = False,
) -> RaiseState:
    """The state without some facts.

    Gone are their values and evidence, the person's words that told them, every reply of the agent
    from then on (it may have used them), and the reasons in the decision log, which a model may
    have filled with the person's words.

    Args:
        state: Any state of a thread.
        attributes: Ids of the facts to take out. Each counts as declined from now on, so that the
            thread does not ask for it again.
        messages: Ids of further messages to empty.
        answered: Whether the agent's last words answer the wish to forget; they then use no fact,
            and stay.

    Returns:
        A copy of the whole state.
    """
    facts: Facts = dict(state.get("facts") or {})
    forgotten = {name: facts[name] for name in attributes if name in facts}
    for name, fact in facts.items():  # one sentence may have told several facts
        facts[name] = {**fact, "evidence": _without(fact["evidence"], forgotten)}
    for name in attributes:
        facts[name] = Fact(value="", status="declined", source="message", evidence="")
    rest = {name: _scrubbed(value, forgotten) for name, value in state.items() if name not in OWN}
    clean: RaiseState = {
        **state,
        **cast("RaiseState", rest),
        "facts": facts,
        "messages": _messages(state, forgotten, set(messages), answered=answered),
        "query": ERASED if messages else _without(state.get("query", ""), forgotten),
        "answer": None,
        "log": [
            Decision(node=entry["node"], decision=entry["decision"], reason="")
            for entry in state.get("log") or []
            if not any(name in entry["decision"] for name in attributes)
        ],
        "degraded": [{**each, "cause": ""} for each in state.get("degraded") or []],
    }
    if triage := state.get("triage"):
        clean["triage"] = {**triage, "reason": ""}
    if record := state.get("memory"):
        clean["memory"] = {
            **record,
            "closed": sorted({*record["closed"], *attributes}),
            "stale": {
                name: value for name, value in record["stale"].items() if name not in attributes
            },
        }
    return clean


def emptied(state: RaiseState) -> RaiseState:
    """The state of a thread from which everything was erased, save the agent's last words."""
    record = state.get("memory")
    return {
        "schema_version": state.get("schema_version", 1),
        "messages": state["messages"][-1:],
        "query": "",
        "facts": {},
        "asked": [],
        "pending": None,
        "answer": None,
        "outcome": "answered",
        "log": [Decision(node="remember", decision="erased everything", reason="asked to")],
        "memory": new_record(record["person"] if record else ""),
    }


def told_in(state: RaiseState, message: AnyMessage) -> list[str]:
    """Attributes whose words stand in a message."""
    text = _straight(message_text(message.content))
    return [
        name
        for name, fact in (state.get("facts") or {}).items()
        if fact["evidence"] and _straight(fact["evidence"]) in text
    ]


def _messages(
    state: RaiseState, forgotten: dict[str, Fact], emptied_ids: set[str], *, answered: bool
) -> list[AnyMessage]:
    asked = state.get("asked") or []
    questions = {f"question-{asked.index(name) + 1}" for name in forgotten if name in asked}
    pending = state.get("pending")
    waiting = pending["id"] if pending else ""
    known = any(fact["source"] == "memory" for fact in forgotten.values())
    last_question = ""
    kept: list[AnyMessage] = []
    spared = {waiting, *(_said_last(state) if answered else ())}
    for message in state.get("messages") or []:
        text = message_text(message.content)
        if message.type == "human":
            answers = last_question.removesuffix("-again") in questions
            new = ERASED if message.id in emptied_ids or answers else _without(text, forgotten)
            known = known or new != text
            kept.append(message if new == text else HumanMessage(new, id=message.id))
            last_question = ""
            continue
        last_question = message.id or ""
        hidden = known and message.type == "ai" and message.id not in spared
        kept.append(AIMessage(ERASED, id=message.id, name=message.name) if hidden else message)
    return kept


def _said_last(state: RaiseState) -> set[str | None]:
    """Ids of what the agent said since the person spoke."""
    found: set[str | None] = set()
    for message in reversed(state.get("messages") or []):
        if message.type != "ai":
            break
        found.add(message.id)
    return found


def _without(text: str, forgotten: dict[str, Fact]) -> str:
    """A text of the person without the words that told some facts.

    Words in which the reader still finds one of them go too, such as those that were corrected
    later; where they cannot be cut out, the whole text goes.
    """
    plain = _straight(text)
    clean = plain
    for name, fact in forgotten.items():
        own = "" if attribute(name).value_named(fact["value"]) else fact["value"]
        clean = _cut(clean, _straight(fact["evidence"]), own)
    while still := [
        fact["evidence"]
        for name, fact in read_facts(clean, source="message").items()
        if name in forgotten
    ]:
        shorter = _cut(clean, *still)
        if shorter == clean:
            return ERASED
        clean = shorter
    return text if clean == plain else clean


def _cut(text: str, *told: str) -> str:
    """A text with a mark in the place of some words of it."""
    for words in filter(None, told):
        whole = rf"(?<!\w){re.escape(words)}(?!\w)"
        text = re.sub(whole, ERASED, text, flags=re.IGNORECASE)
    return text


def _scrubbed(value: object, forgotten: dict[str, Fact]) -> object:
    """Any plain JSON of the state, its texts without those words."""
    if isinstance(value, str):
        return _without(value, forgotten)
    if isinstance(value, list):
        return [_scrubbed(each, forgotten) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {name: _scrubbed(each, forgotten) for name, each in fields.items()}
    return value


def _straight(text: str) -> str:
    """A text as the reader quotes it: straight quotes, single spaces."""
    return " ".join(text.replace("’", "'").replace("‘", "'").split())


def changed(old: Sequence[AnyMessage], new: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The messages that differ."""
    return [after for before, after in zip(old, new, strict=True) if before is not after]
