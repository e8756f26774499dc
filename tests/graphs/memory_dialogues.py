"""What the tests of memory share: roles that read "attribute is value", a clock, a dialogue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from scripted_roles import Script, fact

from raise_penguin.graphs import Dialogues, RaiseContext, Turn, build_raise_graph
from raise_penguin.graphs.memory import keeping
from raise_penguin.graphs.memory.shelf import Shelf
from raise_penguin.graphs.roles import Selection, SelectRequest, Triage
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.facts import Facts

DANGER = "I want to end my life tonight"


@dataclass
class Reader(Script):
    """Roles that know every attribute; no question is asked unless ``questions`` says so."""

    questions: int = 0

    async def triage(self, message: str) -> Triage:
        found = await super().triage(message)
        return Triage(level=found.level, domain=found.domain, facts=told(message, "message"))

    async def select(self, request: SelectRequest) -> Selection:
        found = await super().select(request)
        facts = {**found.facts, **told(request.answer or "", "answer")}
        return Selection(
            facts=facts,
            danger="",
            completeness=found.completeness,
            attribute=found.attribute,
            question=found.question,
            reason=found.reason,
        )


def told(text: str, source: str) -> Facts:
    return {
        match[1]: fact(match[2], "known", match[0], source)
        for match in re.finditer(r"(\w+) is ([\w-]+)", text)
        if match[1] in load_attributes()
    }


def dialogues(
    store: BaseStore,
    *,
    person: str = "ann",
    mode: str = "interrupt",
    questions: int = 0,
    saver: Any = None,
    **settings: Any,
) -> Dialogues:
    graph = build_raise_graph(
        roles=Reader(questions=questions).roles(),
        checkpointer=saver or InMemorySaver(),
        memory_store=store,
    )
    context = RaiseContext.model_validate(
        {"memory": True, "person": person, "mode": mode, **settings}
    )
    return Dialogues(graph, context=context)


def say(talk: Dialogues, *texts: str, thread: str = "t") -> Turn:
    """Say one thing after the other; the last turn."""
    turns = [talk.send_sync(thread, text) for text in texts]
    return turns[-1]


def kept(store: BaseStore, person: str = "ann") -> dict[str, str]:
    """Values in the store, by attribute id."""
    return {name: each.value for name, each in Shelf(store, person).facts().items()}


class Clock:
    """The day that memory sees."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = datetime.now(UTC)
        monkeypatch.setattr(keeping, "datetime", self)

    def now(self, zone: Any) -> datetime:
        del zone
        return self._now

    def pass_days(self, days: int) -> None:
        self._now += timedelta(days=days)


@pytest.fixture
def store() -> InMemoryStore:
    return InMemoryStore()
