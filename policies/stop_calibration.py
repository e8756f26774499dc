"""The price of a question, set so that stopping early loses little, with a guarantee.

Learn then test (Angelopoulos et al., arXiv 2110.01052), as conformal risk control does for losses
that need not fall steadily: prices are tried from the safest up, each tested against "its expected
shortfall is above alpha" with the Hoeffding-Bentkus p-value (Bates et al., arXiv 2101.02703), and
the last before the first that fails is taken. Testing in a fixed order keeps the chance that a
price with too large a shortfall is taken below 1 - confidence, however many are tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..penguin.data_files import load_yaml
from ..penguin.errors import RaisePenguinError, SettingsError

BOUND = 1.0
"""Points of score at which a shortfall is cut off; the test needs bounded losses."""


class GuaranteeError(RaisePenguinError):
    """No price keeps the expected shortfall below the level with the confidence asked for."""


class Calibration(BaseModel):
    """A price, and what is guaranteed of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: int = Field(ge=1, description="Most questions; the shortfall is against asking them.")
    price: float = Field(ge=0, description="Points of score that a cost of 1 is worth.")
    alpha: float = Field(gt=0, description="Most expected shortfall, in points of score.")
    confidence: float = Field(gt=0, lt=1)
    situations: int = Field(ge=1, description="Situations calibrated on; they are independent.")
    shortfall: float = Field(description="Mean shortfall over them, in points of score.")
    upper: float = Field(description="Upper bound of the expected shortfall at that confidence.")
    questions: float = Field(description="Mean questions asked.")


class CalibrationFile(BaseModel):
    """The data file ``data/stopping.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: str = Field(description="Fingerprint of the store that chose the questions.")
    models: dict[str, str] = Field(description="Who wrote the replies and who judged them.")
    splits: tuple[str, ...] = Field(description="Splits of the situations calibrated on.")
    people: int = Field(description="People for each message.")
    queries: int = Field(description="Messages for each situation.")
    seed: int
    calibrations: tuple[Calibration, ...] = Field(min_length=1)

    def for_budget(self, budget: int) -> Calibration:
        """The calibration of a budget; of the nearest smaller one, else of the smallest.

        A smaller budget's price is the safer choice: it was held to a shortfall against less.
        """
        ordered = sorted(self.calibrations, key=lambda one: one.budget)
        smaller = [one for one in ordered if one.budget <= budget]
        return smaller[-1] if smaller else ordered[0]


@lru_cache(maxsize=1)
def shipped_calibration() -> CalibrationFile:
    """The calibration that comes with the package, of the shipped policy.

    Raises:
        DataError: The file is broken.
    """
    return load_yaml(files("raise_penguin.policies") / "data" / "stopping.yaml", CalibrationFile)


def p_value(mean: float, n: int, level: float) -> float:
    """The Hoeffding-Bentkus p-value of "the expected loss is above a level".

    Args:
        mean: Mean of n independent losses between 0 and 1.
        n: How many.
        level: The level, between 0 and 1.
    """
    from scipy.stats import binom

    if mean >= level:
        return 1.0
    if level >= 1:
        return 0.0
    apart = (1 - mean) * math.log((1 - mean) / (1 - level))
    apart += mean * math.log(mean / level) if mean else 0.0
    law: Any = binom
    bentkus = math.e * float(law.cdf(math.ceil(n * mean - 1e-9), n, level))
    return min(1.0, math.exp(-n * apart), bentkus)


def upper_bound(mean: float, n: int, confidence: float) -> float:
    """The smallest level that the expected loss is below, at a confidence.

    Args:
        mean: Mean of n independent losses between 0 and 1.
        n: How many.
        confidence: Between 0 and 1.
    """
    low, high = mean, 1.0
    for _ in range(40):
        level = (low + high) / 2
        low, high = (low, level) if p_value(mean, n, level) <= 1 - confidence else (level, high)
    return high


def choose_price(
    losses: Mapping[float, Sequence[float]], *, alpha: float, confidence: float
) -> float:
    """The highest price, tried from the safest up, that is shown to keep the shortfall below alpha.

    Args:
        losses: By price, the mean shortfall of each situation, 0 to ``BOUND`` points; what lies
            outside is cut. The situations must be independent draws of those to come.
        alpha: Most expected shortfall, in points, above 0 and below ``BOUND``.
        confidence: Chance over the draw of situations that the guarantee holds.

    Raises:
        SettingsError: Alpha is out of its range, or a loss is no number.
        GuaranteeError: Not even the safest price passes; it says which alpha can be had.
    """
    if not 0 < alpha < BOUND:
        raise SettingsError(f"alpha {alpha} must lie between 0 and {BOUND:g} points")
    if not losses or not all(len(one) and np.isfinite(one).all() for one in losses.values()):
        raise SettingsError("a price needs a finite loss of at least one situation")
    chosen: float | None = None
    for price in sorted(losses):
        mean, n = _mean(losses[price])
        if p_value(mean, n, alpha / BOUND) > 1 - confidence:
            break
        chosen = price
    if chosen is None:
        mean, n = _mean(losses[min(losses)])
        raise GuaranteeError(
            f"no price keeps the expected shortfall below {alpha:g} points with confidence "
            f"{confidence:g} on {n} situations: the safest has {BOUND * mean:.3f} on them, and "
            f"{BOUND * upper_bound(mean, n, confidence):.3f} can be guaranteed; allow that much, "
            "lower the confidence, or calibrate on more situations"
        )
    return chosen


def _mean(losses: Sequence[float]) -> tuple[float, int]:
    """The mean of losses as shares of the bound, and how many they are."""
    return float(np.mean(np.clip(losses, 0.0, BOUND)) / BOUND), len(losses)
