"""The body of a chat request: OpenAI's fields that have a meaning here, and ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...graphs.words import MAX_CHARACTERS
from .errors import IN_DANGER, ApiError

MODEL = "raise-penguin"
THREAD_LENGTH = 256

ESCAPE = re.compile(
    rb"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?P<half>\\ud[89a-f][0-9a-f]{2})|\\.",
    re.DOTALL | re.IGNORECASE,
)
"""An escape in JSON: a pair that is one character, half of such a pair, or any other."""


class Fields(BaseModel):
    """Fields of a request; null stands for a field that is left out, as in OpenAI's schema."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        fields = cast("dict[str, Any]", given)
        return {name: value for name, value in fields.items() if value is not None}


class Part(Fields):
    """A part of a message's content; only text is read."""

    type: str
    text: str = ""


class Said(Fields):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The words of the message."""
        if isinstance(self.content, str) or self.content is None:
            return self.content or ""
        return "\n".join(part.text for part in self.content if part.text)


class Wish(Fields):
    """What a caller that knows RAISE may add, in the field ``raise``."""

    model_config = ConfigDict(extra="forbid")

    question_id: str | None = Field(
        default=None, description="The question that the last message answers."
    )
    country: str = Field(
        default="", pattern=r"^([A-Za-z]{2})?$", description="ISO 3166-1 code for help lines."
    )
    language: str = Field(default="", pattern=r"^([a-z]{2})?$", description="ISO 639-1 code.")


class StreamOptions(Fields):
    """How a streamed answer ends."""

    include_usage: bool = False


class ChatRequest(Fields):
    """A chat request. Fields that are not named here are let pass and have no effect."""

    model: str
    messages: Annotated[list[Said], Field(min_length=1)]
    stream: bool = False
    stream_options: StreamOptions = Field(default_factory=StreamOptions)
    n: int | None = None
    user: str | None = None
    metadata: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    tool_choice: str | dict[str, Any] | None = None
    wish: Wish = Field(default_factory=Wish, alias="raise")

    @property
    def includes_usage(self) -> bool:
        """Whether a streamed answer ends with its usage."""
        return self.stream_options.include_usage

    def thread(self, headers: Mapping[str, str]) -> str | None:
        """The thread that the caller names; None where the history is all there is.

        Raises:
            ApiError: The name is too long or has control characters.
        """
        named: object = (
            headers.get("x-thread-id") or (self.metadata or {}).get("thread_id") or self.user
        )
        if not named:
            return None
        if not isinstance(named, str) or len(named) > THREAD_LENGTH or not named.isprintable():
            raise ApiError(
                400,
                f"a thread is named by up to {THREAD_LENGTH} printable characters, in the header "
                f"X-Thread-Id, in metadata.thread_id or in user. {IN_DANGER}",
                code="invalid_thread",
            )
        return named


def _whole_character(escape: re.Match[bytes]) -> bytes:
    """An escape; where a front end cut a text within an emoji, the sign for what is no character.

    Strict JSON would else refuse the whole conversation.
    """
    return rb"\ufffd" if escape["half"] else escape[0]


def read_chat_request(body: bytes) -> ChatRequest:
    """Read and check a body.

    Raises:
        ApiError: It is no JSON, has the wrong shape, or asks for what there is not.
    """
    try:
        asked = ChatRequest.model_validate_json(ESCAPE.sub(_whole_character, body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        param = ".".join(str(part) for part in first["loc"]) or None
        message = f"{param or 'the body'}: {first['msg']}. {IN_DANGER}"
        raise ApiError(400, message, code="invalid_body", param=param) from None
    if asked.model != MODEL:
        message = f"there is no model of that name; use {MODEL!r}"
        raise ApiError(404, message, code="model_not_found", param="model")
    if asked.n not in (None, 1):
        raise ApiError(400, "one answer is given to a request: n must be 1", code="n", param="n")
    if (asked.response_format or {}).get("type", "text") != "text":
        message = "answers are plain words for a person: response_format must be text"
        raise ApiError(400, message, code="unsupported", param="response_format")
    if asked.tool_choice not in (None, "auto", "none"):
        message = "no tool is ever called: tool_choice must be auto or none"
        raise ApiError(400, message, code="unsupported", param="tool_choice")
    last = asked.messages[-1]
    if last.role != "user":
        message = "the last message must be the person's, with the role user"
        raise ApiError(400, message, code="last_message", param="messages")
    if len(last.text) > MAX_CHARACTERS:
        message = (
            f"the message has {len(last.text):,} characters; at most {MAX_CHARACTERS:,} are read. "
            f"{IN_DANGER}"
        )
        raise ApiError(400, message, code="message_too_long", param="messages")
    return asked
