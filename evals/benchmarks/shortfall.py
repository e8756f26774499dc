"""What stopping early loses against asking on, by price of a question; the guarantee's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...policies.stop_calibration import (
    BOUND,
    Calibration,
    GuaranteeError,
    choose_price,
    upper_bound,
)
from ...policies.stopping import ASK_ON, ValueRule
from ...policies.walk import walk
from .cases import Case, HeldOutPolicy, SetScores

PRICES = (0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Prices tried, from the safest up."""
BUDGETS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Shortfalls:
    """Mean shortfall and number of questions of each situation, by budget and price."""

    situations: tuple[str, ...]
    losses: npt.NDArray[np.float64]
    """Points of score that stopping loses in the mean of a situation's dialogues, cut to 0 to
    ``BOUND``: shape (situations, budgets, prices)."""
    questions: npt.NDArray[np.float64]
    """Mean questions asked, of the same shape."""

    def by_price(self, budget: int, rows: Sequence[int] | None = None) -> dict[float, list[float]]:
        """The losses of some situations (all when omitted) by price, for one budget."""
        chosen = self.losses[:, BUDGETS.index(budget), :]
        chosen = chosen if rows is None else chosen[list(rows)]
        return {price: chosen[:, place].tolist() for place, price in enumerate(PRICES)}

    def calibrate(self, budget: int, *, alpha: float, confidence: float) -> Calibration:
        """The price of a budget, with what is guaranteed of it.

        Raises:
            GuaranteeError: No price passes.
        """
        price = choose_price(self.by_price(budget), alpha=alpha, confidence=confidence)
        losses = self.losses[:, BUDGETS.index(budget), PRICES.index(price)]
        asked = self.questions[:, BUDGETS.index(budget), PRICES.index(price)]
        upper = BOUND * upper_bound(float(losses.mean()) / BOUND, len(losses), confidence)
        return Calibration(
            budget=budget,
            price=price,
            alpha=alpha,
            confidence=confidence,
            situations=len(self.situations),
            shortfall=round(float(losses.mean()), 4),
            upper=round(upper, 4),
            questions=round(float(asked.mean()), 3),
        )


async def shortfalls(policy: HeldOutPolicy, cases: Sequence[Case], scores: SetScores) -> Shortfalls:
    """Measure the shortfall of every price and budget on some cases.

    The rule looks at the budget only to end, so the questions of a smaller budget are the first
    ones of a larger one, and each case is walked once a price.
    """
    situations = tuple(dict.fromkeys(case.situation for case in cases))
    shape = (len(situations), len(BUDGETS), len(PRICES))
    losses, questions, counts = np.zeros(shape), np.zeros(shape), np.zeros(len(situations))
    for case in cases:
        row, retrieval = situations.index(case.situation), policy.retrieval(case)
        values, most = case.person.values, max(BUDGETS)
        everything = walk(retrieval, values, ASK_ON, budget=most)
        counts[row] += 1
        for column, price in enumerate(PRICES):
            asked = walk(retrieval, values, ValueRule(price), budget=most, price=price)
            for place, budget in enumerate(BUDGETS):
                full = await scores(case, everything[:budget])
                got = await scores(case, asked[:budget])
                losses[row, place, column] += full - got
                questions[row, place, column] += len(asked[:budget])
    per = counts[:, None, None]
    return Shortfalls(situations, np.clip(losses / per, 0.0, BOUND), questions / per)


@dataclass(frozen=True)
class Coverage:
    """How often the guarantee held when prices were chosen on some situations only."""

    draws: int
    refused: int
    """Draws in which no price passed."""
    on_the_rest: float
    """Share of the others in which the mean shortfall of the rest was at most alpha."""
    in_the_population: float
    """The same against the mean of all situations, calibrated on as many drawn with return."""
    worst: float
    """The largest mean shortfall of a rest, in points."""


def coverage(
    found: Shortfalls,
    budget: int,
    *,
    alpha: float,
    confidence: float,
    draws: int,
    share: float = 0.75,
    seed: int = 0,
) -> Coverage:
    """Check the guarantee by simulation on random splits of the situations.

    Args:
        found: Shortfalls of all situations.
        budget: Most questions.
        alpha: Most expected shortfall, in points.
        confidence: As calibrated.
        draws: Random splits.
        share: Share of the situations calibrated on; the rest is held out.
        seed: Seed of the splits.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    n = len(found.situations)
    cut, whole = round(share * n), found.by_price(budget)
    refused, rests, population = 0, list[float](), list[float]()
    for _ in range(draws):
        order = [int(row) for row in rng.permutation(n)]
        drawn = [int(row) for row in rng.integers(0, n, n)]
        try:
            price = choose_price(
                found.by_price(budget, order[:cut]), alpha=alpha, confidence=confidence
            )
            rests.append(float(np.mean([whole[price][row] for row in order[cut:]])))
        except GuaranteeError:
            refused += 1
        try:
            price = choose_price(found.by_price(budget, drawn), alpha=alpha, confidence=confidence)
            population.append(float(np.mean(whole[price])))
        except GuaranteeError:
            population.append(0.0)  # a refusal claims nothing, so it cannot break the guarantee
    held = [rest <= alpha for rest in rests]
    return Coverage(
        draws=draws,
        refused=refused,
        on_the_rest=float(np.mean(held)) if held else 1.0,
        in_the_population=float(np.mean([one <= alpha for one in population])),
        worst=max(rests, default=0.0),
    )
