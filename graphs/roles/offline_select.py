"""Offline selection: reads the answer by rules and follows the stored plans."""

from __future__ import annotations

from ...penguin.attributes import attribute
from ...penguin.facts import IMPLIED, Fact, Facts, known_facts
from ...penguin.reading import read_facts
from ...policies.stopping import completeness
from ..crisis.danger import detect_danger
from .protocols import Selection, SelectRequest


class OfflineSelector:
    """Asks for what the plans of similar messages gained most from."""

    name = "offline"

    async def select(self, request: SelectRequest) -> Selection:
        """Read the last answer and choose the next question."""
        answer = request.answer
        told = self._read(request) if answer is not None else {}
        facts: Facts = {**request.facts, **told}
        known = known_facts(facts)
        closed = {name for name, fact in facts.items() if fact["status"] != "known"}
        left = [name for name in request.candidates if name not in facts]
        best = request.retrieval.best(known, left, request.price)
        item = attribute(best.attribute) if best else None
        return Selection(
            facts=told,
            danger=detect_danger(answer or ""),
            completeness=completeness(request.retrieval.weights, known, closed),
            attribute=item.id if item else None,
            question=item.questions[0] if item else "",
            reason=item.reason if item else "",
        )

    def _read(self, request: SelectRequest) -> Facts:
        """Facts in the answer; an answer that tells nothing leaves its attribute unclear."""
        words, asked = request.answer or "", request.answered
        told = read_facts(words, asked=asked, source="answer")
        if asked is not None and asked not in told and asked not in request.facts:
            told[asked] = Fact(
                value="",
                status="unclear",
                source="answer",
                evidence=words[:200],
                confidence=IMPLIED,
            )
        return told
