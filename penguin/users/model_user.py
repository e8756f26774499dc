"""A chat model as simulated user; the profile never leaves its prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..attributes import load_attributes
from ..profile import Profile
from ..prompting import load_prompt
from ..structured import DEFAULT_TIME_LIMIT, stream_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ModelUser:
    """A person played by a chat model.

    Args:
        model: The chat model.
        profile: Hidden from everybody else.
        declines: Attributes that the person does not talk about.
        time_limit: Seconds for one answer.
    """

    def __init__(
        self,
        model: BaseChatModel,
        profile: Profile,
        *,
        declines: frozenset[str] = frozenset(),
        time_limit: float = DEFAULT_TIME_LIMIT,
    ) -> None:
        self._prompt = load_prompt("penguin", "user")
        self.name = self._prompt.id
        self._model, self._profile = model, profile
        self._declines, self._time_limit = declines, time_limit

    async def answer(self, question: str) -> str:
        """Answer one question.

        Raises:
            ModelUnavailableError: The model cannot be reached or is too slow.
            StructuredAnswerError: It said nothing.
        """
        labels = {item.id: item.label for item in load_attributes().values()}
        data = {
            "profile": {labels[name]: value for name, value in self._profile.values.items()},
            "declines": [labels[name] for name in sorted(self._declines)],
            "question": question,
        }
        pieces = stream_text(self._model, self._prompt, data, time_limit=self._time_limit)
        return "".join([piece async for piece in pieces]).strip()
