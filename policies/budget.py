"""What planning may cost: evaluations, calls and money; what it did cost, and when it must end."""

from __future__ import annotations

import math
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..penguin.errors import SettingsError
from .scoring import RewardError

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler

MILLION = 1_000_000
CHARACTERS_A_TOKEN = 4
"""Of English text; used for estimates, and where a server does not count tokens."""


class BudgetError(RewardError):
    """The budget is used up. What was paid for is kept, and planning can go on with more.

    To a planner it is one more evaluation without a score, so that it ends with what it has.
    """


@dataclass(frozen=True)
class Cost:
    """Calls and tokens."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
        )

    def __sub__(self, other: Cost) -> Cost:
        return self + other * -1

    def __mul__(self, times: int) -> Cost:
        return Cost(self.calls * times, self.tokens_in * times, self.tokens_out * times)

    def money(self, price_in: float, price_out: float) -> float:
        """What it costs at prices a million tokens."""
        return (self.tokens_in * price_in + self.tokens_out * price_out) / MILLION


class Budget:
    """Limits, and what was spent. A limit that is omitted does not hold.

    Args:
        evaluations: Most (set, trial) pairs for which anything is paid.
        calls: Most calls of models.
        money: Most money, in the unit of the prices.
        price_in: Price of a million tokens that go to a model.
        price_out: Price of a million tokens that it writes.

    Raises:
        SettingsError: A limit or price is negative or no finite number, or there is a limit on
            money and no price.

    Example:
        >>> budget = Budget(calls=3)
        >>> with budget.paying(Cost(calls=2)):
        ...     pass
        >>> budget.spent.calls, budget.affords(Cost(calls=2))
        (2, False)
    """

    def __init__(
        self,
        *,
        evaluations: int | None = None,
        calls: int | None = None,
        money: float | None = None,
        price_in: float = 0.0,
        price_out: float = 0.0,
    ) -> None:
        limits = (evaluations, calls, money, price_in, price_out)
        if not all(limit is None or 0 <= limit < math.inf for limit in limits):
            raise SettingsError("a budget and a price must be finite numbers, 0 or more")
        if money is not None and not (price_in or price_out):
            raise SettingsError(
                "a budget in money needs the price of a million tokens: give --price-in and "
                "--price-out (of the Python API: price_in and price_out)"
            )
        self.evaluations, self.calls, self.money = evaluations, calls, money
        self.price_in, self.price_out = price_in, price_out
        self.spent = Cost()
        self._reserved = Cost()
        self._begun: set[Hashable] = set()
        self._metered = False
        self.used_up: BudgetError | None = None
        """The error raised when something did not fit any more; None until then."""

    @property
    def evaluations_spent(self) -> int:
        """Pairs of set and trial for which something was paid."""
        return len(self._begun)

    @property
    def money_spent(self) -> float:
        """What was spent so far."""
        return self.spent.money(self.price_in, self.price_out)

    def affords(self, cost: Cost) -> bool:
        """Whether so much can be paid for beside what is under way."""
        total = self.spent + self._reserved + cost
        return (self.calls is None or total.calls <= self.calls) and (
            self.money is None or total.money(self.price_in, self.price_out) <= self.money
        )

    @contextmanager
    def paying(self, cost: Cost, evaluation: Hashable = None) -> Generator[None]:
        """Hold what something is expected to cost while it is paid for.

        Args:
            cost: Expected. It counts as spent afterwards, unless a meter counts what it really was.
            evaluation: The (set, trial) that it belongs to; None where it belongs to none.

        Raises:
            BudgetError: It does not fit, or begins an evaluation after something did not; nothing
                was paid then.
        """
        new = evaluation is not None and evaluation not in self._begun
        if new and self.used_up is not None:
            raise self.used_up  # a search that is ending asks for what the whole one never needs
        if new and self.evaluations is not None and len(self._begun) >= self.evaluations:
            raise self._used_up_by(f"of {self.evaluations} evaluations")
        if not self.affords(cost):
            over = self.calls is not None and (
                (self.spent + self._reserved + cost).calls > self.calls
            )
            limit = f"of {self.calls} calls" if over else f"of {self.money:g} in money"
            raise self._used_up_by(limit)
        if new:
            self._begun.add(evaluation)
        self._reserved += cost
        try:
            yield
        finally:
            self._reserved += cost * -1
            if not self._metered:
                self.spent += cost

    def meter(self) -> BaseCallbackHandler:
        """A LangChain callback that counts calls and tokens of the models that carry it.

        From then on only what it sees counts as spent. Tokens are the server's figures where it
        gives any, else a fourth of the characters.
        """
        self._metered = True
        return _meter(self)

    def _used_up_by(self, limit: str) -> BudgetError:
        money = f", {self.money_spent:.4f} in money" if self.price_in or self.price_out else ""
        self.used_up = BudgetError(
            f"the budget {limit} is used up ({self.spent.calls} calls{money}); what was paid for "
            "is kept where there is a cache: allow more and run again"
        )
        return self.used_up


def tokens_of(text: str) -> int:
    """About how many tokens an English text has."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def _meter(budget: Budget) -> BaseCallbackHandler:
    """The callback; made here because LangChain takes long to import."""
    from typing import Any
    from uuid import UUID

    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGeneration, LLMResult

    class Meter(BaseCallbackHandler):
        """Counts a call when it ends; until then what ``paying`` holds stands for it."""

        run_inline = True  # on the event loop's thread, so that counts need no lock

        def __init__(self) -> None:
            self.sent: dict[UUID, int] = {}

        def on_chat_model_start(
            self,
            serialized: dict[str, Any],
            messages: list[list[BaseMessage]],
            *,
            run_id: UUID,
            **kwargs: Any,
        ) -> None:
            self.sent[run_id] = sum(tokens_of(one.text) for batch in messages for one in batch)

        def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
            sent, written = self.sent.pop(run_id, 0), 0
            for generation in (one for batch in response.generations for one in batch):
                message = generation.message if isinstance(generation, ChatGeneration) else None
                usage = message.usage_metadata if isinstance(message, AIMessage) else None
                if usage:
                    sent, written = usage["input_tokens"], written + usage["output_tokens"]
                else:
                    written += tokens_of(generation.text)
            budget.spent += Cost(calls=1, tokens_in=sent, tokens_out=written)

        def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
            budget.spent += Cost(calls=1, tokens_in=self.sent.pop(run_id, 0))

    return Meter()
