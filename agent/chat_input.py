"""What a chat runnable is given, in any of LangChain's shapes: earlier messages and new words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import (
    BaseMessage,
    HumanMessage,
    convert_to_messages,
    message_chunk_to_message,
)
from langchain_core.prompt_values import PromptValue

from ..graphs.state import message_text
from ..graphs.words import said_together
from ..penguin.errors import MessageError

if TYPE_CHECKING:
    from langchain_core.messages import MessageLikeRepresentation

ChatInput = str | BaseMessage | PromptValue | Sequence[Any] | Mapping[str, Any]
"""Words, a message, messages, a prompt's value, or a dict with "messages" or "input"."""


@dataclass(frozen=True)
class Said:
    """The person's new words, and what was said before them."""

    words: str
    history: list[BaseMessage]
    """Messages of person and assistant, oldest first; system and tool messages are left out."""


def read_input(given: ChatInput) -> Said:
    """Split an input into what was said before and the newest words of the person.

    Raises:
        MessageError: It holds no words of a person after the assistant's last ones, or it is none
            of the known shapes.
    """
    # the sum of a streamed reply is a chunk, whose type is not "ai"
    whole = [message_chunk_to_message(message) for message in messages_of(given)]
    talk = [message for message in whole if message.type in ("human", "ai")]
    start = len(talk)
    while start and talk[start - 1].type == "human":
        start -= 1
    if start == len(talk):
        raise MessageError("there is no message of the person to answer: end with a human message")
    newest = [message_text(one.content) for one in talk[start:]]
    return Said(said_together(*newest), talk[:start])


def messages_of(given: ChatInput) -> list[BaseMessage]:
    """The messages in an input of any known shape.

    Raises:
        MessageError: It is none of them.
    """
    if isinstance(given, str):
        return [HumanMessage(given)]
    if isinstance(given, BaseMessage):
        return [given]
    if isinstance(given, PromptValue):
        return given.to_messages()
    if isinstance(given, Mapping):
        fields: Mapping[str, Any] = given
        if not fields.keys() & {"messages", "input"}:
            raise MessageError(f'a dict needs "messages" or "input"; it has {sorted(fields)}')
        parts = [fields.get(name) for name in ("history", "messages", "input")]
        return [one for part in parts if part is not None for one in messages_of(part)]
    try:
        return convert_to_messages(cast("Sequence[MessageLikeRepresentation]", given))
    except (ValueError, NotImplementedError, TypeError) as error:
        raise MessageError(f"these are no messages: {error}") from error
