"""What an agent's state keeps of a RAISE dialogue, and what the dialogue adds to its messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AnyMessage, BaseMessage, RemoveMessage
from typing_extensions import TypedDict

from ..graphs.crisis.danger import detect_danger
from ..graphs.roles import Level
from ..graphs.state import SCHEMA_VERSION, Degradation, Question, RaiseState, message_text
from ..penguin.errors import SettingsError
from ..penguin.facts import Facts
from .reply_message import KEY, reply_metadata


class RaiseRecord(TypedDict):
    """What the middleware knows after a turn; plain JSON in the agent's own state."""

    schema_version: int
    read: str
    """Id of the message of the person that was read last."""
    level: Level
    query: str
    facts: Facts
    asked: list[str]
    pending: Question | None
    """The question that the next message answers, in message mode."""
    outcome: Literal["", "asking", "answered", "crisis", "handed_over"]
    degraded: list[Degradation]
    shared: int
    """How many messages of the RAISE dialogue the agent's messages hold already."""


def check_version(version: int) -> None:
    """Refuse what a newer release wrote.

    Raises:
        SettingsError: It did.
    """
    if version > SCHEMA_VERSION:
        raise SettingsError(
            f"the thread was written with state version {version}; this release reads version "
            f"{SCHEMA_VERSION}: install the newer raise-penguin"
        )


def unread(messages: Sequence[AnyMessage], record: RaiseRecord | None) -> AnyMessage | None:
    """The message to read next: the newest words of the person, or those that show danger.

    None where nothing new was said, or nothing in words.

    Raises:
        SettingsError: The thread was written by a newer version.
    """
    if record is not None:
        check_version(record["schema_version"])
    new: list[AnyMessage] = []
    for message in reversed(messages):
        if message.type != "human" or (record is not None and message.id == record["read"]):
            break
        if message_text(message.content).strip():
            new.append(message)
    in_danger = [message for message in new if detect_danger(message_text(message.content))]
    return next(iter([*in_danger, *new]), None)


def record_of(found: RaiseState, read: AnyMessage, said: Sequence[BaseMessage]) -> RaiseRecord:
    """The record after a turn that added these messages to the agent's."""
    answers = [message.id for message in said if message.type == "human"]
    return RaiseRecord(
        schema_version=SCHEMA_VERSION,
        read=(answers[-1] if answers else read.id) or "",
        level=found["triage"]["level"],
        query=found["query"],
        facts=found["facts"],
        asked=found["asked"],
        pending=found.get("pending"),
        outcome=found.get("outcome", ""),
        degraded=found.get("degraded") or [],
        shared=len(found["messages"]),
    )


def exchange(
    messages: Sequence[AnyMessage],
    found: RaiseState,
    read: AnyMessage,
    *,
    shared: int,
    offline: bool,
) -> list[BaseMessage]:
    """What the dialogue said that the agent's messages lack, in its order.

    Words that a person typed while a question waited stand in the agent's messages before the
    question; they move behind it.

    Args:
        messages: The agent's messages.
        found: The dialogue after the turn.
        read: The message that was read.
        shared: How many of the dialogue's messages the agent's hold already.
        offline: Whether rules alone play every role.
    """
    here = {message.id for message in messages}
    tail = list(found["messages"])[shared:]
    while tail and tail[0].id not in here:  # read back from what the agent's messages say
        tail.pop(0)
    while tail and tail[0].id in here:
        tail.pop(0)
    told = found.get("outcome") != "handed_over"
    said: list[BaseMessage] = []
    for place, message in enumerate(tail):
        if message.id in here:
            said.append(RemoveMessage(id=str(message.id)))
        changes: dict[str, Any] = {"id": f"raise-{read.id}-{message.id}"}
        if told and place == len(tail) - 1:
            changes["response_metadata"] = {KEY: dict(reply_metadata(found, offline=offline))}
        said.append(message.model_copy(update=changes))
    return said
