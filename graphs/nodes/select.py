"""select: read the last answer, decide whether enough is known, and word the next question."""

from __future__ import annotations

from collections.abc import Collection

from langchain_core.messages import AIMessage

from ...penguin.attributes import load_attributes
from ...penguin.facts import Facts, known_facts
from ...penguin.reading import asks_back, wants_no_questions
from ...policies.stop_calibration import shipped_calibration
from ...policies.stopping import StoppingRule, StopSignal, rule_named
from ...policies.walk import stop_signal
from ..asking import fit_to_ask
from ..context import RaiseContext, current_context
from ..crisis.record import CrisisRecord, hear, seen_by_model, seen_in
from ..equipment import Equipment
from ..manner import Manner, manner
from ..memory.wishes import shown_without_memory
from ..recital import fit_to_say
from ..roles import Selection, SelectRequest
from ..stand_in import with_stand_in
from ..state import (
    SCHEMA_VERSION,
    Decision,
    Degradation,
    Question,
    RaiseState,
    TriageRecord,
    check_version,
)
from .learning import learn
from .standing import closed, explain, has_stood, keep, no_answer, show, wanted_none


async def select(state: RaiseState, equipment: Equipment) -> RaiseState:
    """Choose how to go on.

    One call to the select role reads the answer, scores how complete the background is and words
    the next question, so that a dialogue in which q questions are put costs q + 1 of them. Danger
    in an answer ends the questions at once, and rules see it before any model is asked. "Why do
    you ask?" is answered by rules as well.
    """
    check_version(state)
    context = current_context()
    answer, pending = state.get("answer"), state.get("pending")
    crisis = state.get("crisis")
    if answer:
        crisis = hear(crisis, answer["text"], state.get("language", ""))
    words = answer["text"] if answer else state["query"]
    how = manner(state, context, words, danger_in=seen_in(crisis) if answer else "")
    base = RaiseState(schema_version=SCHEMA_VERSION, language=how.language, formal=how.formal)
    if answer and crisis and crisis["turn"]:
        return base | _in_danger(state, crisis, "rules saw acute danger in the answer")
    if crisis:
        base["crisis"] = crisis
    if answer and pending and not has_stood(pending):
        if known := shown_without_memory(answer["text"], state):
            return base | show(state, pending, how, known)
        if asks_back(answer["text"], pending["attribute"]):
            return base | explain(state, pending, how)
    if answer is None and wanted_none(state["messages"]):
        return base | _enough(state, {}, "the person wanted no more questions")
    used = len(state["asked"]) - state.get("asked_before", 0)
    if answer is None and used >= context.budget:
        return base | _enough(state, {}, f"the budget of {context.budget} questions is used")

    request, unread = await _request(state, equipment, context, how)
    rules = await equipment.rules()
    chooser = (
        rules.select if context.selection == "policy" else (await equipment.roles(context)).select
    )
    selection, degraded = await with_stand_in(
        "select",
        lambda: chooser.select(request),
        lambda: rules.select.select(request),
        time_limit=context.limit("select"),
    )
    if selection.danger:
        crisis = seen_by_model(crisis, selection.danger)
        found = _in_danger(state, crisis, "the model saw acute danger in the answer")
    else:
        found = _next_step(state, request, selection, context, used=used, how=how)
    return (
        base
        | found
        | {
            "calls": 0 if context.selection == "policy" else 1,
            "degraded": [*degraded, *unread],
        }
    )


async def _request(
    state: RaiseState, equipment: Equipment, context: RaiseContext, how: Manner
) -> tuple[SelectRequest, list[Degradation]]:
    """What the select role may use, and what could not be read."""
    answer = state.get("answer")
    domain = state["triage"]["domain"]
    retrieval, unread = await equipment.retrieval(context, state["query"], domain)
    closed_ones = {*state["facts"], *state["asked"], *context.unasked()}
    request = SelectRequest(
        query=state["query"],
        domain=domain,
        facts=state["facts"],
        asked=state["asked"],
        answer=answer["text"] if answer else None,
        answered=answer["attribute"] if answer else None,
        candidates=[name for name in load_attributes() if name not in closed_ones],
        retrieval=retrieval,
        price=_price(context),
        language=how.language,
        formal=how.formal,
    )
    return request, unread


