"""Asking a chat model for an answer of a given schema, and nothing but a valid one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from .data_files import first_problem
from .errors import ModelUnavailableError, RaisePenguinError, StructuredAnswerError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from .prompting import Prompt

T = TypeVar("T", bound=BaseModel)
REASONING = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
DEFAULT_TIME_LIMIT = 60.0
BAD_REQUEST = 400
UNSEEN: RunnableConfig = {"tags": ["nostream"]}
"""LangGraph's tag for model calls whose tokens are no reply, so that no stream shows them."""
CUT_SHORT = ("LengthFinishReasonError", "ContentFilterFinishReasonError")
"""What OpenAI's client raises for a structured answer that is not whole; the repair asks again."""


class StructuredModel(Generic[T]):
    """A chat model that answers with one kind of object.

    The server is asked for that schema; one that refuses to take schemas is asked in words from
    then on. A good answer costs one request, a bad one a second, for its repair.

    Args:
        model: Any LangChain chat model.
        prompt: Instructions.
        schema: What the answer must be.
        time_limit: Seconds for everything, the client's own retries included.
    """

    def __init__(
        self,
        model: BaseChatModel,
        prompt: Prompt,
        schema: type[T],
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
    ) -> None:
        self._model = model
        self._prompt = prompt
        self._schema = schema
        self._time_limit = time_limit
        self._takes_schema = True

    async def ask(self, data: Mapping[str, Any], trusted: Mapping[str, Any] | None = None) -> T:
        """Ask once, and once more where the answer does not fit.

        Raises:
            StructuredAnswerError: Neither answer fitted: not JSON, not of the schema, refused or
                empty.
            ModelUnavailableError: The server cannot be reached, refuses the key, or is too slow.
        """
        messages = self._prompt.messages(data, trusted)
        async with time_limited(self._time_limit):
            text = await self._answer(messages)
            try:
                return self._parse(text)
            except ValueError as error:
                problem = str(error)
            from langchain_core.messages import AIMessage, HumanMessage

            repair = (
                f"That answer cannot be used: {problem}. Answer again with one JSON object of the "
                "schema and nothing else."
            )
            again = [*messages, AIMessage(text or "(empty)"), HumanMessage(repair)]
            try:
                return self._parse(await self._answer(again))
            except ValueError as error:
                raise StructuredAnswerError(
                    f"the answer to {self._prompt.id} does not fit, also after a repair: {error}"
                ) from error

    def _parse(self, text: str) -> T:
        """The object in a text.

        Raises:
            ValueError: There is none, or it does not fit; says why.
        """
        found = json_object(text)
        try:
            return self._schema.model_validate(found)
        except ValidationError as error:
            raise ValueError(first_problem(error)) from error

    async def _answer(self, messages: list[BaseMessage]) -> str:
        """The text of the model's answer."""
        if self._takes_schema:
            try:
                return await self._with_schema(messages)
            except _NoSchemasError:
                self._takes_schema = False
            except _CutShortError as cut:
                return cut.text
        schema = json.dumps(self._schema.model_json_schema())
        from langchain_core.messages import SystemMessage

        asked = SystemMessage(
            f"{messages[0].text}\n\nAnswer with one JSON object of this schema:\n{schema}"
        )
        return _text(await call(self._model.ainvoke([asked, *messages[1:]], UNSEEN)))

    async def _with_schema(self, messages: list[BaseMessage]) -> str:
        """The answer where the server is told the schema."""
        schema = {"title": self._schema.__name__, **self._schema.model_json_schema()}
        try:
            runnable = self._model.with_structured_output(schema, include_raw=True)
        except (NotImplementedError, ValueError) as error:
            raise _NoSchemasError from error
        result: Any = await call(runnable.ainvoke(messages, UNSEEN), schemas=True)
        raw = result["raw"]
        if raw.tool_calls:
            return json.dumps(raw.tool_calls[0]["args"])
        return _text(raw)


class _NoSchemasError(Exception):
    """The model or its server does not take a schema."""


