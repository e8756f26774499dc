"""What a node of a host's graph must see of the run it is in, for which LangGraph has no API.

The names are those of LangGraph's own configuration, read in one place; tests/agent guards them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config

from ..graphs.state import RaiseState


def has_checkpointer(config: RunnableConfig | None = None) -> bool:
    """Whether the host keeps its threads; of the node that this is called in when omitted."""
    found = get_config() if config is None else config
    return bool((found.get("configurable") or {}).get("__pregel_checkpointer"))


def turn_config(held: Mapping[str, Any], read: BaseMessage) -> RunnableConfig:
    """How to call a subgraph with a message: goes on where it has the message, else starts with it.

    LangGraph tells every subgraph of a resumed run to go on and not to look at its input. That is
    wrong where the host's run was cut off before the subgraph had taken the message, or where an
    earlier step is taken again: the message would be lost.

    Args:
        held: The subgraph's newest state.
        read: The message.
    """
    settings = get_config().get("configurable") or {}
    messages = cast("RaiseState", held).get("messages") or []
    taken = any(message.id == read.id for message in messages)
    goes_on = taken and settings.get("__pregel_replay_state") is None
    return {} if goes_on else {"configurable": {"__pregel_resuming": False}}
