"""A dialogue's state read back from its transcript, for hosts that keep messages and no thread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from ..graphs.context import RaiseContext
from ..graphs.raise_graph import build_raise_graph
from ..graphs.state import Decision, Question, RaiseState, message_text
from ..penguin.attributes import load_attributes
from ..penguin.errors import MessageError
from .reply_message import metadata_of

if TYPE_CHECKING:
    from ..policies.store import PolicyStore

QUESTION_CHARACTERS = 350
"""A question of the agent is shorter; a longer text is a reply, whatever it asks at its end."""
QUESTION_MARK = re.compile("[?？؟]")
MOST_TURNS = 50
"""Turns that are read back; of a longer transcript, the newest."""


class Replay:
    """Reads transcripts with the built-in rules: the same transcript gives the same state.

    No model is called. An answer that the rules cannot read stays part of the message, so that
    whoever writes the reply still sees its words, and its question is not asked again.

    Args:
        context: Settings of the dialogues.
        store: Policy store; the context's, or the shipped one, when omitted.
    """

    def __init__(self, context: RaiseContext, *, store: PolicyStore | None = None) -> None:
        self._graph = build_raise_graph("offline", store=store, answers=(), takes_state=True)
        by_rules = {"mode": "message", "selection": "policy", "triage_model": ""}
        self._context = context.model_copy(
            update={**by_rules, "model": "offline", "select_model": "", "respond_model": ""}
        )

    async def state(self, transcript: Sequence[BaseMessage]) -> RaiseState:
        """The state after a transcript of human and AI messages; empty for an empty one."""
        state = RaiseState()
        for words, reply in list(_turns(transcript))[-MOST_TURNS:]:
            said = HumanMessage(words, id=f"said-{len(state.get('messages') or [])}")
            start = RaiseState(**state)
            start["messages"] = [*(state.get("messages") or []), said]
            try:
                found = await self._graph.ainvoke(start, context=self._context)
            except MessageError:
                continue  # it was refused then, too
            state = as_said(state, found, reply)  # pyright: ignore[reportArgumentType]
        if state:
            state["calls"] = 0  # readings by rules, which no model was paid for
        return state


def _turns(transcript: Sequence[BaseMessage]) -> Iterator[tuple[str, BaseMessage | None]]:
    """What the person said and what they were told, turn by turn."""
    words: list[str] = []
    reply: BaseMessage | None = None
    for message in transcript:
        if message.type == "human":
            if reply is not None:
                yield "\n".join(words), reply
                words, reply = [], None
            words.append(message_text(message.content))
        elif message.type == "ai" and words:
            reply = message
    if words:
        yield "\n".join(words), reply


def as_said(before: RaiseState, after: RaiseState, reply: BaseMessage | None) -> RaiseState:
    """The state after a turn, with what the transcript shows in place of what rules would say."""
    earlier = {message.id for message in before.get("messages") or []}
    kept = [m for m in after["messages"] if m.type != "ai" or m.id in earlier]
    asked = list(before.get("asked") or [])
    would_ask = after.get("pending")
    crisis = after.get("outcome") == "crisis"
    attribute = asked_for(reply, would_ask) if reply is not None and not crisis else None
    state = RaiseState(**after)
    if attribute is not None and reply is not None:
        question = Question(
            id=f"question-{len(asked) + 1}",
            attribute=attribute,
            question=message_text(reply.content),
            reason=load_attributes()[attribute].reason,
            remaining=would_ask["remaining"] if would_ask else 0,
            skip=would_ask["skip"] if would_ask else "",
        )
        state["pending"], state["outcome"] = question, "asking"
        asked.append(attribute)
        if state["triage"]["level"] == "harmless":
            state["triage"] = {**state["triage"], "level": "sensitive"}
    else:
        state["pending"] = None
        state["outcome"] = "crisis" if crisis else "answered"
    state["asked"] = asked
    if reply is not None:
        name = f"question-{len(asked)}" if attribute else f"reply-{len(kept)}"
        kept.append(AIMessage(message_text(reply.content), id=name, name="raise"))
    state["messages"] = kept
    if attribute != (would_ask["attribute"] if would_ask else None):
        shown = f"asks for {attribute}" if attribute else "asks nothing"
        state["log"] = [*after["log"], Decision(node="select", decision=shown, reason="transcript")]
    return state


def asked_for(reply: BaseMessage, would_ask: Question | None) -> str | None:
    """The attribute that a message asked for; None where it was no question of ours.

    Its metadata says so. Where a front end lost them, the words do: those that the rules would have
    used, those that ask for a known attribute, or a short question where rules would ask as well.
    """
    metadata = metadata_of(reply)
    if metadata is not None:
        named = metadata.get("attribute") if metadata["kind"] == "question" else None
        return named if named in load_attributes() else None
    text = message_text(reply.content).strip()
    if would_ask is not None and text == would_ask["question"]:
        return would_ask["attribute"]
    if not QUESTION_MARK.search(text) or len(text) > QUESTION_CHARACTERS:
        return None
    for item in load_attributes().values():
        if item.asked_pattern.search(text):
            return item.id
    return would_ask["attribute"] if would_ask else None
