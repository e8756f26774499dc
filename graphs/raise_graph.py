"""RAISE as a LangGraph state graph (paper section 4): triage, select, ask, respond, remember."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from .context import RaiseContext, current_context
from .crisis.record import stands
from .equipment import Equipment
from .memory.recall import rechecking, remembering
from .nodes import ask, hand_over, remember, respond, select, triage
from .nodes.remember import answered_with, wish_beside_danger
from .readable_input import ReadableInput
from .roles import Level, Roles
from .state import RaiseInput, RaiseOutput, RaiseState
from .sync_door import SyncDoor
from .tracing import Trace, chosen_trace, masked_tracer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.store.base import BaseStore

    from ..policies.store import PolicyStore

DESCRIPTIONS = {
    "triage": "Reads the message: how risky it is, what it tells of the person, and whether "
    "somebody is in danger.",
    "select": "Reads the last answer, decides whether enough is known, and chooses and words the "
    "next question.",
    "ask": "Waits for the person's answer to the question. Answer in plain words, or leave it "
    "empty to skip.",
    "respond": "Writes the reply from what is known; in acute danger, help before anything else.",
    "remember": "With memory on: offers once to keep what was told; shows, corrects or forgets it "
    "when asked to.",
}
"""What each node does, as LangGraph Studio and the graph's picture show it."""

ADDED = frozenset({"messages", "log", "calls", "degraded"})
"""Fields to which an update adds; adding nothing is no update."""

SELDOM = frozenset({"formal", "follow_up", "parked"})
"""Fields that mean the same empty as missing; most dialogues never write them."""

RaiseGraph = CompiledStateGraph[RaiseState, RaiseContext, Any, RaiseOutput]
"""Its input is RaiseInput, or a command that resumes; callers give plain dicts."""


def build_raise_graph(
    model: str | BaseChatModel | None = None,
    *,
    models: Mapping[str, str | BaseChatModel] | None = None,
    roles: Roles | None = None,
    store: PolicyStore | None = None,
    memory_store: BaseStore | None = None,
    checkpointer: BaseCheckpointSaver[Any] | bool | None = None,
    answers: Collection[Level] = ("harmless", "sensitive", "acute"),
    takes_state: bool = False,
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
            parent graph or a server brings its own; True, as a subgraph, for one dialogue a thread.
        answers: Levels of message that the graph answers itself; at others it asks what it must
            and leaves the reply to its host (outcome "handed_over"). Acute danger it answers
            always.
        takes_state: Whether input and output are the whole state, for a host that keeps the
            dialogue itself; otherwise the input is messages alone.
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
        name: str, action: Callable[[RaiseState, Equipment], Awaitable[RaiseState]]
    ) -> RunnableLambda[RaiseState, RaiseState]:
        async def run(state: RaiseState) -> RaiseState:
            return changed(state, await action(state, equipment))

        return RunnableLambda(lambda state: door.run(run(state)), afunc=run, name=name)

    async def reply(state: RaiseState, equipment: Equipment) -> RaiseState:
        level = state["triage"]["level"]
        action = respond if level == "acute" or level in answers else hand_over
        return await action(state, equipment)

    given_in = RaiseState if takes_state else RaiseInput
    builder = StateGraph(
        RaiseState,
        RaiseContext,
        input_schema=given_in,
        output_schema=RaiseState if takes_state else RaiseOutput,
    )
    builder.add_node("triage", node("triage", remembering(triage)), metadata=about("triage"))
    builder.add_node("select", node("select", rechecking(select)), metadata=about("select"))
    builder.add_node("ask", ask, metadata=about("ask"))
    builder.add_node("respond", node("respond", reply), metadata=about("respond"))
    builder.add_node("remember", node("remember", remember), metadata=about("remember"))
    builder.add_edge(START, "triage")
    builder.add_conditional_edges("triage", after_triage, ["select", "respond", "remember"])
    builder.add_conditional_edges("select", after_select, ["ask", "triage", "respond"])
    builder.add_conditional_edges("ask", after_ask, ["select", "ask", "remember", END])
    builder.add_conditional_edges("respond", after_respond, ["remember", END])
    builder.add_edge("remember", END)
    graph = builder.compile(checkpointer=checkpointer, store=memory_store, name="raise")
    graph.channels[START] = ReadableInput(given_in)
    if chosen_trace(trace) == "full":
        return graph
    return graph.with_config(callbacks=[masked_tracer()])


def about(node: str) -> dict[str, str]:
    """A node's metadata."""
    return {"description": DESCRIPTIONS[node]}


def changed(state: RaiseState, update: RaiseState) -> RaiseState:
    """What of an update is new: each field written is a row on disk, even if it says the same."""
    held = cast("dict[str, object]", state)

    def says_something(key: str, value: object) -> bool:
        if key in ADDED or (key in SELDOM and key not in held):
            return bool(value)
        return key not in held or held[key] != value

    written = {key: value for key, value in update.items() if says_something(key, value)}
    return cast("RaiseState", written)


def after_triage(state: RaiseState) -> str:
    """An answer goes to select; a harmless or acute message is answered at once.

    So is any message in a thread with danger in it: nobody in danger is interviewed.
    """
    if (record := state.get("memory")) and record["wish"]:
        return "remember"
    if state.get("pending"):
        return "select"
    may_ask = state["triage"]["level"] == "sensitive" and not stands(state.get("crisis"))
    return "select" if may_ask else "respond"


def after_select(state: RaiseState) -> str:
    """A question is put to the person; a new matter is read as a message; else the reply is due."""
    if state.get("pending"):
        return "ask"
    return "respond" if state["query"] else "triage"


def after_ask(state: RaiseState) -> str:
    """An answer is read; without one, the run ends (message mode) or the question stands."""
    if state.get("answer"):
        return "remember" if answered_with(state) else "select"
    return "ask" if (state.get("log") or [{}])[-1].get("node") == "ask" else END


def after_respond(state: RaiseState) -> str:
    """The reply is the end, unless memory is on; in danger nothing is offered or kept.

    What somebody in danger wants forgotten is forgotten once help was given.
    """
    if not current_context().memory or state["outcome"] == "handed_over":
        return END
    in_danger = state["triage"]["level"] == "acute" or stands(state.get("crisis"))
    return END if in_danger and not wish_beside_danger(state) else "remember"


graph: Any = build_raise_graph()
