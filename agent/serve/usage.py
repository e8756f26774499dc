"""How many tokens a turn used, as far as the models' servers tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import set_config_context

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of all model calls of a turn."""

    calls: int = 0
    """Requests that were sent to models."""
    told: int = 0
    """Of them, those whose server said what they used; the others are not counted."""
    prompt: int = 0
    completion: int = 0

    def counts(self) -> dict[str, int] | None:
        """OpenAI's object; None where models were called and no server told anything."""
        if self.calls and not self.told:
            return None
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
        }

    def note(self) -> str:
        """Where the counts come from."""
        if not self.calls:
            return "no model was called"
        if not self.told:
            return "not counted: the models' servers did not tell what they used"
        if self.told == self.calls:
            return "as the models' servers told it"
        return f"as told for {self.told} of {self.calls} model calls; the others are not counted"


NOTHING_USED = Usage()


class UsageMeter(BaseCallbackHandler):
    """Counts what the models called in a piece of work used."""

    def __init__(self) -> None:
        self._calls = self._told = self._prompt = self._completion = 0

    async def over(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work; every model that it calls is counted."""
        with set_config_context(RunnableConfig(callbacks=[self])) as context:
            return await asyncio.get_running_loop().create_task(work, context=context)

    def usage(self) -> Usage:
        """What was used so far."""
        return Usage(
            calls=self._calls, told=self._told, prompt=self._prompt, completion=self._completion
        )

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **kwargs: Any
    ) -> None:
        """Count a call."""
        del serialized, messages, kwargs
        self._calls += 1

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Add what it used, where its server tells."""
        del kwargs
        for answer in response.generations[0][:1]:
            if not isinstance(answer, ChatGeneration) or not isinstance(answer.message, AIMessage):
                continue
            if told := answer.message.usage_metadata:
                self._told += 1
                self._prompt += told["input_tokens"]
                self._completion += told["output_tokens"]
