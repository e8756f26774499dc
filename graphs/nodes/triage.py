"""triage: how risky is the message, what does it already tell, and is somebody in danger?"""

from __future__ import annotations

import asyncio

from ..context import RaiseContext, current_context
from ..crisis.record import CrisisRecord, hear, seen_by_model, seen_in
from ..equipment import Equipment
from ..manner import manner
from ..roles import Triage
from ..stand_in import with_stand_in
from ..state import (
    SCHEMA_VERSION,
    Answer,
    Decision,
    RaiseState,
    TriageRecord,
    check_version,
    last_words,
)
from ..words import MAX_CHARACTERS, readable, without_controls
from .learning import learn


async def triage(state: RaiseState, equipment: Equipment) -> RaiseState:
    """Read the newest message.

    While a question waits, the message is the answer to it, and ``select`` reads it. Otherwise it
    opens a topic: rules look for danger first, so that nobody in danger waits for a model; then
    the triage role reads it while the stored plans of similar messages are fetched.

    Raises:
        MessageError: The message is empty or too long.
        SettingsError: A newer release wrote the thread.
    """
    check_version(state)
    pending = state.get("pending")
    if pending:
        words = without_controls(last_words(state))[:MAX_CHARACTERS]
        return {
            "answer": Answer(question_id=pending["id"], attribute=pending["attribute"], text=words),
            "log": [_decision(f"takes the message as the answer to {pending['id']}", "it waited")],
        }

    context = current_context()
    text = readable(last_words(state))
    crisis = hear(state.get("crisis"), text, state.get("language", ""))
    if crisis and crisis["turn"]:
        reason = "rules saw acute danger" if crisis["turn"] == "help" else "help was given before"
        found = Triage(level="acute", domain="", danger=crisis["danger"], reason=reason)
        return _opened(state, text, found, context, crisis) | {"crisis": crisis}

    roles, rules = await equipment.roles(context), await equipment.rules()
    (found, degraded), (_, policy, unread) = await asyncio.gather(
        with_stand_in(
            "triage",
            lambda: roles.triage.triage(text),
            lambda: rules.triage.triage(text),
            time_limit=context.limit("triage"),
        ),
        equipment.neighbours(context, text),
    )
    if found.level == "acute":
        crisis = seen_by_model(crisis, found.danger)
    heard = RaiseState(crisis=crisis) if crisis else RaiseState()
    return (
        _opened(state, text, found, context)
        | heard
        | {
            "policy": policy,
            "calls": 1,
            "degraded": [*degraded, *unread],
        }
    )


def _opened(
    state: RaiseState,
    text: str,
    found: Triage,
    context: RaiseContext,
    crisis: CrisisRecord | None = None,
) -> RaiseState:
    """The state of a newly opened message; what is known of the person stays.

    A sensitive message of another domain changes the topic and has a budget of its own. One of the
    same domain, or of none that is known, goes on with the topic: what is left of the budget is
    left, and if the topic was answered before, the message is a follow-up.
    """
    facts, learnt = learn(state.get("facts") or {}, found.facts, "triage")
    asked = list(state.get("asked") or [])
    topic = _topic(state)
    changed = topic is None or (found.level == "sensitive" and found.domain not in ("", topic))
    domain = found.domain or ("" if changed else topic or "")
    how = manner(state, context, text, danger_in=seen_in(crisis))
    opened: RaiseState = {
        "schema_version": SCHEMA_VERSION,
        "query": text,
        "language": how.language,
        "formal": how.formal,
        "triage": TriageRecord(
            level=found.level, domain=domain, danger=found.danger, reason=found.reason
        ),
        "facts": facts,
        "asked": asked,
        "asked_before": len(asked) if changed else state.get("asked_before", 0),
        "follow_up": not changed and state.get("outcome") in ("answered", "crisis"),
        "pending": None,
        "answer": None,
        "outcome": "",
        "log": [_decision(f"{found.level} message", found.reason), *learnt],
    }
    if found.level == "sensitive":
        opened["topic"] = domain
    return opened


def _topic(state: RaiseState) -> str | None:
    """The domain of the matter talked about; None before the first sensitive message."""
    if "topic" in state:
        return state["topic"]
    earlier = state.get("triage")  # a thread of version 1
    return earlier["domain"] if earlier and earlier["level"] == "sensitive" else None


def _decision(decision: str, reason: str) -> Decision:
    return Decision(node="triage", decision=decision, reason=reason)
