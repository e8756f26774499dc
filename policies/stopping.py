"""When enough is known (the paper's abstention, section 4 and appendix D)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..penguin.errors import SettingsError

FULL = 5
"""Top of the completeness scale: full background."""

THRESHOLDS = {"scale": 4, "binary": 3, "basic": 2}
"""Completeness from which each rule stops; the paper states no number for ``scale``. ``scale``
wants nearly everything that matters, ``binary`` splits the scale in the middle, ``basic`` stops at
the first signs of a background (the paper's asks 0.9 questions on average)."""

RULES = ("auto", "value", *THRESHOLDS)
"""Names of the rules."""


@dataclass(frozen=True, kw_only=True)
class StopSignal:
    """What a rule may look at before the next question."""

    asked: int
    """Questions asked for this message."""
    budget: int
    """Most questions for it."""
    completeness: int = 0
    """How complete the background is for a safe answer, 0 to 5."""
    expected_gain: float | None = None
    """Points of score that the best next question is expected to add; None where no plan says."""
    cost: float = 0.0
    """What being asked it costs the person, 0 to 1."""


class Stop(NamedTuple):
    """Whether to stop asking, and why."""

    stop: bool
    reason: str


class StoppingRule(Protocol):
    """Decides before each question whether to ask it."""

    @property
    def name(self) -> str:
        """Its name in settings and tables."""
        ...

    def stop(self, signal: StopSignal) -> Stop:
        """Decide, and say why in plain words."""
        ...


@dataclass(frozen=True)
class CompletenessRule:
    """Ask on while the background is less complete than a threshold and the budget lasts."""

    name: str
    threshold: int

    def stop(self, signal: StopSignal) -> Stop:
        """Decide by completeness and budget."""
        if signal.completeness >= self.threshold:
            enough = f"background {signal.completeness} of {FULL} is enough ({self.name})"
            return Stop(True, enough)
        if signal.asked >= signal.budget:
            return _used(signal)
        return Stop(
            False, f"background {signal.completeness} of {FULL} is too little ({self.name})"
        )


@dataclass(frozen=True)
class ValueRule:
    """Ask on while the best next question is worth more than it costs the person.

    Where no plan says what a question is worth, it asks on within the budget.

    Args:
        price: Points of score that a cost of 1 is worth. At 0 everything with any gain is asked.
    """

    price: float
    name: str = "value"

    def stop(self, signal: StopSignal) -> Stop:
        """Decide by gain, cost and budget."""
        if signal.asked >= signal.budget:
            return _used(signal)
        if signal.expected_gain is None:
            return Stop(False, "no plan says what a question would add (value)")
        gain, worth = signal.expected_gain, self.price * signal.cost
        if gain > worth:
            more = f"the next question should add {gain:.2f} points, more than the {worth:.2f} "
            return Stop(False, more + "that it costs the person (value)")
        less = f"the next question would add {gain:.2f} points, no more than the {worth:.2f} "
        return Stop(True, less + "that it costs the person (value)")


@dataclass(frozen=True)
class AutoRule:
    """``value`` where the plans say what a question is worth, ``scale`` elsewhere.

    A full background ends the questions in any case: a model that read the answers may see that
    nothing is missing where the plans, made for other people, still expect a gain.
    """

    value: ValueRule
    scale: CompletenessRule
    name: str = "auto"

    def stop(self, signal: StopSignal) -> Stop:
        """Decide by whichever of the two knows enough."""
        by_scale = signal.expected_gain is None or signal.completeness >= FULL
        return (self.scale if by_scale else self.value).stop(signal)


ASK_ON = CompletenessRule("budget", FULL + 1)
"""Asks as long as the budget lasts: no background reaches its threshold."""


def rule_named(name: str, threshold: int | None = None, *, price: float = 0.0) -> StoppingRule:
    """A stopping rule by name.

    Args:
        name: "auto", "value", or by completeness "scale", "binary" or "basic".
        threshold: Another threshold of completeness, 0 to 5; the rule's own when omitted.
        price: Of ``value`` and ``auto``: points of score that a cost of 1 is worth.

    Raises:
        SettingsError: There is none of that name, or a number is out of its range.
    """
    if not 0 <= price < math.inf:
        raise SettingsError(
            f"a price of {price}: what a question costs is worth 0 points or more, and finite"
        )
    if threshold is not None and not 0 <= threshold <= FULL:
        raise SettingsError(f"a threshold of {threshold}: completeness goes from 0 to {FULL}")
    if name == "value":
        return ValueRule(price)
    if name == "auto":
        return AutoRule(ValueRule(price), _by_completeness("scale", threshold))
    return _by_completeness(name, threshold)


def _by_completeness(name: str, threshold: int | None) -> CompletenessRule:
    if name not in THRESHOLDS:
        raise SettingsError(f"no stopping rule {name!r}; use one of: {', '.join(RULES)}")
    return CompletenessRule(name, THRESHOLDS[name] if threshold is None else threshold)


def _used(signal: StopSignal) -> Stop:
    return Stop(True, f"the budget of {signal.budget} questions is used")


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
