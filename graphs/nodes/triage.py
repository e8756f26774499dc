"""triage: how risky is the message, what does it already tell, and is somebody in danger?"""

from __future__ import annotations

import asyncio

from ...penguin.facts import Facts
from ..context import current_context
from ..crisis.record import hear, seen_by_model
from ..equipment import Equipment
from ..roles import Triage
from ..stand_in import with_stand_in
from ..state import (
    SCHEMA_VERSION,
    Answer,
    Decision,
    RaiseState,
    TriageRecord,
    last_words,
)
from ..words import MAX_CHARACTERS, readable, without_controls


async def triage(state: RaiseState, equipment: Equipment) -> RaiseState:
    """Read the newest message.

    While a question waits, the message is the answer to it, and ``select`` reads it. Otherwise it
    opens a topic: rules look for danger first, so that nobody in danger waits for a model; then
    the triage role reads it while the stored plans of similar messages are fetched.

    Raises:
        MessageError: The message is empty or too long.
    """
    pending = state.get("pending")
    if pending:
        words = without_controls(last_words(state))[:MAX_CHARACTERS]
        return {
            "answer": Answer(question_id=pending["id"], attribute=pending["attribute"], text=words),
            "log": [_decision(f"takes the message as the answer to {pending['id']}", "it waited")],
        }

    text = readable(last_words(state))
    crisis = hear(state.get("crisis"), text)
    if crisis and crisis["turn"]:
        reason = "rules saw acute danger" if crisis["turn"] == "help" else "help was given before"
        found = Triage(level="acute", domain="", danger=crisis["danger"], reason=reason)
        return _opened(state, text, found) | {"crisis": crisis}

    context = current_context()
    roles, rules = await equipment.roles(context), await equipment.rules()
    (found, degraded), (_, policy, unread) = await asyncio.gather(
        with_stand_in(
            "triage",
            lambda: roles.triage.triage(text),
            lambda: rules.triage.triage(text),
            time_limit=context.time_limit,
        ),
        equipment.neighbours(context, text),
    )
    if found.level == "acute":
        crisis = seen_by_model(crisis, found.danger)
    return _opened(state, text, found) | {
        "crisis": crisis,
        "policy": policy,
        "calls": 1,
        "degraded": [*degraded, *unread],
    }


def _opened(state: RaiseState, text: str, found: Triage) -> RaiseState:
    """The state of a newly opened topic; what is known of the person stays."""
    facts: Facts = dict(state.get("facts") or {})
    facts.update(found.facts)
    earlier = state.get("triage")
    asked = list(state.get("asked") or [])
    same_topic = earlier is not None and earlier["domain"] == found.domain
    return {
        "schema_version": SCHEMA_VERSION,
        "query": text,
        "triage": TriageRecord(
            level=found.level, domain=found.domain, danger=found.danger, reason=found.reason
        ),
        "facts": facts,
        "asked": asked,
        "asked_before": state.get("asked_before", 0) if same_topic else len(asked),
        "pending": None,
        "answer": None,
        "outcome": "",
        "log": [_decision(f"{found.level} message", found.reason)],
    }


def _decision(decision: str, reason: str) -> Decision:
    return Decision(node="triage", decision=decision, reason=reason)
