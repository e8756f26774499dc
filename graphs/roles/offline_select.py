"""Offline selection: reads the answer by rules and follows the stored plans."""

from __future__ import annotations

from ...penguin.facts import IMPLIED, Fact, Facts, known_facts
from ...penguin.reading import AnswerReading, read_answer, read_facts
from ...policies.stopping import completeness
from ..answers import asks_something, is_long, kind_of
from ..crisis.danger import detect_danger
from ..wording import Speech
from .offline_triage import is_sensitive, place
from .protocols import AnswerKind, Selection, SelectRequest


class OfflineSelector:
    """Asks for what the plans of similar messages gained most from."""

    name = "offline"

    async def select(self, request: SelectRequest) -> Selection:
        """Read the last answer and choose the next question."""
        answer = request.answer
        reading = _read(request)
        kind = kind_of(answer or "", reading)
        told = _closed(request, reading.facts, kind)
        facts: Facts = {**request.facts, **told}
        known = known_facts(facts)
        closed = {name for name, fact in facts.items() if fact["status"] != "known"}
        left = [name for name in request.candidates if name not in facts]
        best = request.retrieval.best(known, left, request.price)
        speech = Speech(request.language, request.formal)
        return Selection(
            facts=told,
            danger=detect_danger(answer or ""),
            completeness=completeness(request.retrieval.weights, known, closed),
            attribute=best.attribute if best else None,
            question=speech.question(best.attribute) if best else "",
            reason=speech.reason(best.attribute) if best else "",
            kind=kind,
            matter=kind == "other_topic" and _is_matter(answer or "", request.domain),
        )


def _read(request: SelectRequest) -> AnswerReading:
    """The last answer; before the first there is nothing to read."""
    if request.answer is None:
        return AnswerReading({}, "answer")
    if request.answered is None:
        return AnswerReading(read_facts(request.answer, source="answer"), "answer")
    return read_answer(request.answer, request.answered, "answer")


def _closed(request: SelectRequest, told: Facts, kind: AnswerKind) -> Facts:
    """The facts, with the attribute asked for declined or unclear where nothing tells it."""
    asked, words = request.answered, request.answer or ""
    if asked in request.facts:  # known meanwhile; only a new value changes that
        return {
            name: fact for name, fact in told.items() if name != asked or fact["status"] == "known"
        }
    if asked is None or asked in told:
        return told
    status = "declined" if kind == "refusal" else "unclear"
    fact = Fact(value="", status=status, source="answer", evidence=words[:200], confidence=IMPLIED)
    return {**told, asked: fact}


def _is_matter(text: str, domain: str) -> bool:
    """Whether words open a sensitive matter of another domain: a question of some length."""
    if not (asks_something(text) and is_long(text) and is_sensitive(text)):
        return False
    return place(text) not in ("", domain)
