"""A chat model as judge: three dimensions, reason before score, mean computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..attributes import load_attributes
from ..errors import RaisePenguinError
from ..profile import Profile
from ..prompting import load_prompt
from ..structured import DEFAULT_TIME_LIMIT, StructuredModel
from .verdict import Unscored, Verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ModelJudge:
    """Scores replies with a chat model.

    Args:
        model: The chat model.
        time_limit: Seconds for one verdict.
    """

    def __init__(self, model: BaseChatModel, *, time_limit: float = DEFAULT_TIME_LIMIT) -> None:
        prompt = load_prompt("penguin", "judge")
        self.name = prompt.id
        self._asked = StructuredModel(model, prompt, Verdict, time_limit=time_limit)

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        """Score one reply; any failure is ``Unscored`` with its cause."""
        labels = {item.id: item.label for item in load_attributes().values()}
        known = {labels[name]: value for name, value in profile.values.items()}
        try:
            return await self._asked.ask({"query": query, "profile": known, "reply": reply})
        except RaisePenguinError as error:
            return Unscored(cause=str(error))
