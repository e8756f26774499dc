"""What the agent knows about a person, as the page shows it, and how one fact is taken out."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from raise_penguin.agent.serve import carry_over
from raise_penguin.graphs import RaiseState
from raise_penguin.graphs.memory.erasing import masked
from raise_penguin.graphs.raise_graph import RaiseGraph
from raise_penguin.penguin.attributes import load_attributes


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

    Its lines in the decision log go too. It then counts as not to be told, so that it is not asked
    for again. Replies that were written from it stay as they are.

    Args:
        graph: The graph with its async checkpointer.
        thread: A dialogue between two turns.
        attribute: Id of the fact.

    Returns:
        Whether there was such a fact.
    """
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    state = cast("RaiseState", (await graph.aget_state(config)).values)
    if attribute not in (state.get("facts") or {}):
        return False
    clean = masked(state, [attribute])
    clean["messages"] = [
        new if new.type == "human" else old
        for old, new in zip(state["messages"], clean["messages"], strict=True)
    ]
    change = {name: value for name, value in clean.items() if name in state}
    await carry_over(graph, thread, thread, change)
    return True
