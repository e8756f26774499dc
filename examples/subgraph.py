"""The RAISE graph inside a graph of yours: as a node, and in a node where states differ.

Run it with ``python examples/subgraph.py``.
"""

from __future__ import annotations

from typing import Annotated, Any

from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from raise_penguin.graphs import RaiseContext, answer_command, build_raise_graph

MESSAGE = "We keep fighting about money and I am thinking of moving out. Should I?"
RAISE = build_raise_graph(checkpointer=True)  # one dialogue a thread of the parent


class Shared(TypedDict):
    """A parent that has messages, too."""

    messages: Annotated[list[AnyMessage], add_messages]
    seen: int


class Ticket(TypedDict, total=False):
    """A parent with a state of its own."""

    request: str
    reply: str


def greet(state: Shared) -> dict[str, int]:
    """Something the parent does before; it is not done again when an answer comes."""
    return {"seen": state.get("seen", 0) + 1}


def answer(state: Ticket) -> Ticket:
    """Nothing stands before the call, as LangGraph runs this node again at each answer."""
    found: Any = RAISE.invoke(
        {"messages": [HumanMessage(state.get("request", ""))]}, context=RaiseContext(budget=1)
    )
    return {"reply": found["messages"][-1].text}


def parents() -> tuple[Any, Any]:
    """Both parents, each with the one checkpointer that there is."""
    shared = StateGraph(Shared).add_node("greet", greet).add_node("raise", RAISE)
    shared.add_edge(START, "greet").add_edge("greet", "raise")
    tickets = StateGraph(Ticket).add_node("answer", answer).add_edge(START, "answer")
    return shared.compile(checkpointer=InMemorySaver()), tickets.compile(InMemorySaver())


def main() -> None:
    """Hold a dialogue through each parent."""
    as_node, in_node = parents()
    for parent, start in (
        (as_node, {"messages": [HumanMessage(MESSAGE)]}),
        (in_node, {"request": MESSAGE}),
    ):
        config: RunnableConfig = {"configurable": {"thread_id": "1"}}
        result = parent.invoke(start, config)
        while waiting := result.get("__interrupt__"):
            question = waiting[0].value
            print(f"asks   {question['question']}")
            result = parent.invoke(answer_command(question["id"], "I'd rather not say"), config)
        reply = result["reply"] if "reply" in result else result["messages"][-1].text
        print(f"reply  {reply.splitlines()[0][:90]}...\n")
    print(f"greeted {as_node.get_state({'configurable': {'thread_id': '1'}}).values['seen']} time")


if __name__ == "__main__":
    main()
