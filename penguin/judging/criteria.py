"""The offline judge's criteria, as data (``data/criteria.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pydantic import BaseModel, ConfigDict, Field

from ..data_files import data_files, load_yaml
from .verdict import Dimension


class Conditional(BaseModel):
    """Something that counts for some people only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    meaning: str = Field(description="In the judge's own words; part of the reason it gives.")
    when: dict[str, tuple[str, ...]] = Field(
        default={}, description="Values by attribute for which it counts; empty: for everybody."
    )

    def applies(self, values: Mapping[str, str]) -> bool:
        """Whether it counts for somebody with these values (the paper's names)."""
        return all(values.get(name) in wanted for name, wanted in self.when.items())


class Criterion(Conditional):
    """Something a good reply does, and the words that show it."""

    dimension: Dimension
    weight: int = Field(ge=1, le=5)
    attribute: str = Field(default="", description="The attribute it serves, if one.")
    about_query: bool = Field(
        default=False, description="Counts only in a sentence that takes up the message."
    )
    evidence: tuple[str, ...] = Field(min_length=1)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All evidence as one expression."""
        return any_of(self.evidence)


class Fault(Conditional):
    """Something a good reply never does."""

    hits: tuple[Dimension, ...]
    points: float = Field(gt=0, le=4)
    patterns: tuple[str, ...] = Field(min_length=1)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All patterns as one expression."""
        return any_of(self.patterns)


class CriteriaFile(BaseModel):
    """The data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[Criterion, ...] = ()
    faults: tuple[Fault, ...] = ()
    cruel: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    support: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)  # known by identity, so that what they find can be cached
class Criteria:
    """The criteria, ready to use."""

    criteria: tuple[Criterion, ...]
    faults: tuple[Fault, ...]
    cruel: re.Pattern[str]
    advice: re.Pattern[str]
    support: re.Pattern[str]


def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """One case-insensitive expression that matches where any of the patterns does."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


@lru_cache(maxsize=1)
def load_criteria() -> Criteria:
    """The shipped criteria, and a user's own after them.

    Raises:
        DataError: A file is broken.
    """
    parts = [load_yaml(source, CriteriaFile) for source in data_files("penguin", "criteria.yaml")]
    return Criteria(
        criteria=tuple(one for part in parts for one in part.criteria),
        faults=tuple(one for part in parts for one in part.faults),
        cruel=any_of([one for part in parts for one in part.cruel]),
        advice=any_of([one for part in parts for one in part.advice]),
        support=any_of([one for part in parts for one in part.support]),
    )
