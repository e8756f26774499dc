"""select: read the last answer, decide whether enough is known, and word the next question."""

from __future__ import annotations

from langchain_core.messages import AIMessage

from ...penguin.attributes import load_attributes
from ...penguin.facts import Facts, known_facts
from ...policies.stop_calibration import shipped_calibration
from ...policies.stopping import StopSignal, rule_named
from ...policies.walk import stop_signal
from ..context import RaiseContext, current_context
from ..crisis.record import CrisisRecord, hear, seen_by_model
from ..equipment import Equipment
from ..roles import Selection, SelectRequest
from ..stand_in import with_stand_in
from ..state import Answer, Decision, Question, RaiseState, TriageRecord

SKIP = "You may skip this question: say so, and I will go on without it."
REMARK_WORDS = 8
"""An answer of at least this many words that tells no fact is kept as part of the message."""


async def select(state: RaiseState, equipment: Equipment) -> RaiseState:
    """Choose how to go on.

    One call to the select role reads the answer, scores how complete the background is and words
    the next question, so that a dialogue of q questions costs q + 1 of them. Danger in an answer
    ends the questions at once, and rules see it before any model is asked.
    """
    context = current_context()
    answer = state.get("answer")
    crisis = hear(state.get("crisis"), answer["text"]) if answer else state.get("crisis")
    if answer and crisis and crisis["turn"]:
        return _in_danger(state, crisis, "rules saw acute danger in the answer")
    used = len(state["asked"]) - state.get("asked_before", 0)
    if answer is None and used >= context.budget:
        return _enough(state, {}, f"the budget of {context.budget} questions is used")

    retrieval, unread = await equipment.retrieval(
        context, state["query"], state["triage"]["domain"]
    )
    price = _price(context)
    request = SelectRequest(
        query=state["query"],
        domain=state["triage"]["domain"],
        facts=state["facts"],
        asked=state["asked"],
        answer=answer["text"] if answer else None,
        answered=answer["attribute"] if answer else None,
        candidates=[
            name
            for name in load_attributes()
            if name not in state["facts"]
            and name not in state["asked"]
            and name not in context.unasked()
        ],
        retrieval=retrieval,
        price=price,
    )
    rules = await equipment.rules()
    chooser = (
        rules.select if context.selection == "policy" else (await equipment.roles(context)).select
    )
    selection, degraded = await with_stand_in(
        "select",
        lambda: chooser.select(request),
        lambda: rules.select.select(request),
        time_limit=context.time_limit,
    )
    if selection.danger:
        crisis = seen_by_model(crisis, selection.danger)
        found = _in_danger(state, crisis, "the model saw acute danger in the answer")
    else:
        found = _next_step(state, request, selection, context, used)
    return found | {
        "crisis": crisis,
        "calls": 0 if context.selection == "policy" else 1,
        "degraded": [*degraded, *unread],
    }


def _price(context: RaiseContext) -> float:
    """Points of score that a question's cost of 1 is worth; 0 for rules that weigh no cost."""
    if context.stopping not in ("auto", "value"):
        return 0.0
    if context.price is not None:
        return context.price
    return shipped_calibration().for_budget(context.budget).price


def _price_note(context: RaiseContext, policy: str) -> str:
    """Says where the price of a question was calibrated for another policy than the one in use."""
    if context.stopping not in ("auto", "value") or context.price is not None:
        return ""
    calibrated = shipped_calibration().policy
    return "" if policy.startswith(calibrated) else "; the price was calibrated for another policy"


def _next_step(
    state: RaiseState,
    request: SelectRequest,
    selection: Selection,
    context: RaiseContext,
    used: int,
) -> RaiseState:
    """Turn a selection into a question, or an end of the questions."""
    rule = rule_named(context.stopping, context.threshold, price=request.price)
    stop, reason = rule.stop(_signal(request, selection, used, context.budget))
    if stop:
        return _enough(state, selection.facts, reason)
    if selection.attribute is None or selection.attribute in {*selection.facts, *context.unasked()}:
        return _enough(state, selection.facts, "nothing is left to ask")
    question = Question(
        id=f"question-{len(state['asked']) + 1}",
        attribute=selection.attribute,
        question=selection.question,
        reason=selection.reason,
        remaining=context.budget - used - 1,
        skip=SKIP,
    )
    return {
        **_read(state, selection.facts),
        "messages": [AIMessage(question["question"], id=question["id"], name="raise")],
        "asked": [*state["asked"], selection.attribute],
        "pending": question,
        "outcome": "asking",
        "log": [
            *_learnt(selection.facts),
            _decision(
                f"asks for {selection.attribute}",
                f"{reason}; {request.retrieval.reason}; {selection.reason}"
                f"{_price_note(context, state.get('policy', ''))}",
            ),
        ],
    }


def _signal(request: SelectRequest, selection: Selection, used: int, budget: int) -> StopSignal:
    """What the stopping rule looks at, with what the last answer told."""
    return stop_signal(
        request.retrieval,
        known_facts({**request.facts, **selection.facts}),
        [name for name in request.candidates if name not in selection.facts],
        asked=used,
        budget=budget,
        price=request.price,
        complete=selection.completeness,
    )


def _enough(state: RaiseState, facts: Facts, reason: str) -> RaiseState:
    return {
        **_read(state, facts),
        "pending": None,
        "log": [*_learnt(facts), _decision("asks no more", reason)],
    }


def _in_danger(state: RaiseState, crisis: CrisisRecord, reason: str) -> RaiseState:
    return {
        "triage": TriageRecord(
            level="acute",
            domain=state["triage"]["domain"],
            danger=crisis["danger"],
            reason=reason,
        ),
        "crisis": crisis,
        "pending": None,
        "answer": None,
        "log": [_decision("stops asking", reason)],
    }


def _read(state: RaiseState, facts: Facts) -> RaiseState:
    """The answer as read: new facts beside the old, and no words of the person lost."""
    answer = state.get("answer")
    known: Facts = dict(state["facts"])
    known.update(facts)
    return {"facts": known, "answer": None, "query": _with_remark(state["query"], answer, facts)}


def _with_remark(query: str, answer: Answer | None, facts: Facts) -> str:
    """The message, with an answer that told something other than facts added to it."""
    if answer is None or len(answer["text"].split()) < REMARK_WORDS:
        return query
    if any(fact["status"] != "unclear" for fact in facts.values()):
        return query
    return f"{query}\n{answer['text']}"


def _learnt(facts: Facts) -> list[Decision]:
    return [
        _decision(f"learnt {name}: {fact['status']}", f"source: {fact['source']}")
        for name, fact in facts.items()
    ]


def _decision(decision: str, reason: str) -> Decision:
    return Decision(node="select", decision=decision, reason=reason)
