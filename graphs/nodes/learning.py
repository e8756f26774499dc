"""What a person's words add to what is known, and how the log says so."""

from __future__ import annotations

from collections.abc import Mapping

from ...penguin.facts import Fact, Facts
from ..state import Decision


def learn(before: Mapping[str, Fact], told: Facts, node: str) -> tuple[Facts, list[Decision]]:
    """Join new facts to the old.

    A new value replaces an old one, as people correct themselves; so does a value that is taken
    back. Not knowing replaces nothing.

    Returns:
        All facts, and what changed as lines of the decision log.
    """
    facts: Facts = dict(before)
    log: list[Decision] = []
    for name, fact in told.items():
        old = facts.get(name)
        if old and old["status"] == "known" and fact["status"] == "unclear":
            continue
        facts[name] = fact
        if change := _change(name, old, fact):
            log.append(Decision(node=node, decision=change, reason=f"source: {fact['source']}"))
    return facts, log


def _change(name: str, old: Fact | None, new: Fact) -> str:
    if old and old["status"] == "known":
        if new["status"] != "known":
            return f"forgets {name}: taken back"
        same = old["value"] == new["value"]
        return "" if same else f"corrected {name}: {old['value']} -> {new['value']}"
    return f"learnt {name}: {new['status']}"
