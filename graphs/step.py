"""What some words are to a thread: a message, the answer to its question, or nothing new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..penguin.errors import MessageError
from .crisis.danger import detect_danger
from .nodes.ask import answer_command
from .state import RaiseState, last_words
from .turn import state_of
from .words import ANSWER_ID, MAX_CHARACTERS, SHORTEN, readable, without_controls

if TYPE_CHECKING:
    from langgraph.types import StateSnapshot


def is_waiting(snapshot: StateSnapshot) -> bool:
    """Whether the thread waits for the person's answer."""
    return any(task.interrupts and task.result is None for task in snapshot.tasks)


def is_cut_off(snapshot: StateSnapshot) -> bool:
    """Whether a run of the thread ended in the middle, waiting for nobody.

    A node that ran but whose checkpoint was not written is still among the tasks, not in ``next``.
    """
    return bool(snapshot.tasks) and not is_waiting(snapshot)


def repeats(resumed: StateSnapshot, text: str | None) -> bool:
    """Whether somebody who saw no reply says again what the cut-off run had already taken."""
    return without_controls(text or "") == without_controls(last_words(state_of(resumed)))


def next_step(snapshot: StateSnapshot, text: str | None, question_id: str | None) -> Any:
    """The graph's input for some words; None where they are not to be taken.

    Words for a question that is not waiting are a double click or come too late. They are not taken
    as anything else, unless they tell of danger or the thread holds nothing yet.

    Raises:
        MessageError: They are empty, with no question waiting, or too long.
    """
    state = state_of(snapshot)
    pending = state.get("pending")
    stale = question_id is not None and (pending is None or pending["id"] != question_id)
    if stale and snapshot.values and not _new_danger(state, text or ""):
        return None
    words = without_controls(text or "")
    if pending is None:
        return {"messages": [{"role": "user", "content": readable(text or "")}]}
    if words == state["query"]:
        return None  # sent again by somebody who never saw the question; it answers nothing
    if len(words) > MAX_CHARACTERS:
        raise MessageError(
            f"the answer has {len(words):,} characters; at most {MAX_CHARACTERS:,} are read: "
            f"{SHORTEN}"
        )
    if is_waiting(snapshot):
        return answer_command(pending["id"], words)
    return {"messages": [{"role": "user", "content": words, "id": f"{ANSWER_ID}{pending['id']}"}]}


def _new_danger(state: RaiseState, text: str) -> bool:
    """Whether somebody tells of danger, and not just what they said last."""
    words = without_controls(text[:MAX_CHARACTERS])
    return words != without_controls(last_words(state)) and bool(detect_danger(words))
