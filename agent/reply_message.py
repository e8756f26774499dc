"""A turn of the agent as an AIMessage, with what it is in its metadata."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, cast

from langchain_core.messages import AIMessage, BaseMessage
from typing_extensions import TypedDict

from ..graphs.context import RaiseContext
from ..graphs.roles import OFFLINE
from ..graphs.state import RaiseState
from ..graphs.turn import last_said

KEY = "raise_penguin"
"""Where the metadata stands: ``message.response_metadata["raise_penguin"]``."""
SPEAKER = "raise"
"""Name of the agent's messages."""


class ReplyMetadata(TypedDict):
    """What a message of the agent is."""

    kind: Literal["question", "reply", "crisis"]
    """"crisis": help in acute danger; show it as it is."""
    offline: bool
    """Built-in rules wrote it, no language model."""
    degraded: list[str]
    """Roles whose model failed at some point of the dialogue, so that rules stood in."""
    question_id: NotRequired[str]
    """Give it back with the answer, so that a double click answers once."""
    attribute: NotRequired[str]
    """What the question is about, by id."""
    reason: NotRequired[str]
    """Why it is asked, as a clause after "because"."""
    skip: NotRequired[str]
    """Says that the question may be skipped."""
    remaining: NotRequired[int]
    """How many more questions may follow at most."""
    repeated: NotRequired[bool]
    """The words were not taken; this is what the agent said last."""
    streamed: NotRequired[str]
    """Set where the stream showed something else first: a model failed half-way. The whole text."""


def reply_message(state: RaiseState, *, offline: bool, repeated: bool = False) -> AIMessage:
    """What the agent says at the end of a turn, as one message.

    Args:
        state: The dialogue after the turn.
        offline: Whether rules alone play every role.
        repeated: Whether the person's words were not taken.
    """
    metadata = reply_metadata(state, offline=offline)
    if repeated:
        metadata["repeated"] = True
    return AIMessage(last_said(state), name=SPEAKER, response_metadata={KEY: dict(metadata)})


def reply_metadata(state: RaiseState, *, offline: bool) -> ReplyMetadata:
    """What the newest message of the agent is."""
    pending = state.get("pending")
    crisis = state.get("outcome") == "crisis"
    metadata = ReplyMetadata(
        kind="question" if pending else "crisis" if crisis else "reply",
        offline=offline,
        degraded=sorted({entry["role"] for entry in state.get("degraded") or []}),
    )
    if pending:
        metadata["question_id"] = pending["id"]
        metadata["attribute"] = pending["attribute"]
        metadata["reason"] = pending["reason"]
        metadata["skip"] = pending["skip"]
        metadata["remaining"] = pending["remaining"]
    return metadata


def without_model(context: RaiseContext) -> bool:
    """Whether a context names no language model for any role."""
    others = (context.triage_model, context.select_model, context.respond_model)
    return context.model == OFFLINE and not any(others)


def metadata_of(message: BaseMessage) -> ReplyMetadata | None:
    """The metadata of a message of ours; None where it is another's, or was lost on the way."""
    found: Any = message.response_metadata.get(KEY)
    return cast("ReplyMetadata", found) if isinstance(found, dict) and "kind" in found else None
