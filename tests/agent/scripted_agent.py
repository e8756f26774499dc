"""A host's chat model that says what it is told and remembers what it was shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import Field


class ScriptedModel(GenericFakeChatModel):
    """Takes tools, streams word by word, and keeps every list of messages it got."""

    seen: list[list[BaseMessage]] = Field(default=[])

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> ScriptedModel:
        del tools, kwargs
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append(list(messages))
        return super()._generate(messages, *args, **kwargs)


def saying(*messages: str | AIMessage) -> ScriptedModel:
    """A model that says these, in order, and fails after them."""
    return ScriptedModel(
        messages=iter([AIMessage(one) if isinstance(one, str) else one for one in messages]),
        seen=[],
    )


def calling(tool: str, **arguments: Any) -> AIMessage:
    """A message that calls a tool."""
    return AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": f"call-{tool}"}])
