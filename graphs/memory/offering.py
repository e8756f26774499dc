"""After a reply: bring kept facts up to date, and offer once to keep what was newly told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal, cast

from ...penguin.attributes import load_attributes
from ...penguin.facts import Fact, Facts
from ..state import RaiseState, last_words
from .hearing import may_be_a_wish
from .keeping import KeptFact, expiry, today
from .record import MemoryRecord, Offer
from .shelf import Shelf
from .words import words_of

TOLD = ("message", "answer")
"""Sources of what a person told in so many words; nothing else is ever kept."""


def after_reply(
    state: RaiseState, shelf: Shelf, thread: str, language: str
) -> tuple[str, MemoryRecord]:
    """What memory says after a reply.

    Args:
        state: The state with the reply.
        shelf: What is kept of the person.
        thread: Digest of the thread, or "".
        language: Language of the offer.

    Returns:
        A message to the person, "" for none, and the new record.
    """
    record = settle_checked(state, shelf)
    corrected, dropped = put_right(state, shelf, thread)
    record["closed"] = [name for name in record["closed"] if name not in dropped]
    words = words_of(language)
    parts: list[str] = []
    if corrected:
        items = "; ".join(words.plain(each.attribute, each.value) for each in corrected)
        parts.append(words.say.updated.format(items=items))
    text, record = next_offer(state["facts"], record, shelf.facts(), language)
    if wished := may_be_a_wish(last_words(state)):
        parts.append(words_of(wished).say.how_to_forget)
    return "\n\n".join([*parts, text] if text else parts), record


def settle_checked(state: RaiseState, shelf: Shelf) -> MemoryRecord:
    """Take in the answers to "still right?": a kept fact that was not confirmed is deleted."""
    record = state["memory"]
    kept = shelf.facts()
    for name in record["checked"]:
        fact, old = state["facts"].get(name), kept.get(name)
        if name not in record["stale"] or old is None:
            continue
        if fact and fact["status"] == "known" and fact["value"] == old.value:
            shelf.keep(replace(old, confirmed=today()))
        elif not (fact and _told(fact) and not _sensitive(name)):
            shelf.drop(name)
    stale = {
        name: value for name, value in record["stale"].items() if name not in record["checked"]
    }
    return {**record, "stale": stale}


def put_right(
    state: RaiseState, shelf: Shelf, thread: str
) -> tuple[list[KeptFact], frozenset[str]]:
    """Bring kept facts in line with what the person says now.

    A new value of a sensitive fact needs a yes of its own: the old one is deleted, and the new one
    may be offered.

    Returns:
        The facts whose kept value changed, and the attributes whose old one was deleted.
    """
    changed: list[KeptFact] = []
    dropped: set[str] = set()
    for name, old in shelf.facts().items():
        fact = state["facts"].get(name)
        if fact is None or not _told(fact) or fact["value"] == old.value:
            continue
        if _sensitive(name) or old.status == "declined":
            shelf.drop(name)
            dropped.add(name)
            continue
        new = newly_kept(name, fact, today(), thread)
        shelf.keep(replace(new, expires=old.expires))
        changed.append(new)
    return changed, frozenset(dropped)


def next_offer(
    facts: Mapping[str, Fact],
    record: MemoryRecord,
    kept: Mapping[str, KeptFact],
    language: str,
) -> tuple[str, MemoryRecord]:
    """The next thing to ask leave for: first what is not sensitive, all at once.

    A sensitive fact is asked about by itself, and only where the person keeps something already: it
    needs a second yes.
    """
    offer = None if record["quiet"] else _offer(facts, record, kept, language)
    if offer is None:
        return "", {**record, "offer": None}
    words = words_of(language)
    form = words.say.offer_sensitive if offer["sensitive"] else words.say.offer
    items = "; ".join(words.offered(name, facts[name]) for name in offer["attributes"])
    closed = [*record["closed"], *offer["attributes"]]
    return form.format(items=items), {**record, "offer": offer, "closed": closed}


def _offer(
    facts: Mapping[str, Fact],
    record: MemoryRecord,
    kept: Mapping[str, KeptFact],
    language: str,
) -> Offer | None:
    open_facts = {
        name: fact
        for name, fact in facts.items()
        if name in load_attributes()
        and name not in record["closed"]
        and name not in kept
        and fact["source"] in TOLD
    }
    plain = [
        name
        for name, fact in open_facts.items()
        if not _sensitive(name) and fact["status"] in ("known", "declined")
    ]
    if any(open_facts[name]["status"] == "known" for name in plain):
        return _offer_of(plain, sensitive=False, language=language)
    tender = [name for name, fact in open_facts.items() if _sensitive(name) and _told(fact)]
    if tender and kept:
        return _offer_of(tender[:1], sensitive=True, language=language)
    return None


def _offer_of(attributes: list[str], *, sensitive: bool, language: str) -> Offer:
    return Offer(
        sensitive=sensitive, attributes=attributes, language=language, date=today().isoformat()
    )


def sensitive_told(facts: Facts) -> list[str]:
    """Sensitive attributes that the person told something of."""
    return [name for name, fact in facts.items() if _sensitive(name) and _told(fact)]


def newly_kept(attribute_id: str, fact: Fact, told: date, thread: str) -> KeptFact:
    """A fact as it is kept: the value without the words that showed it."""
    return KeptFact(
        attribute=attribute_id,
        value=fact["value"],
        status="known" if fact["status"] == "known" else "declined",
        source=cast('Literal["message", "answer"]', fact["source"]),
        told=told,
        confirmed=told,
        expires=expiry(attribute_id, told),
        thread=thread,
    )


def _told(fact: Fact) -> bool:
    return fact["status"] == "known" and fact["source"] in TOLD


def _sensitive(attribute_id: str) -> bool:
    item = load_attributes().get(attribute_id)
    return item is None or item.sensitive
