"""A chat model as simulated user; the profile never leaves its prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..attributes import load_attributes
from ..errors import StructuredAnswerError
from ..profile import Profile
from ..prompting import load_prompt
from ..structured import DEFAULT_TIME_LIMIT, stream_text
from .behaviours import behaviours_named
from .faithfulness import STOP_TOKEN

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SPEAKER = re.compile(r"^\s*(user|person|me|human)\s*:\s*", re.IGNORECASE)


class ModelUser:
    """A person played by a chat model.

    Args:
        model: The chat model.
        profile: Hidden from everybody else.
        behaviours: Ids of behaviours; the model is told what each is about.
        declines: Attributes that the person does not talk about.
        time_limit: Seconds for one answer.
    """

    def __init__(
        self,
        model: BaseChatModel,
        profile: Profile,
        *,
        behaviours: Sequence[str] = ("cooperative",),
        declines: frozenset[str] = frozenset(),
        time_limit: float = DEFAULT_TIME_LIMIT,
    ) -> None:
        self._prompt = load_prompt("penguin", "user")
        self.name = self._prompt.id
        self.left = False
        """Whether the person has gone; whoever holds the dialogue ends it."""
        self._model, self._profile = model, profile
        self._behaviour = [one.about for one in behaviours_named(behaviours)]
        self._declines, self._time_limit = declines, time_limit

    async def answer(self, question: str) -> str:
        """Answer one question. Reasoning and stop words never reach the agent.

        Raises:
            ModelUnavailableError: The model cannot be reached or is too slow.
            StructuredAnswerError: It said nothing.
        """
        labels = {item.id: item.label for item in load_attributes().values()}
        data = {
            "profile": {labels[name]: value for name, value in self._profile.values.items()},
            "behaviour": self._behaviour,
            "declines": [labels[name] for name in sorted(self._declines)],
            "question": question,
        }
        pieces = stream_text(self._model, self._prompt, data, time_limit=self._time_limit)
        said = "".join([piece async for piece in pieces])  # its reasoning is taken off there
        if STOP_TOKEN.search(said):
            self.left = True
            said = STOP_TOKEN.split(said)[0]
        said = SPEAKER.sub("", said).strip()
        if not said and not self.left:
            raise StructuredAnswerError(f"{self.name} said nothing")
        return said
