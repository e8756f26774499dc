"""RAISE as a LangGraph state graph (paper section 4): triage, select, ask, respond, remember."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from .context import RaiseContext, current_context
from .equipment import Equipment
from .memory.recall import rechecking, remembering
from .nodes import ask, remember, respond, select, triage
from .nodes.remember import answered_with
from .roles import Roles
from .state import RaiseInput, RaiseState
from .sync_door import SyncDoor
from .tracing import Trace, chosen_trace, masked_tracer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.store.base import BaseStore

    from ..policies.store import PolicyStore

RaiseGraph = CompiledStateGraph[RaiseState, RaiseContext, Any, RaiseState]
"""Its input is RaiseInput, or a command that resumes; callers give plain dicts."""


def build_raise_graph(
    model: str | BaseChatModel | None = None,
    *,
    models: Mapping[str, str | BaseChatModel] | None = None,
    roles: Roles | None = None,
    store: PolicyStore | None = None,
    memory_store: BaseStore | None = None,
    checkpointer: BaseCheckpointSaver[Any] | bool | None = None,
    trace: Trace | None = None,
) -> RaiseGraph:
    """Build the graph.

    Args:
        model: Chat model for every role, by name or as an object; the run's context decides when
            omitted ("offline" unless it says otherwise).
        models: Others by role: "triage", "select", "respond".
        roles: Roles of your own in place of all of these.
        store: Policy store to use; the context's, or the shipped one, when omitted.
        memory_store: Keeps facts that people agreed to have kept, where the context switches memory
            on. Leave it out where a parent graph or a server brings its own.
        checkpointer: Keeps dialogues; needed for questions that interrupt. Leave it out where a
            parent graph or a server brings its own.
        trace: "masked": LangSmith gets no messages, facts or memory, where tracing is on at all;
            "full": it gets everything. As the variable RAISE_PENGUIN_TRACE says when omitted,
            else masked.

    Returns:
        A compiled graph with input ``{"messages": [...]}``, sync and async.

    Example:
        >>> graph = build_raise_graph()
        >>> sorted(node for node in graph.get_graph().nodes if not node.startswith("__"))
        ['ask', 'remember', 'respond', 'select', 'triage']
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
    builder.add_node("triage", node(remembering(triage)))
    builder.add_node("select", node(rechecking(select)))
    builder.add_node("ask", ask)
    builder.add_node("respond", node(respond))
    builder.add_node("remember", node(remember))
    builder.add_edge(START, "triage")
    builder.add_conditional_edges("triage", after_triage, ["select", "respond", "remember"])
    builder.add_conditional_edges("select", after_select, ["ask", "respond"])
    builder.add_conditional_edges("ask", after_ask, ["select", "ask", "remember", END])
    builder.add_conditional_edges("respond", after_respond, ["remember", END])
    builder.add_edge("remember", END)
    graph = builder.compile(checkpointer=checkpointer, store=memory_store, name="raise")
    if chosen_trace(trace) == "full":
        return graph
    return graph.with_config(callbacks=[masked_tracer()])


def after_triage(state: RaiseState) -> str:
    """An answer goes to select; a harmless or acute message is answered at once."""
    if (record := state.get("memory")) and record["wish"]:
        return "remember"
    if state.get("pending") or state["triage"]["level"] == "sensitive":
        return "select"
    return "respond"


def after_select(state: RaiseState) -> str:
    """A question is put to the person; otherwise the reply is due."""
    return "ask" if state.get("pending") else "respond"


def after_ask(state: RaiseState) -> str:
    """An answer is read; without one, the run ends (message mode) or the question stands."""
    if state.get("answer"):
        return "remember" if answered_with(state) else "select"
    return "ask" if (state.get("log") or [{}])[-1].get("node") == "ask" else END


def after_respond(state: RaiseState) -> str:
    """The reply is the end, unless memory is on; in danger nothing is offered or kept."""
    remembers = current_context().memory and state["triage"]["level"] != "acute"
    return "remember" if remembers else END


graph: Any = build_raise_graph()
