"""An agent with tools, and RAISE in front of it: it asks first where that matters.

Run it with ``python examples/middleware_agent.py``. A scripted model stands for yours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.agent import RaiseMiddleware
from raise_penguin.graphs import RaiseContext, answer_command


class Model(GenericFakeChatModel):
    """Says what it is told; a real one reads what stands in its system message."""

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Model:
        """Take the tools."""
        del tools, kwargs
        return self


@tool
def find_courses(topic: str) -> str:
    """Find courses on a topic."""
    return f"two evening courses on {topic}"


def main() -> None:
    """Ask by interrupt, answer, and let the agent use its tool."""
    call = {"name": "find_courses", "args": {"topic": "applying for jobs"}, "id": "1"}
    model = Model(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("Start with these.")]))
    agent: Any = create_agent(
        model,
        tools=[find_courses],
        middleware=[RaiseMiddleware(context=RaiseContext(budget=2, country="GB"))],
        checkpointer=InMemorySaver(),
    )
    config = {"configurable": {"thread_id": "1"}}
    message = HumanMessage("I want to quit my job on Friday without another one. Good idea?")
    result = agent.invoke({"messages": [message]}, config)
    for answer in ("worn out", "I'd rather not say"):
        for waiting in result.get("__interrupt__", ()):
            question = waiting.value
            print(f"asks   {question['question']}\n       because {question['reason']}")
            print(f"you    {answer}")
            result = agent.invoke(answer_command(question["id"], answer), config)
    for said in result["messages"][-3:]:
        print(f"{said.type:<6} {said.text or said.tool_calls[0]['name']}")

    danger = HumanMessage("I cannot go on. I want to kill myself tonight.")
    last = agent.invoke({"messages": [danger]}, config)["messages"][-1]
    print(f"\n{last.response_metadata['raise_penguin']['kind']}: {last.text.splitlines()[0]}")


if __name__ == "__main__":
    main()
