"""Offline selection: reads the answer by rules and follows the stored plans."""

from __future__ import annotations

from ...penguin.facts import Fact, Facts, known_facts
from ...penguin.reading import read_facts
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
        told = self._read(request) if answer is not None else {}
        kind: AnswerKind = kind_of(answer, told) if answer is not None else "answer"
        told = self._closed(request, told, kind)
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

    def _read(self, request: SelectRequest) -> Facts:
        return read_facts(request.answer or "", asked=request.answered, source="answer")

    def _closed(self, request: SelectRequest, told: Facts, kind: AnswerKind) -> Facts:
        """The facts, with the attribute asked for declined or unclear where nothing tells it."""
        asked, words = request.answered, request.answer or ""
        if kind in ("refusal", "ask_back"):  # own words, if any, that are no answer
            told = {name: fact for name, fact in told.items() if fact["status"] != "known"}
        if asked is None or asked in told or asked in request.facts:
            return told
        status = "declined" if kind == "refusal" else "unclear"
        fact = Fact(value="", status=status, source="answer", evidence=words[:200])
        return {**told, asked: fact}


def _is_matter(text: str, domain: str) -> bool:
    """Whether words open a sensitive matter of another domain: a question of some length."""
    if not (asks_something(text) and is_long(text) and is_sensitive(text)):
        return False
    return place(text) not in ("", domain)
