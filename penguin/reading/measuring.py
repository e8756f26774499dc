"""How well the offline reader reads, measured on labelled utterances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import sqrt

from ..facts import Facts
from ..utterances import ANY_VALUE, LabelledUtterance
from .reader import read_facts

Z = 1.96
"""Normal quantile of a 95 % interval."""


@dataclass(frozen=True)
class Share:
    """A share of counted cases with its 95 % Wilson interval."""

    hits: int
    cases: int

    @property
    def value(self) -> float:
        """The share, 0 to 1.

        Raises:
            ZeroDivisionError: There is no case; ask ``cases`` first.
        """
        return self.hits / self.cases

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end, 0 to 1; (0, 1) without cases."""
        if not self.cases:
            return 0.0, 1.0
        n, share = self.cases, self.value
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass
class Counts:
    """Values that were read and were to be read."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> Share:
        """Of the values read, those that are right."""
        return Share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Share:
        """Of the values to be read, those that were."""
        return Share(self.right, self.right + self.missed)


@dataclass
class Measured:
    """What a reader got right on a set of utterances."""

    utterances: int = 0
    in_all: Counts = field(default_factory=Counts)
    by_attribute: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    by_language: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    outcomes: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    """Whether each refusal, "I don't know" and question that stands was seen as such."""
    mistakes: list[tuple[LabelledUtterance, str]] = field(
        default_factory=list[tuple[LabelledUtterance, str]]
    )

    def outcome(self, name: str) -> Share:
        """Share of the cases of "declined", "unclear" or "stands" that were read as such."""
        return Share(sum(self.outcomes[name]), len(self.outcomes[name]))


def measure_reading(utterances: Iterable[LabelledUtterance]) -> Measured:
    """Read labelled utterances and count.

    A wrong value is one wrong and one missed; an optional label counts in neither way where the
    value fits it.
    """
    found = Measured()
    for item in utterances:
        source = "answer" if item.asked else "message"
        facts = read_facts(item.text, asked=item.asked or None, source=source)
        found.utterances += 1
        for name, verdict in _verdicts(item, facts):
            for counts in (
                found.in_all,
                found.by_attribute[name],
                found.by_language[item.language],
            ):
                counts.right += verdict == "right"
                counts.wrong += verdict in ("wrong", "wrong value")
                counts.missed += verdict in ("missed", "wrong value")
            if verdict != "right":
                found.mistakes.append((item, f"{verdict}: {name} {_shown(facts, name)}"))
        for outcome, name, seen in _outcomes(item, facts):
            found.outcomes[outcome].append(seen)
            if not seen:
                found.mistakes.append((item, f"not {outcome}: {name} {_shown(facts, name)}"))
    return found


def _verdicts(item: LabelledUtterance, facts: Facts) -> Iterator[tuple[str, str]]:
    """Each attribute read or to be read, with what became of it."""
    read = {name: fact["value"] for name, fact in facts.items() if fact["status"] == "known"}
    for name in {**item.known, **read}:
        if name not in read:
            yield name, "missed"
        elif name in item.known:
            yield name, "right" if _fits(read[name], item.known[name]) else "wrong value"
        elif name not in item.optional or not _fits(read[name], item.optional[name]):
            yield name, "wrong"


def _fits(value: str, right: tuple[str, ...]) -> bool:
    return value in right or ANY_VALUE in right


def _outcomes(item: LabelledUtterance, facts: Facts) -> Iterator[tuple[str, str, bool]]:
    for name in item.declined:
        yield "declined", name, name in facts and facts[name]["status"] == "declined"
    for name in item.unclear:
        yield "unclear", name, name in facts and facts[name]["status"] == "unclear"
    if item.stands:
        yield "stands", item.asked, item.asked not in facts


def _shown(facts: Facts, name: str) -> str:
    return f"read as {facts[name]['status']} {facts[name]['value']!r}" if name in facts else ""
