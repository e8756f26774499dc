"""RAISE as a tool: the agent's model decides when to hand a message over.

Run it with ``python examples/tool_agent.py``. A scripted model stands for yours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent  # pyright: ignore[reportUnknownVariableType]
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.agent import raise_tool

MESSAGE = "Should I stop taking the pills my doctor gave me? They make me dull."


class Model(GenericFakeChatModel):
    """Says what it is told."""

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Model:
        """Take the tools."""
        del tools, kwargs
        return self


def handing_over(words: str) -> AIMessage:
    """What a model says that calls the tool."""
    call = {"name": "ask_raise", "args": {"message": words}, "id": words}
    return AIMessage("", tool_calls=[call])


def main() -> None:
    """Questions come back as the tool's result; each answer is handed over in turn."""
    words = (MESSAGE, "dull and flat", "I'd rather not say", "I'd rather not say", "thanks")
    agent: Any = create_agent(  # pyright: ignore[reportUnknownVariableType]
        Model(messages=iter(map(handing_over, words))),
        tools=[raise_tool(mode="message")],
        checkpointer=InMemorySaver(),
    )
    for said in words:
        config = {"configurable": {"thread_id": "1"}}
        last = agent.invoke({"messages": [HumanMessage(said)]}, config)["messages"][-1]
        print(f"you    {said}\n{last.artifact['raise_penguin']['kind']:<8} {last.text}\n")
        if last.artifact["raise_penguin"]["kind"] != "question":
            break


if __name__ == "__main__":
    main()
