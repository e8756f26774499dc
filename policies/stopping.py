"""When enough is known (the paper's abstention, section 4 and appendix D)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..penguin.errors import SettingsError

FULL = 5
"""Top of the completeness scale: full background."""

THRESHOLDS = {"scale": 4, "binary": 3, "basic": 2}
"""Completeness from which each rule stops; the paper states no number for ``scale``. ``scale``
wants nearly everything that matters, ``binary`` splits the scale in the middle, ``basic`` stops at
the first signs of a background (the paper's asks 0.9 questions on average)."""


class Stop(NamedTuple):
    """Whether to stop asking, and why."""

    stop: bool
    reason: str


@dataclass(frozen=True)
class StoppingRule:
    """Ask on while the background is less complete than a threshold and the budget lasts."""

    name: str
    threshold: int

    def stop(self, *, completeness: int, asked: int, budget: int) -> Stop:
        """Decide.

        Args:
            completeness: How complete the background is for a safe answer, 0 to 5.
            asked: Questions asked for this message.
            budget: Most questions for it.
        """
        if completeness >= self.threshold:
            return Stop(True, f"background {completeness} of {FULL} is enough ({self.name})")
        if asked >= budget:
            return Stop(True, f"the budget of {budget} questions is used")
        return Stop(False, f"background {completeness} of {FULL} is too little ({self.name})")


def rule_named(name: str, threshold: int | None = None) -> StoppingRule:
    """A stopping rule: "scale" (the default elsewhere), "binary" or "basic".

    Args:
        name: Name of the rule.
        threshold: Another threshold, 0 to 5; the rule's own when omitted.

    Raises:
        SettingsError: There is none of that name.
    """
    if name not in THRESHOLDS:
        raise SettingsError(f"no stopping rule {name!r}; use one of: {', '.join(THRESHOLDS)}")
    return StoppingRule(name, THRESHOLDS[name] if threshold is None else threshold)


def completeness(
    weights: Mapping[str, float], known: Collection[str], closed: Collection[str] = ()
) -> int:
    """How complete a background is, offline: the share of what matters that is known, 0 to 5.

    Args:
        weights: What each attribute is worth for this message, from the stored plans.
        known: Attributes whose value is known.
        closed: Attributes that were declined or are not known to the person; they can no longer be
            asked, so they leave the whole.
    """
    open_weights = {
        name: max(0.0, weight) for name, weight in weights.items() if name not in closed
    }
    total = sum(open_weights.values())
    if total <= 0:
        return FULL
    return int(FULL * sum(open_weights.get(name, 0.0) for name in known) / total + 1e-9)
