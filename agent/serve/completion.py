"""A reply in OpenAI's shapes: a chat completion, or the chunks of one."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from .chat_request import MODEL
from .reply import Reply


class Completion:
    """One answer to one request; all chunks of it carry its id.

    Args:
        include_usage: Whether a streamed answer ends with a chunk that tells the usage alone, as
            OpenAI's ``stream_options`` has it.
    """

    def __init__(self, *, include_usage: bool = False) -> None:
        self._include_usage = include_usage
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())

    def whole(self, reply: Reply) -> dict[str, Any]:
        """The answer to a request that does not stream."""
        message = {"role": "assistant", "content": reply.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        counts = reply.usage.counts()
        usage = {} if counts is None else {"usage": counts}
        return self._head("chat.completion") | {
            "choices": [choice],
            **usage,
            "raise": reply.extra(),
        }

    def piece(self, text: str, *, first: bool) -> dict[str, Any]:
        """One piece of a streamed answer; the first one names the role."""
        role = {"role": "assistant"} if first else {}
        return self._chunk({**role, "content": text}, None)

    def end(self, reply: Reply, streamed: str) -> list[dict[str, Any]]:
        """The last chunks of a streamed answer: its end and, where it is asked for, its usage.

        Args:
            reply: The reply as it is kept.
            streamed: All pieces together. Where a model failed half-way they begin with its half
                reply; ``raise.text`` then gives the reply alone.
        """
        extra = reply.extra()
        if streamed.split() != reply.text.split():
            extra["text"] = reply.text
        end = self._chunk({}, "stop") | {"raise": extra}
        counts = reply.usage.counts()
        if not self._include_usage or counts is None:
            return [end]
        return [end, self._head("chat.completion.chunk") | {"choices": [], "usage": counts}]

    def _chunk(self, delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self._include_usage else {}
        return self._head("chat.completion.chunk") | {"choices": [choice], **usage}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": MODEL}


def ends_with(streamed: str, text: str) -> bool:
    """Whether whoever read the pieces has read the text, last of all."""
    return " ".join(streamed.split()).endswith(" ".join(text.split()))


def event(data: dict[str, Any]) -> str:
    """A server-sent event."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
