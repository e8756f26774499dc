"""Roles that count their calls and do what a test tells them; a fake model, in short."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from raise_penguin.graphs.roles import (
    ReplyRequest,
    Roles,
    Selection,
    SelectRequest,
    Triage,
)
from raise_penguin.penguin.facts import Fact, Facts

SENSITIVE = "Should I move out next month? Things at home are bad and I do not know what to do."


def worded(attribute: str) -> str:
    """A scripted question as the person reads it, with its reason and the way out."""
    skip = "You may skip this question: say so, and I will go on without it."
    return f"What about {attribute}? I ask because it changes the answer. {skip}"


@dataclass
class Script:
    """Counts calls; "age is 34" tells a fact, "no" declines, anything else is unclear."""

    name: str = "scripted"
    level: str = "sensitive"
    questions: int = 2
    calls: Counter[str] = field(default_factory=Counter[str])
    requests: list[SelectRequest] = field(default_factory=list[SelectRequest])
    replies: list[ReplyRequest] = field(default_factory=list[ReplyRequest])
    failing: frozenset[str] = frozenset()

    def roles(self) -> Roles:
        return Roles(triage=self, select=self, respond=self)

    def _count(self, role: str) -> None:
        self.calls[role] += 1
        if role in self.failing:
            raise ConnectionError(f"{role} is down")

    async def triage(self, message: str) -> Triage:
        self._count("triage")
        return Triage(
            level=self.level,  # pyright: ignore[reportArgumentType]
            domain="relationship",
            facts=told(message, "message"),
            reason="scripted",
        )

    async def select(self, request: SelectRequest) -> Selection:
        self._count("select")
        self.requests.append(request)
        facts: Facts = {}
        if request.answer is not None and request.answered is not None:
            facts = told(request.answer, "answer")
            if request.answer in ("", "no", "skip"):
                facts[request.answered] = fact("", "declined", request.answer)
            elif request.answered not in facts:
                facts[request.answered] = fact("", "unclear", request.answer)
        left = [name for name in request.candidates if name not in facts]
        enough = len(request.asked) >= self.questions
        return Selection(
            facts=facts,
            danger="",
            completeness=5 if enough else 1,
            attribute=left[0] if left else None,
            question=f"What about {left[0] if left else 'nothing'}?",
            reason="it changes the answer",
        )

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        self._count("respond")
        self.replies.append(request)
        yield "Here is "
        yield "a reply."


def told(text: str, source: str) -> Facts:
    return {
        match[1]: fact(match[2], "known", match[0], source)
        for match in re.finditer(r"(\w+) is (\w+)", text)
        if match[1] in {"age", "gender", "profession", "marital_status"}
    }


def fact(value: str, status: str, evidence: str, source: str = "answer") -> Fact:
    return {
        "value": value,
        "status": status,
        "source": source,
        "evidence": evidence,
    }  # pyright: ignore[reportReturnType]
