"""A chat model as prior: it ranks the attributes left, once a node of the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ..penguin.attributes import attribute
from ..penguin.prompting import load_prompt
from ..penguin.structured import DEFAULT_TIME_LIMIT, StructuredModel
from .prior import rank_probabilities

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class Ranking(BaseModel):
    """The answer."""

    model_config = ConfigDict(extra="ignore")

    ranking: list[str] = Field(description="Every candidate once, the most useful first.")


class ModelPrior:
    """The paper's pi0 from a model's ranking of the candidates.

    Args:
        model: The chat model.
        query: The message that is planned for.
        time_limit: Seconds for one ranking.
    """

    def __init__(
        self, model: BaseChatModel, query: str, *, time_limit: float = DEFAULT_TIME_LIMIT
    ) -> None:
        prompt = load_prompt("policies", "prior")
        self._asked = StructuredModel(model, prompt, Ranking, time_limit=time_limit)
        self._query = query

    async def __call__(self, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        """Probabilities of the candidates by rank; one that the model left out comes last."""
        answer = await self._asked.ask(
            {
                "message": self._query,
                "known": [attribute(name).label for name in sorted(known)],
                "candidates": list(candidates),
            }
        )
        ranking = [name for name in dict.fromkeys(answer.ranking) if name in candidates]
        return rank_probabilities(ranking, candidates)
