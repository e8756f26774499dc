"""What the agent knows about a person, as the page shows it, and how one fact is taken out."""

from __future__ import annotations

import re
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from raise_penguin.agent.serve import carry_over
from raise_penguin.graphs import RaiseState
from raise_penguin.graphs.memory.erasing import masked
from raise_penguin.graphs.raise_graph import RaiseGraph
from raise_penguin.penguin.attributes import load_attributes

REMOVED = "[removed]"
ELSEWHERE = ("log", "triage", "parked", "answer", "degraded", "memory")
"""Parts of the state beside messages and facts that may hold a value or the words that told it."""


def shown_facts(state: RaiseState) -> list[dict[str, Any]]:
    """What is known, in the order of the attributes, and what the person would not tell."""
    facts = state.get("facts") or {}
    labels = {name: one.label for name, one in load_attributes().items()}
    return [
        {
            "id": name,
            "label": label,
            "value": facts[name]["value"],
            "declined": facts[name]["status"] == "declined",
            "words": facts[name]["evidence"],
        }
        for name, label in labels.items()
        if name in facts and facts[name]["status"] != "unclear"
    ]


async def forget_fact(graph: RaiseGraph, thread: str, attribute: str) -> bool:
    """Take a fact out of a dialogue: its value, the words that told it, and every older checkpoint.

    It then counts as not to be told, so that it is not asked for again. Replies that were written
    from it stay as they are.

    Args:
        graph: The graph with its async checkpointer.
        thread: A dialogue between two turns.
        attribute: Id of the fact.

    Returns:
        Whether there was such a fact.
    """
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    state = cast("RaiseState", (await graph.aget_state(config)).values)
    facts = dict(state.get("facts") or {})
    if attribute not in facts:
        return False
    words = facts[attribute]["evidence"]
    gone = facts[attribute] = facts[attribute].copy()
    gone["value"], gone["status"], gone["evidence"] = "", "declined", ""
    for name, fact in facts.items():
        facts[name] = fact.copy()
        facts[name]["evidence"] = _without(fact["evidence"], words)
    clean = masked(state, [attribute])  # of the log and the like; the page keeps the replies
    change: dict[str, Any] = {
        **{name: clean[name] for name in ELSEWHERE if name in clean},
        "facts": facts,
        "query": _without(state["query"], words),
        "messages": [
            message.model_copy(update={"content": _without(message.text, words)})
            if message.type == "human"
            else message
            for message in state["messages"]
        ],
    }
    await carry_over(graph, thread, thread, change)
    return True


def _without(text: str, words: str) -> str:
    """A person's text without the words that told a fact."""
    return re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", REMOVED, text) if words else text
