"""Guards memory through the chat runnable and the middleware: kept after a yes, and forgotten."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from raise_penguin.agent import RaiseChat, RaiseMiddleware
from raise_penguin.graphs import Memory, RaiseContext
from raise_penguin.penguin.errors import SettingsError

TOLD = "I'm 31. Should I quit my job on Friday?"


def config(thread: str, person: str = "ann") -> RunnableConfig:
    remembered = {"memory": True, "person": person, "budget": 0}
    return {"configurable": {"thread_id": thread, "raise_context": remembered}}


async def test_what_was_agreed_to_is_known_in_the_next_thread_and_forgotten_when_asked() -> None:
    store = InMemoryStore()
    chat = RaiseChat(memory_store=store)
    assert "May I remember" in chat.invoke(TOLD, config("monday")).text
    assert Memory(store).show_sync("ann") == []
    chat.invoke("yes", config("monday"))
    assert [fact.value for fact in Memory(store).show_sync("ann")] == ["25-34"]
    shown = await chat.ainvoke("what do you know about me?", config("friday"))
    assert "25-34" in shown.text
    assert "25-34" not in chat.invoke("what do you know about me?", config("bobs", "bob")).text
    streamed = [piece async for piece in chat.astream("forget my age", config("friday"))]
    assert "Erased" in "".join(piece.text for piece in streamed)
    assert Memory(store).show_sync("ann") == []


def test_a_person_never_reads_anothers_thread() -> None:
    chat = RaiseChat(memory_store=InMemoryStore())
    chat.invoke(TOLD, config("monday"))
    with pytest.raises(SettingsError, match="another person"):
        chat.invoke("hello", config("monday", "bob"))


def test_without_a_thread_no_consent_can_be_heard() -> None:
    context = RaiseContext(memory=True, person="ann", budget=0)
    chat = RaiseChat(context=context, memory_store=InMemoryStore())
    with pytest.raises(SettingsError, match="thread_id"):
        chat.invoke(TOLD)


@pytest.mark.parametrize(("reply", "kept"), [("raise", ["25-34"]), ("agent", [])])
def test_behind_the_middleware_only_raises_own_replies_offer_to_keep(
    reply: Literal["agent", "raise"], kept: list[str]
) -> None:
    store = InMemoryStore()
    context = RaiseContext(memory=True, person="ann", budget=0)
    agent: Any = create_agent(
        FakeListChatModel(responses=["Sleep on it."]),
        middleware=[RaiseMiddleware(reply=reply, context=context)],
        checkpointer=InMemorySaver(),
        store=store,
    )
    for words in (TOLD, "yes"):
        agent.invoke({"messages": [("user", words)]}, config("monday"))
    assert [fact.value for fact in Memory(store).show_sync("ann")] == kept
