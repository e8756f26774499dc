"""RAISE as a LangGraph state graph (paper section 4): triage, select, ask, respond."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from .context import RaiseContext
from .equipment import Equipment
from .nodes import ask, respond, select, triage
from .readable_input import ReadableInput
from .roles import Roles
from .state import RaiseInput, RaiseState
from .sync_door import SyncDoor

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from ..policies.store import PolicyStore

RaiseGraph = CompiledStateGraph[RaiseState, RaiseContext, Any, RaiseState]
"""Its input is RaiseInput, or a command that resumes; callers give plain dicts."""


def build_raise_graph(
    model: str | BaseChatModel | None = None,
    *,
    models: Mapping[str, str | BaseChatModel] | None = None,
    roles: Roles | None = None,
    store: PolicyStore | None = None,
    checkpointer: BaseCheckpointSaver[Any] | bool | None = None,
) -> RaiseGraph:
    """Build the graph.

    Args:
        model: Chat model for every role, by name or as an object; the run's context decides when
            omitted ("offline" unless it says otherwise).
        models: Others by role: "triage", "select", "respond".
        roles: Roles of your own in place of all of these.
        store: Policy store to use; the context's, or the shipped one, when omitted.
        checkpointer: Keeps dialogues; needed for questions that interrupt. Leave it out where a
            parent graph or a server brings its own.

    Returns:
        A compiled graph with input ``{"messages": [...]}``, sync and async.

    Example:
        >>> graph = build_raise_graph()
        >>> sorted(node for node in graph.get_graph().nodes if not node.startswith("__"))
        ['ask', 'respond', 'select', 'triage']
    """
    given = {**({"model": model} if model is not None else {}), **(models or {})}
    equipment = Equipment(models=given, roles=roles, store=store)
    door = SyncDoor()

    def node(
        action: Callable[[RaiseState, Equipment], Awaitable[RaiseState]],
    ) -> RunnableLambda[RaiseState, RaiseState]:
        async def run(state: RaiseState) -> RaiseState:
            return await action(state, equipment)

        return RunnableLambda(lambda state: door.run(run(state)), afunc=run, name=action.__name__)

    builder = StateGraph(RaiseState, RaiseContext, input_schema=RaiseInput)
    builder.add_node("triage", node(triage))
    builder.add_node("select", node(select))
    builder.add_node("ask", ask)
    builder.add_node("respond", node(respond))
    builder.add_edge(START, "triage")
    builder.add_conditional_edges("triage", after_triage, ["select", "respond"])
    builder.add_conditional_edges("select", after_select, ["ask", "triage", "respond"])
    builder.add_conditional_edges("ask", after_ask, ["select", "ask", END])
    builder.add_edge("respond", END)
    graph = builder.compile(checkpointer=checkpointer, name="raise")
    graph.channels[START] = ReadableInput(RaiseInput)
    return graph


def after_triage(state: RaiseState) -> str:
    """An answer goes to select; a harmless or acute message is answered at once."""
    if state.get("pending") or state["triage"]["level"] == "sensitive":
        return "select"
    return "respond"


def after_select(state: RaiseState) -> str:
    """A question is put to the person; a new matter is read as a message; else the reply is due."""
    if state.get("pending"):
        return "ask"
    return "respond" if state["query"] else "triage"


def after_ask(state: RaiseState) -> str:
    """An answer is read; without one, the run ends (message mode) or the question stands."""
    if state.get("answer"):
        return "select"
    return "ask" if (state.get("log") or [{}])[-1].get("node") == "ask" else END


graph: Any = build_raise_graph()
