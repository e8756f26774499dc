"""The judge's scale as data (``data/rubric.yaml``): three dimensions with anchored levels."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, create_model

from ..data_files import load_yaml
from .verdict import DIMENSIONS, Dimension, Rating, Verdict

ORDERS: tuple[tuple[Dimension, ...], ...] = tuple(itertools.permutations(DIMENSIONS))


class Scale(BaseModel):
    """One dimension of the rubric."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: Dimension
    asks: str
    levels: dict[int, str] = Field(min_length=5, max_length=5)


@lru_cache(maxsize=1)
def load_rubric() -> dict[Dimension, Scale]:
    """The rubric, by dimension.

    Raises:
        DataError: The data file is broken.
    """
    source = files("raise_penguin.penguin") / "data" / "rubric.yaml"
    return {scale.dimension: scale for scale in load_yaml(source, list[Scale])}


def order_for(seed: int, *texts: str) -> tuple[Dimension, ...]:
    """The order in which the dimensions are asked for, drawn from a seed and what is judged.

    What stands first colours what comes after; over many replies each dimension stands everywhere.
    """
    digest = hashlib.sha256("\n".join((str(seed), *texts)).encode()).digest()
    return ORDERS[digest[0] % len(ORDERS)]


@lru_cache(maxsize=len(ORDERS))
def verdict_schema(order: Sequence[Dimension]) -> type[BaseModel]:
    """A schema with the verdict's dimensions in an order; models answer in the schema's order."""
    fields = dict.fromkeys(order, (Rating, ...))
    return create_model("Verdict", __config__=ConfigDict(extra="forbid"), **fields)  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]


def as_verdict(answer: BaseModel) -> Verdict:
    """A verdict out of an answer in any order."""
    return Verdict.model_validate(answer.model_dump())
