"""Behaviours of simulated people, as data (``data/behaviours.yaml``)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..data_files import data_files, load_yaml
from ..errors import DataError
from .faithfulness import Fault

How = Literal[
    "answer", "vague", "decline", "unsure", "correct", "once", "crisis", "leave", "translate", "lie"
]


class Behaviour(BaseModel):
    """A way of answering questions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: How = Field(description="What is done; the texts are what is said.")
    about: str
    texts: tuple[str, ...] = Field(min_length=1)
    tails: tuple[str, ...] = ("",)
    in_language: dict[str, tuple[str, ...]] = Field(
        default={}, description="Texts by ISO 639-1 language, instead of the texts."
    )
    faults: tuple[Fault, ...] = Field(
        default=(), description="What a faithful person would not do, and this one does by design."
    )
    volunteers: int = Field(default=0, ge=0, description="Further facts told in one answer.")
    shortest: bool = Field(default=False, description="Takes the shortest way to say a value.")
    after: int = Field(default=0, ge=0, description="Questions answered before it begins.")


@lru_cache(maxsize=1)
def load_behaviours() -> dict[str, Behaviour]:
    """All behaviours by id.

    Raises:
        DataError: A file is broken or names a behaviour twice.
    """
    found: dict[str, Behaviour] = {}
    for source in data_files("penguin", "behaviours.yaml"):
        for one in load_yaml(source, list[Behaviour]):
            if one.id in found:
                raise DataError(f"{source} names the behaviour {one.id} a second time")
            found[one.id] = one
    return found


def behaviours_named(names: Sequence[str]) -> tuple[Behaviour, ...]:
    """Some behaviours, in order.

    Raises:
        DataError: One does not exist; lists those that do.
    """
    known = load_behaviours()
    if unknown := [name for name in names if name not in known]:
        raise DataError(f"no behaviour {', '.join(unknown)}; use some of: {', '.join(known)}")
    return tuple(known[name] for name in names)


def faults_by_design(names: Sequence[str]) -> frozenset[Fault]:
    """Faults that some behaviours are made of, so that they are nobody's failure.

    Raises:
        DataError: A behaviour does not exist.
    """
    return frozenset(fault for one in behaviours_named(names) for fault in one.faults)
