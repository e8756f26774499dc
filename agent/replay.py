"""A dialogue's state read back from its transcript, for hosts that keep messages and no thread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from ..graphs.context import RaiseContext
from ..graphs.raise_graph import build_raise_graph
from ..graphs.state import Decision, Question, RaiseState, message_text
from ..graphs.words import said_together
from ..penguin.attributes import load_attributes
from ..penguin.errors import MessageError
from .reply_message import SPEAKER, metadata_of

if TYPE_CHECKING:
    from ..policies.store import PolicyStore

QUESTION_CHARACTERS = 500
"""A question of the agent is shorter; a longer text is a reply, whatever it asks at its end."""
KEPT = (
    *("budget", "stopping", "threshold", "price", "country", "language", "never_ask"),
    *("country_limits", "policy_store"),
)
"""Settings that a transcript is read with; rules play every role, and nothing is remembered."""
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
        others: Whether somebody else speaks for the assistant as well, such as a host's own agent:
            what is not marked as ours is then a question of ours only by its words.
    """

    def __init__(
        self, context: RaiseContext, *, store: PolicyStore | None = None, others: bool = False
    ) -> None:
        self._graph = build_raise_graph("offline", store=store, answers=(), takes_state=True)
        kept = context.model_dump(include=set(KEPT))
        self._context = RaiseContext(mode="message", selection="policy", **kept)
        self._others = others

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
            state = self._as_said(state, cast("RaiseState", found), reply)
        if state:
            state["calls"] = 0  # readings by rules, which no model was paid for
        return state

    def _as_said(
        self, before: RaiseState, after: RaiseState, reply: BaseMessage | None
    ) -> RaiseState:
        """The state after a turn, with what the transcript shows in place of what rules say."""
        earlier = {message.id for message in before.get("messages") or []}
        by_rules = [m for m in after["messages"] if m.type == "ai" and m.id not in earlier]
        state = RaiseState(**after)
        state["messages"] = [m for m in after["messages"] if m not in by_rules]
        would_ask = after.get("pending")
        asked = None
        if reply is not None:
            text = message_text(reply.content)
            if after.get("outcome") != "crisis":
                asked = asked_for(reply, would_ask, others=self._others)
            name = f"question-{len(earlier)}" if asked else f"reply-{len(earlier)}"
            state["messages"].append(AIMessage(text, id=name, name=SPEAKER))
        if asked != (would_ask["attribute"] if would_ask else None):
            return _otherwise(before, state, asked)
        if would_ask is None and after.get("outcome") != "crisis":
            state["outcome"] = "answered"
        return state


def _turns(transcript: Sequence[BaseMessage]) -> Iterator[tuple[str, BaseMessage | None]]:
    """What the person said and what they were told, turn by turn; as ``read_input`` has it."""
    words: list[str] = []
    reply: BaseMessage | None = None
    for message in transcript:
        if message.type == "human":
            if reply is not None:
                yield said_together(*words), reply
                words, reply = [], None
            words.append(message_text(message.content))
        elif message.type == "ai" and words:
            reply = message
    if words:
        yield said_together(*words), reply


def _otherwise(before: RaiseState, state: RaiseState, attribute: str | None) -> RaiseState:
    """The state where the transcript asks for something else than rules do, or for nothing."""
    asked = list(before.get("asked") or [])
    state["pending"], state["outcome"] = None, "answered"
    if attribute is not None:
        if attribute not in asked:
            asked.append(attribute)
        state["pending"] = Question(
            id=f"question-{len(asked)}",
            attribute=attribute,
            question=message_text(state["messages"][-1].content),
            reason=load_attributes()[attribute].reason,
            remaining=0,
            skip="",
        )
        state["outcome"] = "asking"
        if state["triage"]["level"] == "harmless":
            state["triage"] = {**state["triage"], "level": "sensitive"}
    state["asked"] = asked
    shown = f"asks for {attribute}" if attribute else "asks nothing"
    state["log"] = [*state["log"], Decision(node="select", decision=shown, reason="transcript")]
    return state


def asked_for(
    reply: BaseMessage, would_ask: Question | None, *, others: bool = False
) -> str | None:
    """The attribute that a message asked for; None where it was no question of ours.

    Its metadata says so. Where a front end lost them, the words do: those that the rules would have
    used, those that ask for a known attribute, or a short question where rules would ask as well.

    Args:
        reply: The message.
        would_ask: The question that the rules would have asked in its place.
        others: Whether somebody else speaks for the assistant as well.
    """
    metadata = metadata_of(reply)
    if metadata is not None:
        named = metadata.get("attribute") if metadata["kind"] == "question" else None
        return named if named in load_attributes() else None
    text = message_text(reply.content).strip()
    if would_ask is not None and would_ask["question"] in text:
        return would_ask["attribute"]
    if not QUESTION_MARK.search(text) or len(text) > QUESTION_CHARACTERS:
        return None
    for item in load_attributes().values():
        if item.asked_pattern.search(text):
            return item.id
    ours = reply.name == SPEAKER or not others
    return would_ask["attribute"] if would_ask is not None and ours else None
