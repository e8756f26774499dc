"""From a request to a reply: which thread it belongs to, and what happens where that fails."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ...graphs import RaiseContext
from ...graphs.crisis.resources import resources_for
from ...graphs.state import message_text
from ...penguin.errors import MessageError, RaisePenguinError, SettingsError
from .chat_request import ChatRequest
from .conversations import Conversations, Underway
from .errors import ApiError
from .history import exchanges, newest_words, prefix_names, replay, stand_before
from .reply import Reply
from .usage import UsageMeter

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from ...graphs.raise_graph import RaiseGraph
    from ...graphs.state import RaiseState

LOG = logging.getLogger("raise_penguin.serve")

LAST_WORDS = (
    "I am sorry, something went wrong on my side and I cannot answer now. If you or somebody else "
    "is in danger, please call your local emergency number. Otherwise, please try again in a while."
)
"""Said where even the rules fail."""

OnPiece = Callable[[str], None]


class Turns:
    """Takes the turns of an endpoint.

    Args:
        rules: A graph without models and checkpointer, which answers where all else fails.
        named: Threads that callers name; their context, in message mode, is the operator's.
        unnamed: Threads of conversations that come whole each time.
    """

    def __init__(self, rules: RaiseGraph, named: Conversations, unnamed: Conversations) -> None:
        self._rules = rules
        self._named = named
        self._unnamed = unnamed

    def begin(self, caller: str, asked: ChatRequest, headers: Mapping[str, str]) -> Underway:
        """Begin the turn of a request.

        Raises:
            ApiError: The thread's or the country's name cannot be used, or the thread is busy.
        """
        context = _context(self._named.dialogues.context, asked)
        thread = asked.thread(headers)
        said = exchanges(asked.messages)
        if thread is None:
            name = prefix_names(caller, said)[-1]
            answer = partial(self._answer_history, caller, asked, context)
        else:
            name = _name(caller, thread)
            answer = partial(self._answer_thread, name, asked, context)
        return (self._unnamed if thread is None else self._named).begin(
            name,
            _digest(asked),
            partial(self._safely, answer, said[-1].words, context),
            repeatable=len(said) > 1
            or thread is None
            or headers.get("x-stainless-retry-count", "0") != "0",
        )

    async def forget(self, caller: str, thread: str) -> None:
        """Delete a named dialogue with all its checkpoints, after the turns it is at."""
        await self._named.forget(_name(caller, thread))

    async def warm_up(self) -> None:
        """Load what the first turn needs, so that nobody waits for it."""
        await self._without_store("Hello", self._named.dialogues.context)

    async def close(self, seconds: float) -> None:
        """Let turns in progress end."""
        for conversations in (self._named, self._unnamed):
            await conversations.close(seconds)

    async def _answer_thread(
        self, name: str, asked: ChatRequest, context: RaiseContext, on_piece: OnPiece
    ) -> Reply:
        """The next turn of a named thread; one that is not known is made from the history."""
        dialogues, said = self._named.dialogues, exchanges(asked.messages)
        config: RunnableConfig = {"configurable": {"thread_id": name}}
        before = cast("RaiseState", (await dialogues.graph.aget_state(config)).values)
        if not before and len(said) > 1:
            try:
                await replay(dialogues, name, said[:-1])
            except BaseException:
                await dialogues.forget(name)  # half a history would pass for a whole one
                raise
        turn = await dialogues.send(
            name,
            newest_words(asked.messages, before),
            question_id=asked.wish.question_id,
            context=context,
            on_piece=on_piece,
        )
        failures = len(before.get("degraded") or [])
        return Reply.of(turn, offline=_offline(context), degraded_before=failures)

    async def _answer_history(
        self, caller: str, asked: ChatRequest, context: RaiseContext, on_piece: OnPiece
    ) -> Reply:
        """The next turn of a conversation that came whole."""
        dialogues, said = self._unnamed.dialogues, exchanges(asked.messages)
        name = prefix_names(caller, said)[-1]
        try:
            turn, before = await stand_before(dialogues, caller, said, context)
            if turn is None:
                turn = await dialogues.send(
                    name,
                    said[-1].words,
                    question_id=asked.wish.question_id,
                    context=context,
                    on_piece=on_piece,
                )
        except BaseException:
            await dialogues.forget(name)  # it stands before the message, not after it
            raise
        return Reply.of(turn, offline=_offline(context), degraded_before=before)

    async def _safely(
        self,
        answer: Callable[[OnPiece], Coroutine[Any, Any, Reply]],
        words: str,
        context: RaiseContext,
        on_piece: OnPiece,
    ) -> Reply:
        """The reply, or one that needs neither store nor model where anything else fails.

        Somebody in danger is helped though the disk is full. What failed is logged by its type
        alone, since an error's text may quote what a person said.

        Raises:
            ApiError: The message cannot be read, or the thread is of a newer release.
        """
        meter = UsageMeter()
        try:
            return replace(await meter.over(answer(on_piece)), usage=meter.usage())
        except MessageError as error:
            raise ApiError(400, str(error), code="message", param="messages") from None
        except SettingsError as error:
            raise ApiError(409, str(error), code="thread_version") from None
        except Exception as error:  # noqa: BLE001 - the border: a person waits behind it
            LOG.error("a turn failed (%s); rules answer without the dialogue", _types(error))
        try:
            reply = await self._without_store(words, context)
        except Exception as error:  # noqa: BLE001
            LOG.error("the rules failed too (%s)", _types(error))
            reply = _unkept(LAST_WORDS, crisis=False, offline=_offline(context))
        return replace(reply, usage=meter.usage())

    async def _without_store(self, words: str, context: RaiseContext) -> Reply:
        """Answer one message by rules alone, asking nothing and keeping nothing."""
        alone = context.model_copy(
            update={
                "model": "offline",
                "triage_model": "",
                "select_model": "",
                "respond_model": "",
                "budget": 0,
            }
        )
        state = await self._rules.ainvoke(
            {"messages": [{"role": "user", "content": words}]}, context=alone
        )
        text = message_text(state["messages"][-1].content)
        crisis = state["outcome"] == "crisis"
        return _unkept(text, crisis=crisis, offline=_offline(context))


def _name(caller: str, thread: str) -> str:
    """A thread's name in the store: two callers may use the same name."""
    return f"{caller}:thread:{thread}"


