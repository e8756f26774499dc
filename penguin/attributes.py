"""The ten attributes of a person that may change the right answer (paper section 3).

The attributes are data (``data/attributes.yaml``, and a user's own beside it): type, values,
synonyms, how people say them, how to ask, and where never to ask. Code never names one, save the
age, which is a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .data_files import data_files, load_yaml
from .errors import DataError

Group = Literal["demographic", "health", "emotion"]
Type = Literal["ordered", "category", "yes-no"]


class Value(BaseModel):
    """One value in the paper's range of an attribute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str = Field(description="The paper's name for it, e.g. '18-24' or 'Severe Depression'.")
    signs: tuple[str, ...] = Field(
        default=(),
        description="Regular expressions (case-insensitive) by which the offline reader "
        "recognises the value when a person speaks about themselves. One that starts with ^ "
        "counts only in an answer to the attribute's own question.",
    )
    said: tuple[str, ...] = Field(
        min_length=1, description="Sentences in which a simulated person says it."
    )
    synonyms: tuple[str, ...] = Field(
        default=(), description="Other names of it in records, such as 'F' or 'middle class'."
    )

    @cached_property
    def in_answer(self) -> re.Pattern[str] | None:
        """What shows the value in an answer to the attribute's question; None without signs."""
        return _any_of(self.signs)

    @cached_property
    def in_passing(self) -> re.Pattern[str] | None:
        """What shows the value in any text of a person; None without such signs."""
        return _any_of([sign for sign in self.signs if not sign.startswith("^")])


def _any_of(expressions: Sequence[str]) -> re.Pattern[str] | None:
    if not expressions:
        return None
    return re.compile("|".join(f"(?:{each})" for each in expressions), re.IGNORECASE)


class Attribute(BaseModel):
    """One attribute of a person: its values, how to ask for it, and what asking costs them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    label: str = Field(description="The paper's name, e.g. 'Past Self-Harm History'.")
    group: Group
    type: Type = Field(default="category", description="Whether its values have an order.")
    sensitive: bool = Field(description="Asked in softer words, and never inferred aloud.")
    cost: float = Field(ge=0, le=1, description="What being asked costs a person, 0 to 1.")
    values: tuple[Value, ...] = Field(min_length=2)
    questions: tuple[str, ...] = Field(
        min_length=3, description="The question from gentle to direct, each with exactly one '?'."
    )
    not_asked_in: dict[str, str] = Field(
        default={},
        description="Countries (ISO 3166-1 alpha-2) where it is never asked by default, and why.",
    )
    reason: str = Field(description="Why the answer helps, as a clause after 'because'.")
    asked_by: tuple[str, ...] = Field(
        min_length=1, description="Regular expressions that a question for it matches."
    )

    @model_validator(mode="after")
    def _values_differ(self) -> Attribute:
        names = [value.value for value in self.values]
        if len(set(names)) != len(names):
            raise ValueError(f"attribute {self.id} names a value twice")
        return self

    @cached_property
    def asked_pattern(self) -> re.Pattern[str]:
        """Matches a question that asks for this attribute."""
        return re.compile("|".join(f"(?:{cue})" for cue in self.asked_by), re.IGNORECASE)

    def value_named(self, name: str) -> Value | None:
        """The value of that name, or None for free text outside the paper's range."""
        return next((value for value in self.values if value.value == name), None)


@lru_cache(maxsize=1)
def load_attributes() -> dict[str, Attribute]:
    """All attributes by id, the paper's ten in its order and then a user's own.

    Raises:
        DataError: A data file is broken or names an attribute that stands already.
    """
    by_id: dict[str, Attribute] = {}
    for source in data_files("penguin", "attributes.yaml"):
        for attribute in load_yaml(source, list[Attribute]):
            if attribute.id in by_id:
                raise DataError(f"{source} names the attribute {attribute.id} a second time")
            by_id[attribute.id] = attribute
    return by_id


def never_asked(country: str) -> frozenset[str]:
    """Attributes that are not asked for in a country by default.

    Args:
        country: ISO 3166-1 alpha-2 code; "" where it is unknown, which forbids nothing.
    """
    return frozenset(
        item.id for item in load_attributes().values() if country.upper() in item.not_asked_in
    )


def attribute(attribute_id: str) -> Attribute:
    """One attribute by id.

    Raises:
        DataError: There is none of that id.
    """
    try:
        return load_attributes()[attribute_id]
    except KeyError:
        known = ", ".join(load_attributes())
        raise DataError(f"no attribute {attribute_id!r}; use one of: {known}") from None
