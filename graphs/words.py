"""What counts as a readable message: cleaned and bounded; a person's words are data."""

from __future__ import annotations

import unicodedata
from typing import Any, cast

from langchain_core.messages import AnyMessage, BaseMessage
from langgraph.graph.message import Messages, add_messages

from ..penguin.errors import MessageError

MAX_CHARACTERS = 50_000
"""Longest message that is read, about twenty printed pages."""

SHORTEN = (
    "send the part that matters most; if somebody is in danger, call your local emergency number "
    "now"
)
"""What to do about words that are too long."""

ANSWER_ID = "answer-to-"
"""Starts the id of a message that answers a question."""


def readable(text: str) -> str:
    """A message without control characters.

    Raises:
        MessageError: Nothing is left to read, or it is longer than MAX_CHARACTERS.
    """
    if len(text) > MAX_CHARACTERS:
        raise MessageError(
            f"the message has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: "
            f"{SHORTEN}"
        )
    cleaned = without_controls(text)
    if not cleaned:
        raise MessageError("the message is empty: write what is going on, in your own words")
    return cleaned


def said_together(*texts: str) -> str:
    """Messages that nobody answered in between, as one; no more of the older than can be read."""
    together = texts[-1]
    for text in reversed(texts[:-1]):
        if len(text) + 1 + len(together) > MAX_CHARACTERS:
            break
        together = f"{text}\n{together}"
    return together


def without_controls(text: str) -> str:
    """The text without control and unpaired surrogate characters, ends trimmed."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    ).strip()


def check_input(given: object) -> None:
    """Refuse input in which the person's newest message cannot be read.

    Only the newest one is looked at: a parent graph may hand over a history with pictures in it.

    Args:
        given: The graph's input, ``{"messages": [...]}``.

    Raises:
        MessageError: It is empty, too long, no text, or nothing that LangChain takes as a message.
    """
    messages = cast("dict[str, Any]", given).get("messages") if isinstance(given, dict) else None
    try:
        read = cast("list[AnyMessage]", add_messages([], cast("Messages", messages)))
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        raise MessageError(
            'the input is no list of messages: give {"messages": [{"role": "user", "content": '
            f'"..."}}]}} ({" ".join(str(error).split())[:200]})'
        ) from error
    if read and read[-1].type == "human":
        _check_readable(read[-1])


def _check_readable(message: BaseMessage) -> None:
    content = cast("str | list[Any]", message.content)
    if isinstance(content, list) and not all(map(_is_text, content)):
        raise MessageError("only text can be read: leave out pictures, sounds and files")
    answer = (message.id or "").startswith(ANSWER_ID)  # an empty answer skips the question
    text = message.text
    if not answer or len(text) > MAX_CHARACTERS:
        readable(text)


def _is_text(block: object) -> bool:
    return isinstance(block, str) or (
        isinstance(block, dict) and cast("dict[str, Any]", block).get("type", "text") == "text"
    )
