"""A prior whose rankings are paid for: kept in the cache, and held to the budget."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from ..penguin.data_files import first_problem
from .budget import Budget, Cost
from .plan import Prior
from .reward_cache import RewardCache, content_key

CHANCES = TypeAdapter(dict[str, float])


class PaidPrior:
    """Asks another prior once for each node of the search, in all runs that share the cache.

    Args:
        prior: Ranks; the part that is paid for.
        query: The message.
        made_by: The model with its parameters and the prompt's version; part of the keys.
        cache: Where the answers are kept; without one they are asked for in each run.
        budget: Limits.
        cost: What one answer is expected to cost.
    """

    def __init__(
        self,
        prior: Prior,
        query: str,
        *,
        made_by: Mapping[str, str],
        cache: RewardCache | None,
        budget: Budget,
        cost: Cost,
    ) -> None:
        self._prior, self._query, self._made_by = prior, query, dict(made_by)
        self._cache, self._budget, self._cost = cache, budget, cost

    async def __call__(self, known: frozenset[str], candidates: Sequence[str]) -> dict[str, float]:
        """Chances of the candidates.

        Raises:
            BudgetError: The budget is used up.
            CacheError: What the cache holds are no chances.
        """

        async def ask() -> str:
            with self._budget.paying(self._cost):
                return json.dumps(await self._prior(known, candidates))

        if self._cache is None:
            return CHANCES.validate_json(await ask())
        asked = [self._query, sorted(known), sorted(candidates)]
        key = content_key("prior", self._made_by, *asked)
        kept = await self._cache.once(key, ask)
        try:
            return CHANCES.validate_json(kept)
        except ValidationError as error:
            raise self._cache.unreadable(first_problem(error)) from error