def _unkept(text: str, *, crisis: bool, offline: bool) -> Reply:
    return Reply(
        text=text,
        kind="reply",
        crisis=crisis,
        question=None,
        degraded=("dialogue",),
        offline=offline,
        kept=False,
    )


def _context(settings: RaiseContext, asked: ChatRequest) -> RaiseContext:
    """The operator's settings with the caller's country and language."""
    country = asked.wish.country.upper() or settings.country
    try:
        resources_for(country, "suicide")  # refuses a code that is no country
    except RaisePenguinError as error:
        raise ApiError(400, str(error), code="country", param="raise.country") from None
    language = asked.wish.language or settings.language
    return settings.model_copy(update={"country": country, "language": language})


def _offline(context: RaiseContext) -> bool:
    models = (context.triage_model, context.select_model, context.respond_model)
    return context.model == "offline" and all(name in ("", "offline") for name in models)


def _digest(asked: ChatRequest) -> str:
    """What tells one request from another: all that was said, and the question it answers."""
    said = asked.model_dump_json(include={"messages", "wish"})
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _types(error: BaseException) -> str:
    """The types of an error and of what caused it, without their texts."""
    names = [type(error).__name__]
    while (cause := error.__cause__ or error.__context__) is not None and len(names) < 4:  # noqa: PLR2004
        names.append(type(cause).__name__)
        error = cause
    return " from ".join(names)
