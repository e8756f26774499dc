"""respond: the final reply, written from what is known; in danger, help before anything else."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langgraph.config import get_stream_writer

from ...penguin.errors import RaisePenguinError, StructuredAnswerError
from ..answers import asks_something
from ..context import RaiseContext, current_context
from ..crisis.record import after_reply, heard_still, seen_by_model, stands
from ..crisis.reply import answer_in_crisis, care_note, remaining_help
from ..crisis.resources import resources_for
from ..equipment import Equipment
from ..manner import Manner, manner
from ..memory.wishes import shown_without_memory
from ..recital import unrecited, words_of_prompt
from ..roles import OFFLINE, ReplyRequest, Responder
from ..stand_in import with_stand_in
from ..state import Decision, RaiseState, message_text
from ..wording import load_wording
from ..words import ANSWER_ID

REPLY_ID = "reply-"

MAX_EARLIER = 500
"""Characters of an earlier message that the writer of the reply sees."""


async def respond(state: RaiseState, equipment: Equipment) -> RaiseState:
    """Write the reply and stream it: each piece goes out as ``{"reply": piece}`` in custom mode.

    Help in acute danger comes from rules and data files alone, so it waits for no model. While
    danger stands, words that are no question get help again where rules alone reply: they take for
    small talk what may be none.
    """
    context = current_context()
    triage = state["triage"]
    if triage["level"] == "acute":
        return _help(state, context)
    if known := shown_without_memory(state["query"], state):
        return _known(state, context, known)
    roles, rules = await equipment.roles(context), await equipment.rules()
    crisis = state.get("crisis")
    told = triage["level"] == "harmless" and not asks_something(state["query"])
    if crisis and stands(crisis) and told and roles.respond.name == OFFLINE:
        return _help({**state, "crisis": heard_still(crisis)}, context)
    how = manner(state, context, state["query"])
    request = ReplyRequest(
        query=state["query"],
        domain=triage["domain"],
        facts=state["facts"],
        level=triage["level"],
        language=how.language,
        formal=how.formal,
        earlier=_earlier(state),
        said=_said(state),
        parked=tuple(state.get("parked") or ()),
        help_line=_help_line(context, how.language),
    )
    roles, rules = await equipment.roles(context), await equipment.rules()
    first, light = remaining_help(state.get("crisis"), how.language, context, formal=how.formal)
    shown: list[str] = []
    reply, degraded = await with_stand_in(
        "respond",
        lambda: _stream(roles.respond, request, first, shown),
        lambda: _stream(rules.respond, request, first, shown),
        time_limit=context.limit("respond"),
    )
    by_rules = bool(degraded) or roles.respond.name == OFFLINE
    # the rules know no small talk: what they say to it does not stand alone in such a thread
    last = light if triage["level"] == "sensitive" or by_rules else ""
    last = last or care_note(request.query, how.language, formal=how.formal)
    if last:
        get_stream_writer()({"reply": last})
    return {
        "messages": [AIMessage(f"{first}{reply}{last}", id=_reply_id(state), name="raise")],
        "outcome": "answered",
        "calls": 1,
        "degraded": degraded,
        "parked": [],
        "log": [_answered(how, by_rules=by_rules)],
    }


def _known(state: RaiseState, context: RaiseContext, known: str) -> RaiseState:
    """What is known of somebody who asks for it; in danger, help beside it."""
    language, formal = state.get("language", ""), state.get("formal", False)
    first, last = remaining_help(state.get("crisis"), language, context, formal=formal)
    reply = f"{first}{known}{last}"
    get_stream_writer()({"reply": reply})
    return {
        "messages": [AIMessage(reply, id=_reply_id(state), name="raise")],
        "outcome": "answered",
        "log": [Decision(node="respond", decision="shows what is known", reason="asked to")],
    }


def _answered(how: Manner, *, by_rules: bool) -> Decision:
    """The line of the log; it marks a reply that could only be general."""
    reason = "what is known is used"
    if by_rules and load_wording(how.language).reply.opening:
        reason = f"limited: the offline writer knows only general advice in {how.language}"
    return Decision(node="respond", decision="answers", reason=reason)


def _earlier(state: RaiseState) -> tuple[str, ...]:
    """The person's last messages before this one, answers left out, shortened."""
    said = [
        message_text(message.content)
        for message in state["messages"]
        if message.type == "human" and not (message.id or "").startswith(ANSWER_ID)
    ]
    return tuple(text[:MAX_EARLIER] for text in said[:-1][-3:])


def _said(state: RaiseState) -> tuple[str, ...]:
    """The last replies of this thread."""
    replies = [
        message_text(message.content)
        for message in state["messages"]
        if message.type == "ai" and (message.id or "").startswith(REPLY_ID)
    ]
    return tuple(replies[-3:])


def _help_line(context: RaiseContext, language: str) -> str:
    """The crisis line of the country in the settings; "" where there is none."""
    if not context.country:
        return ""
    try:
        lines = resources_for(context.country, "suicide", language).lines
    except RaisePenguinError:
        return ""  # a code that is no country; the reply then names no line
    return lines[0].shown(language) if lines else ""


def _help(state: RaiseState, context: RaiseContext) -> RaiseState:
    record = state.get("crisis") or seen_by_model(None, state["triage"]["danger"])
    language, formal = state.get("language", ""), state.get("formal", False)
    reply, asked = answer_in_crisis(record, language, context, formal=formal)
    get_stream_writer()({"reply": reply})
    return {
        "messages": [AIMessage(reply, id=_reply_id(state), name="raise")],
        "outcome": "crisis",
        "crisis": after_reply(record, asked=asked),
        "log": [Decision(node="respond", decision="gives help first", reason=record["danger"])],
    }


async def _stream(responder: Responder, request: ReplyRequest, first: str, shown: list[str]) -> str:
    """Write the whole reply, piece by piece to whoever listens, after what comes before it.

    What is streamed is what the reply will be: white space at its ends is left out, and a stand-in
    begins again with what comes first, in a new paragraph where ``shown`` holds a broken reply.
    """
    stream = get_stream_writer()

    def write(piece: str) -> None:
        stream({"reply": piece})
        shown.append(piece)

    if shown:
        write("\n\n")
    if first:
        write(first)
    reply = held = ""
    prompt = words_of_prompt("respond")
    async for piece in unrecited(responder.write(request), prompt, responder.name):
        text = held + piece if reply else (held + piece).lstrip()
        body = text.rstrip()
        held = text[len(body) :]
        if not body:
            continue
        reply += body
        write(body)
    if not reply:
        raise StructuredAnswerError(f"{responder.name} wrote an empty reply")
    return reply


def _reply_id(state: RaiseState) -> str:
    """One id a reply: a node that runs again after a crash replaces its reply, never doubles it."""
    return f"{REPLY_ID}{len(state['messages'])}"
