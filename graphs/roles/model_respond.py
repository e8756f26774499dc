"""A chat model as writer of the reply."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ...penguin.attributes import load_attributes
from ...penguin.prompting import load_prompt
from ...penguin.structured import DEFAULT_TIME_LIMIT, stream_text
from .protocols import ReplyRequest

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ModelResponder:
    """Writes replies with a chat model, one request each.

    Args:
        model: The chat model.
        time_limit: Seconds for one reply.
    """

    def __init__(self, model: BaseChatModel, *, time_limit: float = DEFAULT_TIME_LIMIT) -> None:
        self._prompt = load_prompt("graphs", "respond")
        self.name = self._prompt.id
        self._model, self._time_limit = model, time_limit

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        """The reply, piece by piece."""
        labels = {item.id: item.label for item in load_attributes().values()}
        data = {
            "message": request.query,
            "level": request.level,
            "language": request.language,
            "address": "formal" if request.formal else "plain",
            "earlier": list(request.earlier),
            "also_brought_up": list(request.parked),
            "help_line": request.help_line,
            "known": {
                labels[name]: fact["value"]
                for name, fact in request.facts.items()
                if fact["status"] == "known"
            },
            "declined_or_unclear": [
                labels[name] for name, fact in request.facts.items() if fact["status"] != "known"
            ],
        }
        async for piece in stream_text(
            self._model, self._prompt, data, time_limit=self._time_limit
        ):
            yield piece
