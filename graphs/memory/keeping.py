"""A kept fact, and how long it may be kept (``data/keeping.yaml``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...penguin.data_files import load_yaml


class Rule(BaseModel):
    """How long facts of one attribute are kept, and from when they are asked about again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: Literal[14, 30, 90, 180, 365]
    confirm_after_days: int = Field(ge=1)
    reason: str

    @model_validator(mode="after")
    def _confirmed_before_it_ends(self) -> Rule:
        if self.confirm_after_days > self.keep_days:
            raise ValueError("confirm_after_days is longer than keep_days")
        return self


class Rules(BaseModel):
    """The rules of all attributes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: Rule
    attributes: dict[str, Rule]


@lru_cache(maxsize=1)
def _rules() -> Rules:
    return load_yaml(files("raise_penguin.graphs.memory") / "data" / "keeping.yaml", Rules)


def keeping_rule(attribute_id: str) -> Rule:
    """The rule for an attribute; the default one for an attribute of a user's own."""
    return _rules().attributes.get(attribute_id, _rules().default)


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, kw_only=True)
class KeptFact:
    """One fact that a person agreed to have kept."""

    attribute: str
    value: str
    """The paper's name or the person's own words; "" where they would not be asked about it."""
    status: Literal["known", "declined"]
    source: Literal["message", "answer"]
    """How the person told it."""
    told: date
    confirmed: date
    """The last day on which the person said it or said that it still holds."""
    expires: date
    """From this day on it is deleted."""
    thread: str
    """Digest of the thread in which it was told; "" where there was none."""

    @property
    def stale(self) -> bool:
        """Whether it may only be used once the person has said that it still holds."""
        if self.status == "declined":
            return False
        due = self.confirmed + timedelta(days=keeping_rule(self.attribute).confirm_after_days)
        return self.expires > due and today() >= due


def expiry(attribute_id: str, told: date) -> date:
    """The day on which a fact told on a day is deleted."""
    return told + timedelta(days=keeping_rule(attribute_id).keep_days)