def _price(context: RaiseContext) -> float:
    """Points of score that a question's cost of 1 is worth; 0 for rules that weigh no cost."""
    return _asked_price(context) if context.stopping in ("auto", "value") else 0.0


def _asked_price(context: RaiseContext) -> float:
    """The price of the settings; the calibrated one where they name none."""
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
    *,
    used: int,
    how: Manner,
) -> RaiseState:
    """Turn a selection into a question, one that stands, or an end of the questions."""
    if (stands := no_answer(state, selection, how)) is not None:
        return stands
    answer = state.get("answer")
    facts = closed(selection.facts, answer, selection.kind) if answer else selection.facts
    if answer and wants_no_questions(answer["text"]):
        return _enough(state, facts, "the person wants no more questions")
    follow_up = state.get("follow_up", False)
    if follow_up and answer is None and not request.retrieval.knows_gains:
        return _enough(state, facts, "a follow-up, and no plan says what a question would add")
    rule = _rule(context, request.price, follow_up=follow_up)
    stop, reason = rule.stop(_signal(request, selection, used, context.budget))
    if stop:
        return _enough(state, facts, reason)
    name = selection.attribute
    if name is None or name in facts or name not in request.candidates:
        return _enough(state, facts, "nothing is left to ask")
    fit = fit_to_say(selection.reason, "select")
    question = Question(
        id=f"question-{len(state['asked']) + 1}",
        attribute=name,
        question=_worded(selection.question, name, how, {*_declined(facts), *context.unasked()}),
        reason=selection.reason if fit else how.speech.reason(name),
        remaining=context.budget - used - 1,
        skip=how.speech.skip,
    )
    read, learnt = _read(state, facts)
    why = f"{reason}; {request.retrieval.reason}; {question['reason']}"
    return {
        **read,
        "messages": [AIMessage(_put(question, how), id=question["id"], name="raise")],
        "asked": [*state["asked"], name],
        "pending": question,
        "outcome": "asking",
        "log": [
            *learnt,
            _decision(f"asks for {name}", why + _price_note(context, state.get("policy", ""))),
        ],
    }


def _worded(words: str, name: str, how: Manner, closed: Collection[str]) -> str:
    """The chosen words; the shipped ones where these are none to put to a person."""
    return words if fit_to_ask(words, name, closed) else how.speech.question(name)


def _declined(facts: Facts) -> list[str]:
    return [name for name, fact in facts.items() if fact["status"] == "declined"]


def _put(question: Question, how: Manner) -> str:
    """The question as it is put.

    The first of a thread and each sensitive one say what it is for, and that it may be skipped;
    the sensitive ones of the data files do so in their own words.
    """
    sensitive = load_attributes()[question["attribute"]].sensitive
    shipped = question["question"] == how.speech.question(question["attribute"])
    if (sensitive and shipped) or not (sensitive or question["id"] == "question-1"):
        return question["question"]
    return f"{question['question']} {how.speech.why(question['reason'])} {question['skip']}"


def _rule(context: RaiseContext, price: float, *, follow_up: bool) -> StoppingRule:
    """The rule of the settings; a follow-up is asked something only where it is worth it."""
    if not follow_up:
        return rule_named(context.stopping, context.threshold, price=price)
    return rule_named("auto", price=_asked_price(context))


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
    read, learnt = _read(state, facts)
    return {**read, "pending": None, "log": [*learnt, _decision("asks no more", reason)]}


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


def _read(state: RaiseState, told: Facts) -> tuple[RaiseState, list[Decision]]:
    """The answer as read: new facts beside the old, and no words of the person lost."""
    facts, learnt = learn(state["facts"], told, "select")
    read: RaiseState = {"facts": facts, "answer": None}
    answer = state.get("answer")
    if answer and all(fact["status"] == "unclear" for fact in told.values()):
        return read | keep(state, answer["text"]), learnt
    return read, learnt


def _decision(decision: str, reason: str) -> Decision:
    return Decision(node="select", decision=decision, reason=reason)
