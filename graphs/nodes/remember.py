"""remember: after a reply, offer once to keep what was told; or do what the person asked of it."""

from __future__ import annotations

import asyncio

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, RemoveMessage
from langgraph.config import get_stream_writer

from ..context import current_context
from ..crisis.danger import detect_danger
from ..equipment import Equipment
from ..memory.hearing import hear
from ..memory.offering import after_reply
from ..memory.recall import shelf, spoken, thread_id, wish_in
from ..memory.record import Wish
from ..memory.shelf import digest
from ..memory.wishes import grant
from ..state import Decision, RaiseState, last_words
from ..words import ANSWER_ID


async def remember(state: RaiseState, equipment: Equipment) -> RaiseState:
    """Say what memory has to say, as a message of its own; it never waits and never interrupts."""
    del equipment
    thread = thread_id()
    hashed = digest(thread) if thread else ""
    beside_danger = wish_beside_danger(state)
    wish = state["memory"]["wish"] or answered_with(state) or beside_danger
    if wish is None:
        text, record = await asyncio.to_thread(after_reply, state, shelf(), hashed, spoken(state))
        update = RaiseState(memory=record)
        decided = "offers to keep" if record["offer"] else "keeps nothing new"
        parts = record["offer"]["attributes"] if record["offer"] else []
        return _said(state, update, text, f"{decided} {', '.join(parts)}".strip(), first=False)
    text, update = await asyncio.to_thread(grant, wish, state, shelf(), hashed)
    pending = update["pending"] if "pending" in update else state.get("pending")
    if pending:
        if not update["memory"]["erase"]:  # else it follows what erasing adds; see settling
            text = f"{text}\n\n{pending['question']}"
        update["messages"] = [*update.get("messages", []), *_as_wish(state)]
    update["answer"] = None
    decision = f"does as asked: {wish['wanted']}"
    return _said(state, update, text, decision, first=beside_danger is None)


def answered_with(state: RaiseState) -> Wish | None:
    """The wish that somebody gave in place of an answer; none where it tells of danger too."""
    answer, record = state.get("answer"), state.get("memory")
    if not answer or not record or not current_context().memory:
        return None
    wish = wish_in(answer["text"], record, waiting=True)
    return None if wish and detect_danger(answer["text"]) else wish


def wish_beside_danger(state: RaiseState) -> Wish | None:
    """The wish in words that told of danger too, once help was given."""
    wish = hear(last_words(state)) if state.get("outcome") == "crisis" else None
    return wish if wish and wish["wanted"] == "forget" else None


def _as_wish(state: RaiseState) -> list[AnyMessage]:
    """Makes room for the answer that is still to come: what was said in its place is none."""
    last = next(each for each in reversed(state["messages"]) if each.type == "human")
    if not (last.id or "").startswith(ANSWER_ID):
        return []
    wish = HumanMessage(last.content, id=f"wish-{len(state['messages'])}")
    return [RemoveMessage(last.id or ""), wish]  # pyright: ignore[reportReturnType]


def _said(
    state: RaiseState, update: RaiseState, text: str, decision: str, *, first: bool
) -> RaiseState:
    entry = Decision(node="remember", decision=decision, reason="memory is on")
    if not text:
        return {**update, "log": [entry]}
    get_stream_writer()({"reply": text if first else f"\n\n{text}"})
    message = AIMessage(text, id=f"memory-{len(state['messages'])}", name="raise")
    return {**update, "messages": [*update.get("messages", []), message], "log": [entry]}