class _CutShortError(Exception):
    """The answer ran into the model's length limit, or a filter, before it was whole."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        choices = getattr(getattr(error, "completion", None), "choices", None)
        self.text = str(choices[0].message.content or "") if choices else ""


def reach(model: BaseChatModel) -> None:
    """One small request, so that a wrong key or a dead server is told before anything starts.

    Not async: the client's async connections belong to the event loop that opened them, and the
    work itself runs in a later one.

    Raises:
        ModelUnavailableError: The model does not answer.
    """
    try:
        model.invoke("Answer with OK.")
    except Exception as error:
        raise ModelUnavailableError(_told(error)) from error


async def stream_text(
    model: BaseChatModel,
    prompt: Prompt,
    data: Mapping[str, Any],
    trusted: Mapping[str, Any] | None = None,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT,
) -> AsyncIterator[str]:
    """A free text, piece by piece, without the model's private reasoning.

    Raises:
        StructuredAnswerError: The text is empty.
        ModelUnavailableError: As for ``StructuredModel.ask``; or the server broke off.
    """
    whole, sent = "", 0
    told: dict[str, Any] = {}
    async with time_limited(time_limit):
        stream = model.astream(prompt.messages(data, trusted)).__aiter__()
        while True:
            try:
                chunk = await call(anext(stream))
            except StopAsyncIteration:
                break
            whole += _text(chunk)
            told |= chunk.response_metadata
            shown = _shown(whole)
            if len(shown) > sent:
                yield shown[sent:]
                sent = len(shown)
    if _broken_off(told):
        raise ModelUnavailableError(
            "the model's server broke off in the middle of its answer: check that it still runs"
        )
    if not _shown(whole).strip():
        raise StructuredAnswerError(f"the model's answer to {prompt.id} is empty")


def _broken_off(told: Mapping[str, Any]) -> bool:
    """Whether a stream ended without saying why.

    A server that dies just closes its connection, which is how a stream may end by HTTP. A
    provider's last chunk gives its finish_reason (stop_reason, done_reason); models for tests,
    which name no provider, give none.
    """
    return "model_provider" in told and not any(key.lower().endswith("reason") for key in told)


def _shown(text: str) -> str:
    """What may be shown of a text that still grows: no reasoning, no tag that may open one."""
    kept = REASONING.sub("", text).lstrip()
    opened = kept.rfind("<")
    if opened >= 0 and len(kept) - opened < len("<reasoning>") and ">" not in kept[opened:]:
        kept = kept[:opened]
    return kept


def json_object(text: str) -> dict[str, Any]:
    """The one JSON object in a text, with or without prose and fences round it.

    Raises:
        ValueError: There is none.
    """
    text = REASONING.sub("", text)
    decoder = json.JSONDecoder()
    for match in re.finditer(r"\{", text):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(found, dict):
            return found  # pyright: ignore[reportUnknownVariableType]
    raise ValueError("it holds no JSON object" if text.strip() else "it is empty")


def _text(message: Any) -> str:
    """The text of a message; a refusal is no text."""
    if message.additional_kwargs.get("refusal"):
        return ""
    return str(message.text)


class time_limited:  # noqa: N801 - reads as a statement
    """A time limit whose end is an error of ours."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            raise ModelUnavailableError(
                f"the model took longer than {self._seconds:g} s: raise the time limit or use a "
                "faster model"
            ) from late


async def call(answer: Any, *, schemas: bool = False) -> Any:
    """Wait for a model, and turn whatever its client raises into an error of ours.

    Args:
        answer: The awaitable.
        schemas: Whether the request carried a schema, which a server may refuse with status 400.
    """
    try:
        return await answer
    except (RaisePenguinError, StopAsyncIteration):
        raise
    except Exception as error:
        if schemas and getattr(error, "status_code", None) == BAD_REQUEST:
            raise _NoSchemasError from error
        if schemas and type(error).__name__ in CUT_SHORT:
            raise _CutShortError(error) from error
        if isinstance(error, ValueError) and not hasattr(error, "status_code"):
            return _failed_parse(error)
        raise ModelUnavailableError(_told(error)) from error


def _failed_parse(error: ValueError) -> Any:
    """A client that raises on a malformed answer gave no answer: it goes to the repair."""
    raise StructuredAnswerError(f"the model's answer cannot be read: {error}") from error


def _told(error: Exception) -> str:
    """What went wrong with a model's server, and what to do."""
    status = getattr(error, "status_code", None)
    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    if status in (401, 403):
        return f"the model's server refuses the key ({what}): check the key and its variable"
    if status == 429:  # noqa: PLR2004 - the status itself
        return f"the model's server is overloaded or the quota is used ({what}): try later"
    if status == 404:  # noqa: PLR2004 - the status itself
        return f"the server has no such model ({what}): check the model's name and --base-url"
    return f"the model's server cannot be used ({what}): check that it runs and --base-url"
