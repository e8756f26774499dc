"""A turn: what the agent says next, as the thread's newest checkpoint holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from .state import Question, RaiseState, check_version, message_text

if TYPE_CHECKING:
    from langgraph.types import StateSnapshot


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the agent says next."""

    kind: Literal["question", "reply", "repeated"]
    """"repeated": the words were not taken, as they answer a question that is not waiting any
    more, or are the message itself again. The text is then what the agent said last."""
    text: str
    question: Question | None
    """The question that waits, with its reason and how to skip it; None where none waits."""
    state: RaiseState


def state_of(snapshot: StateSnapshot) -> RaiseState:
    """The state of a thread.

    Raises:
        SettingsError: A newer version wrote it.
    """
    state = cast("RaiseState", snapshot.values)
    check_version(state)
    return state


def turn_of(snapshot: StateSnapshot, *, repeated: bool = False) -> Turn:
    """What the agent said last in a thread."""
    state = state_of(snapshot)
    pending = state.get("pending")
    said = last_said(state)
    kind = "question" if pending else "reply"
    return Turn(
        kind="repeated" if repeated else kind,
        text=said,
        question=pending,
        state=state,
    )


def last_said(state: RaiseState) -> str:
    """All that the agent said last: a reply, and what memory added as a message of its own."""
    said: list[str] = []
    for message in reversed(state["messages"]):
        if message.type == "human" and said:
            break
        if message.type == "ai":
            said.append(message_text(message.content))
    return "\n\n".join(reversed(said))
