"""A dialogue's newest checkpoint carried into another thread, or changed in its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from ...graphs.raise_graph import RaiseGraph


async def carry_over(
    graph: RaiseGraph,
    source: str,
    target: str,
    change: Mapping[str, Any] | None = None,
) -> None:
    """Make a dialogue stand in a thread as it stands in another, with nothing of how it got there.

    Where both are one thread, its older checkpoints are deleted: what ``change`` takes out is
    then in none. The dialogue must stand between two turns.

    Args:
        graph: A graph with the async checkpointer that keeps both.
        source: Thread to read; it must not be empty.
        target: Thread to write; it must be empty, or be the source.
        change: New values of state fields.
    """
    saver = cast("BaseCheckpointSaver[Any]", graph.checkpointer)
    found = await saver.aget_tuple(_config(source))
    if found is None:
        raise KeyError(source)
    checkpoint = found.checkpoint.copy()
    checkpoint["channel_values"] = {**checkpoint["channel_values"], **(change or {})}
    if source == target:
        await saver.adelete_thread(source)
    await saver.aput(_config(target), checkpoint, found.metadata, checkpoint["channel_versions"])


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
