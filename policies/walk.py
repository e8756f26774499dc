"""Which questions a policy would ask somebody who answers all of them: a dialogue without words."""

from __future__ import annotations

from collections.abc import Mapping

from ..penguin.attributes import load_attributes
from .retrieval import Retrieval
from .stopping import StoppingRule, StopSignal, completeness


def stop_signal(
    retrieval: Retrieval,
    known: Mapping[str, str],
    candidates: list[str],
    *,
    asked: int,
    budget: int,
    price: float,
    complete: int | None = None,
) -> StopSignal:
    """What a stopping rule may look at before the next question.

    Args:
        retrieval: What the policy knows about the message.
        known: Values by attribute id.
        candidates: Attribute ids that may still be asked.
        asked: Questions asked for the message.
        budget: Most questions for it.
        price: Points of score that a cost of 1 is worth.
        complete: How complete the background is, 0 to 5; by the plans when omitted.
    """
    best = retrieval.best(known, candidates, price)
    if complete is None:
        closed = load_attributes().keys() - known.keys() - set(candidates)
        complete = completeness(retrieval.weights, known, closed)
    worth = best if best and retrieval.knows_gains else None
    return StopSignal(
        asked=asked,
        budget=budget,
        completeness=complete,
        expected_gain=worth.gain if worth else None,
        cost=worth.cost if worth else 0.0,
    )


def walk(
    retrieval: Retrieval,
    person: Mapping[str, str],
    rule: StoppingRule,
    *,
    budget: int,
    price: float = 0.0,
) -> tuple[str, ...]:
    """The attributes asked of a person who answers everything, in order.

    Args:
        retrieval: What the policy knows about their message.
        person: Their values by attribute id.
        rule: Says when to stop.
        budget: Most questions.
        price: Points of score that a cost of 1 is worth, in choosing the next question.
    """
    known: dict[str, str] = {}
    candidates = list(person)
    while candidates:
        signal = stop_signal(
            retrieval, known, candidates, asked=len(known), budget=budget, price=price
        )
        chosen = retrieval.best(known, candidates, price)
        if chosen is None or rule.stop(signal).stop:
            break
        known[chosen.attribute] = person[chosen.attribute]
        candidates.remove(chosen.attribute)
    return tuple(known)
