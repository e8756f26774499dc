"""Exact inference in the profile network: what the unasked may be, given what is known.

The network is small, so each posterior is one tensor contraction over its tables, in the order that
``numpy.einsum_path`` finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from .attributes import load_attributes
from .domains import load_domains
from .errors import DataError
from .network import ROOT, load_network

Distribution = dict[str, float]
"""Probability by value; sums to 1."""


def posterior(known: Mapping[str, str], *, domain: str = "") -> dict[str, Distribution]:
    """The distribution of every attribute that is not known, given those that are.

    Args:
        known: Values by attribute id, in the paper's names; free text that fits none of them is no
            evidence, and its attribute is left out of the answer.
        domain: Domain id; "" averages over the domains.

    Raises:
        DataError: What is known has probability zero in the network.

    Example:
        >>> some = posterior({"mental_health_status": "Severe Depression"}, domain="health")
        >>> some["past_self_harm_history"]["Yes"] > 0.3
        True
    """
    ranges = _ranges()
    evidence = {name: value for name, value in known.items() if value in ranges[name]}
    if domain in ranges[ROOT]:
        evidence[ROOT] = domain
    asked = tuple(name for name in load_attributes() if name not in known)
    found = _posterior(tuple(sorted(evidence.items())), asked)
    return {name: dict(zip(ranges[name], found[name], strict=True)) for name in asked}


def impute(
    rng: np.random.Generator, known: Mapping[str, str], *, domain: str = ""
) -> dict[str, str]:
    """One whole person who agrees with what is known, drawn from the exact posterior.

    Args:
        rng: The only source of chance.
        known: Values by attribute id; free text stays as it is.
        domain: Domain id; "" averages over the domains.
    """
    ranges = _ranges()
    values = dict(known)
    for name in load_attributes():
        if name not in values:
            evidence = {one: value for one, value in values.items() if value in ranges[one]}
            if domain in ranges[ROOT]:
                evidence[ROOT] = domain
            chances = _posterior(tuple(sorted(evidence.items())), (name,))[name]
            limits = np.cumsum(chances)
            place = int(np.searchsorted(limits, rng.random() * float(limits[-1]), side="right"))
            values[name] = ranges[name][min(place, len(limits) - 1)]
    return {name: values[name] for name in load_attributes()}


@lru_cache(maxsize=1)
def _ranges() -> dict[str, tuple[str, ...]]:
    ranges = {
        name: tuple(value.value for value in item.values)
        for name, item in load_attributes().items()
    }
    return {ROOT: tuple(load_domains()), **ranges}


@lru_cache(maxsize=1)
def _tables() -> dict[str, tuple[tuple[str, ...], npt.NDArray[np.float64]]]:
    """Each attribute's variables (itself last) and its conditional table."""
    ranges = _ranges()
    tables: dict[str, tuple[tuple[str, ...], npt.NDArray[np.float64]]] = {}
    for table in load_network():
        axes = (*table.parents, table.attribute)
        values = np.empty([len(ranges[name]) for name in axes])
        for place in product(*(range(size) for size in values.shape[:-1])):
            parents = {
                name: ranges[name][at] for name, at in zip(table.parents, place, strict=True)
            }
            chances = table.conditional(parents)
            values[place] = [chances[value] for value in ranges[table.attribute]]
        tables[table.attribute] = (axes, values)
    root = np.full(len(ranges[ROOT]), 1 / len(ranges[ROOT]))
    return {ROOT: ((ROOT,), root), **tables}


@lru_cache(maxsize=20_000)
def _posterior(
    evidence: tuple[tuple[str, str], ...], asked: tuple[str, ...]
) -> dict[str, npt.NDArray[np.float64]]:
    ranges, given = _ranges(), dict(evidence)
    places = {name: ranges[name].index(value) for name, value in given.items()}
    letters = {name: index for index, name in enumerate(ranges)}
    operands: list[Any] = []
    for axes, values in _tables().values():
        where = tuple(places.get(name, slice(None)) for name in axes)
        operands += [values[where], [letters[name] for name in axes if name not in given]]
    found: dict[str, npt.NDArray[np.float64]] = {}
    for name in asked:
        joint = np.einsum(*operands, [letters[name]], optimize="greedy")
        total = float(joint.sum())
        if total <= 0:
            told = ", ".join(f"{one} = {value}" for one, value in evidence)
            raise DataError(f"nobody in the network has {told}")
        found[name] = joint / total
    return found
