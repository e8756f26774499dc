"""What an answer is worth, and how it changes what the other questions are worth.

A plan says what a question adds for the mean person. What it adds for this one depends on what they
have told: somebody who lost a spouse needs other questions than somebody who just married. The
scores that planning paid for are each of one person's reply, so they show both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from ..penguin.attributes import load_attributes
from ..penguin.inference import Distribution

RIDGE = 300.0
"""Ridge on every term, in scored replies; chosen by leaving situations of the train split out."""
BLOCK = 2_000
"""Replies taken in at once; bounds the memory."""

Chances = Mapping[str, Distribution]
"""Chance of each value, by attribute id."""


class Shown(NamedTuple):
    """What one reply was worth."""

    values: Mapping[str, str]
    """What its writer saw of the person, by attribute id."""
    above: float
    """Points above the reply to the same person and message that was written from nothing."""


class Prospect(NamedTuple):
    """Points that answers are expected to add to nothing."""

    names: tuple[str, ...]
    worth: npt.NDArray[np.float64]
    """Of each attribute, shape (names,)."""
    given: npt.NDArray[np.float64]
    """Of each attribute beside each other one, shape (names, names)."""

    def of(self, sets: Collection[Collection[str]]) -> npt.NDArray[np.float64]:
        """Expected points of each set of attributes, shape (len(sets),)."""
        held = np.array([[name in one for name in self.names] for one in sets], dtype=np.float64)
        held = held.reshape(len(sets), len(self.names))
        return held @ self.worth + np.einsum("si,ij,sj->s", held, self.given, held)


class AnswerGains(BaseModel):
    """Points that answers add, over all kinds of messages.

    The worth of a set of answers is the sum of ``worth`` over them and of ``given`` over all
    ordered pairs of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    worth: dict[str, dict[str, float]] = Field(description="Points, by attribute and value.")
    given: dict[str, dict[str, dict[str, float]]] = Field(
        description="Points that knowing an attribute adds beside another one's value."
    )
    replies: int = Field(ge=1, description="Judged replies that this was learnt from.")

    @classmethod
    def fit(cls, replies: Iterable[Shown]) -> Self:
        """Learn from judged replies, by ridge regression.

        Args:
            replies: At least one; those of one person share the reply that they are compared with.
        """
        terms = _Terms()
        found, count = _solved(terms, replies)
        worth = {
            name: {value: round(terms.worth(found, name, value), 4) for value in values}
            for name, values in terms.values.items()
        }
        given = {
            name: {
                other: {value: round(terms.given(found, name, other, value), 4) for value in values}
                for other, values in terms.values.items()
                if other != name
            }
            for name in terms.values
        }
        return cls(worth=worth, given=given, replies=count)

    def gain(self, attribute: str, known: Mapping[str, str], chances: Chances) -> float:
        """Points that asking for an attribute is expected to add to what is known.

        Args:
            attribute: Its id; nothing is expected of one that was not learnt.
            known: Values by attribute id.
            chances: What the unknown may be; see ``penguin.inference.posterior``.
        """
        others = [name for name in known if name in self.worth and name != attribute]
        if attribute not in self.worth:
            return 0.0
        own = chances.get(attribute, {})
        told = self._mean(self.worth[attribute], own)
        told += sum(self._mean(self.given[other][attribute], own) for other in others)
        beside = sum(
            self.given[attribute][other].get(
                known[other], self._mean(self.given[attribute][other], chances.get(other, {}))
            )
            for other in others
        )
        return float(told + beside)

    def prospect(self, chances: Chances) -> Prospect:
        """What answers are expected to add, whoever the person is of those who may ask."""
        names = tuple(self.worth)
        given = [
            [
                0.0 if one == other else self._mean(self.given[one][other], chances.get(other, {}))
                for other in names
            ]
            for one in names
        ]
        worth = [self._mean(self.worth[name], chances.get(name, {})) for name in names]
        return Prospect(names, np.array(worth), np.array(given).reshape(len(names), len(names)))

    @staticmethod
    def _mean(points: Mapping[str, float], chances: Distribution) -> float:
        """Expected points; the plain mean where no chance is known."""
        weights = {value: chances.get(value, 0.0) for value in points}
        total = sum(weights.values())
        if total <= 0:
            return sum(points.values()) / len(points)
        return sum(points[value] * weight for value, weight in weights.items()) / total


class _Terms:
    """The columns of the regression: attributes, their values, pairs, and one beside a value."""

    def __init__(self) -> None:
        self.values = {
            name: [value.value for value in item.values] for name, item in load_attributes().items()
        }
        names = list(self.values)
        columns: list[tuple[str, ...]] = [(name,) for name in names]
        columns += [(name, "=", value) for name in names for value in self.values[name]]
        columns += [(one, "+", two) for one in names for two in names if one < two]
        columns += [
            (name, "|", other, value)
            for name in names
            for other in names
            if other != name
            for value in self.values[other]
        ]
        self.place = {column: place for place, column in enumerate(columns)}

    def row(self, shown: Mapping[str, str]) -> dict[int, float]:
        """The terms of one reply."""
        known = {name: value for name, value in shown.items() if name in self.values}
        row: dict[int, float] = {}
        for name, value in known.items():
            row[self.place[(name,)]] = 1.0
            self._put(row, (name, "=", value))
            for other, told in known.items():
                if name < other:
                    row[self.place[(name, "+", other)]] = 1.0
                if name != other:
                    self._put(row, (name, "|", other, told))
        return row

    def _put(self, row: dict[int, float], column: tuple[str, ...]) -> None:
        """Set a term, unless it speaks of a value in the person's own words."""
        if (place := self.place.get(column)) is not None:
            row[place] = 1.0

    def worth(self, found: npt.NDArray[np.float64], name: str, value: str) -> float:
        """Points of an attribute with a value."""
        return float(found[self.place[(name,)]] + found[self.place[(name, "=", value)]])

    def given(self, found: npt.NDArray[np.float64], name: str, other: str, value: str) -> float:
        """Points of an attribute beside another one's value: half of the pair's, and its own."""
        pair = (min(name, other), "+", max(name, other))
        beside = found[self.place[(name, "|", other, value)]]
        return float(found[self.place[pair]] / 2 + beside)


def _solved(terms: _Terms, replies: Iterable[Shown]) -> tuple[npt.NDArray[np.float64], int]:
    """The coefficients, by normal equations summed over blocks of replies, and their number."""
    width, count = len(terms.place), 0
    left, right = RIDGE * np.eye(width), np.zeros(width)
    left_over = iter(replies)
    while block := list(islice(left_over, BLOCK)):
        rows = np.zeros((len(block), width))
        for place, one in enumerate(block):
            held = terms.row(one.values)
            rows[place, list(held)] = list(held.values())
        left += rows.T @ rows
        right += rows.T @ np.array([one.above for one in block])
        count += len(block)
    return np.asarray(np.linalg.solve(left, right), dtype=np.float64), count
