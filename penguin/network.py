"""The Bayesian network that profiles are drawn from: ten dependencies (paper appendix A.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .attributes import load_attributes
from .data_files import data_files, load_yaml
from .domains import load_domains
from .errors import DataError
from .profile import Profile

ROOT = "domain"
"""The paper's S: the kind of situation that everything else may depend on."""


class Table(BaseModel):
    """One attribute given its parents: base weights times a factor for each parent's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: str
    parents: tuple[str, ...]
    source: str = Field(min_length=3, description='Where the numbers are from, or "judgement".')
    base: dict[str | None, float] = Field(description="Weight by value; None stands for 'None'.")
    given: dict[str, dict[str | None, dict[str | None, float]]] = {}

    def conditional(self, known: Mapping[str, str]) -> dict[str, float]:
        """Probability of each value, given the parents' values.

        Args:
            known: Values of the parents at least; one that is missing leaves the base as it is.
        """
        weights = {_name(value): weight for value, weight in self.base.items()}
        for parent, tables in self.given.items():
            factors = {_name(value): table for value, table in tables.items()}
            for value, factor in factors.get(known.get(parent, ""), {}).items():
                weights[_name(value)] *= factor
        total = sum(weights.values())
        return {value: weight / total for value, weight in weights.items()}


def _name(value: str | None) -> str:
    """YAML reads a bare None as text or null; both are the paper's value 'None'."""
    return "None" if value is None else value


@lru_cache(maxsize=1)
def load_network() -> tuple[Table, ...]:
    """The tables in an order in which parents come before children; a user's own come last.

    Raises:
        DataError: A table names an attribute, a parent or a value that does not exist, or an
            attribute has no table.
    """
    tables: list[Table] = []
    for source in data_files("penguin", "network.yaml"):
        for table in load_yaml(source, list[Table]):
            _check(table, {one.attribute for one in tables}, f"{source}: {table.attribute}")
            tables.append(table)
    if missing := set(load_attributes()) - {table.attribute for table in tables}:
        raise DataError(f"network.yaml has no table for {', '.join(sorted(missing))}")
    return tuple(tables)


def _check(table: Table, before: set[str], where: str) -> None:
    """Refuse a table that cannot be sampled from."""
    ranges = {
        name: {value.value for value in item.values} for name, item in load_attributes().items()
    }
    if table.attribute in before:
        raise DataError(f"{where} has a table already")
    if orphans := set(table.parents) - before - {ROOT}:
        raise DataError(f"{where} comes before its parents {', '.join(sorted(orphans))}")
    if {_name(value) for value in table.base} != ranges.get(table.attribute):
        raise DataError(f"{where} does not list the values of that attribute")
    for parent, factors in table.given.items():
        allowed = set(load_domains()) if parent == ROOT else ranges.get(parent, set())
        if parent not in table.parents or not {_name(v) for v in factors} <= allowed:
            raise DataError(f"{where} depends on an unknown {parent} or a value it cannot have")
        if any(not {_name(v) for v in row} <= ranges[table.attribute] for row in factors.values()):
            raise DataError(f"{where} has a factor for a value it cannot have, given {parent}")


def sample_profile(
    rng: np.random.Generator,
    *,
    domain: str,
    situation: str,
    profile_id: str,
    given: Mapping[str, str] | None = None,
    without: Mapping[str, Sequence[str]] | None = None,
) -> Profile:
    """Draw one person by ancestral sampling.

    Args:
        rng: The only source of chance.
        domain: Domain id, the root of the network.
        situation: Situation id, kept in the profile.
        profile_id: Id of the person.
        given: Values that are fixed.
        without: Values, by attribute, that cannot be drawn; the others keep their proportions.

    Raises:
        DataError: An attribute has no value left.
    """
    known = {ROOT: domain}
    for table in load_network():
        draw = rng.random()
        fixed = (given or {}).get(table.attribute)
        barred = tuple((without or {}).get(table.attribute, ()))
        known[table.attribute] = fixed or _pick(_conditional(table, known, barred), draw)
    values = {name: known[name] for name in load_attributes()}
    return Profile(id=profile_id, situation=situation, domain=domain, values=values)


def _conditional(
    table: Table, known: Mapping[str, str], barred: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    parents = tuple(known[parent] for parent in table.parents)
    return _cumulative(table.attribute, parents, barred)


@lru_cache(maxsize=50_000)
def _cumulative(
    attribute: str, parents: tuple[str, ...], barred: tuple[str, ...]
) -> tuple[tuple[str, float], ...]:
    """Values with cumulative probabilities, for one setting of the parents, without some."""
    table = next(table for table in load_network() if table.attribute == attribute)
    total, steps = 0.0, list[tuple[str, float]]()
    known = dict(zip(table.parents, parents, strict=True))
    left = {v: p for v, p in table.conditional(known).items() if v not in barred}
    whole = sum(left.values()) if barred else 1.0
    if not whole:
        raise DataError(f"no value of {attribute} is left for somebody with {', '.join(parents)}")
    for value, probability in left.items():
        total += probability / whole
        steps.append((value, total))
    return tuple(steps)


def _pick(steps: tuple[tuple[str, float], ...], draw: float) -> str:
    return next((value for value, limit in steps if draw < limit), steps[-1][0])
