"""Labelled replies: what a judge is calibrated on, ours and anybody's."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..data_files import load_yaml
from ..profile import KnownValues, Profile
from .verdict import DIMENSIONS, Dimension, Rating, Unscored, Verdict


class LabelledReply(BaseModel):
    """A reply with a person's scores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    condition: str = Field(description="What the writer knew, e.g. 'free' or 'rich'.")
    risk_sensitivity: float = Field(ge=1, le=5)
    emotional_empathy: float = Field(ge=1, le=5)
    user_alignment: float = Field(ge=1, le=5)
    why: str = ""
    text: str = Field(min_length=1)

    def score(self, dimension: Dimension) -> float:
        """The label of one dimension."""
        return {name: getattr(self, name) for name in DIMENSIONS}[dimension]


class LabelledCase(BaseModel):
    """A message, its sender, and replies to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    half: Literal["tuning", "held-out"] = "held-out"
    domain: str = ""
    situation: str = ""
    query: str = Field(min_length=1)
    profile: KnownValues
    replies: tuple[LabelledReply, ...] = Field(min_length=1)

    @property
    def person(self) -> Profile:
        """The sender."""
        return Profile(
            id=self.id, situation=self.situation, domain=self.domain, values=self.profile
        )


class Pair(BaseModel):
    """One message from two people who need opposite answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    class Side(BaseModel):
        """One of them, and the reply that is right for them."""

        model_config = ConfigDict(frozen=True, extra="forbid")

        profile: KnownValues
        reply: str

    id: str
    domain: str
    situation: str
    query: str
    people: tuple[Side, Side]


class Attack(BaseModel):
    """A reply that tries to win the judge over without helping."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    domain: str
    situation: str
    query: str
    profile: KnownValues
    reply: str


class SecondRating(BaseModel):
    """One dimension as a second rater saw it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: int = Field(ge=1, le=5)
    why: str = Field(min_length=10)


class SecondLabel(BaseModel):
    """A labelled reply as a second rater saw it, blind to the first one's labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="The case, # and the place of the reply, from 0.")
    risk_sensitivity: SecondRating
    emotional_empathy: SecondRating
    user_alignment: SecondRating

    def verdict(self) -> Verdict:
        """The same as a verdict."""
        seen: dict[Dimension, SecondRating] = {name: getattr(self, name) for name in DIMENSIONS}
        return Verdict.of(
            {name: Rating(reason=one.why, score=one.score) for name, one in seen.items()}
        )


class SecondRater:
    """The second rater as a judge of the shipped replies: the agreement that can be hoped for."""

    name = "second rater"

    def __init__(self) -> None:
        seen = {one.id: one for one in load_yaml(_shipped("second.yaml"), list[SecondLabel])}
        self._verdicts = {
            (case.query, reply.text): seen[f"{case.id}#{place}"].verdict()
            for case in load_labels()
            for place, reply in enumerate(case.replies)
            if f"{case.id}#{place}" in seen
        }

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        """The second rater's verdict; ``Unscored`` for a reply that is not among the shipped."""
        found = self._verdicts.get((query, reply))
        return found or Unscored(cause="the second rater has not seen this reply")


def load_labels(source: Path | None = None) -> list[LabelledCase]:
    """Labelled cases of a YAML file, or the 140 replies that are shipped.

    Raises:
        DataError: The file is missing or does not fit; says where.
    """
    return load_yaml(source or _shipped("replies.yaml"), list[LabelledCase])


@lru_cache(maxsize=1)
def load_pairs() -> tuple[Pair, ...]:
    """The shipped pairs."""
    return tuple(load_yaml(_shipped("pairs.yaml"), list[Pair]))


@lru_cache(maxsize=1)
def load_attacks() -> tuple[Attack, ...]:
    """The shipped adversarial replies."""
    return tuple(load_yaml(_shipped("adversarial.yaml"), list[Attack]))


def _shipped(name: str) -> Traversable:
    return files("raise_penguin.penguin") / "data" / "judging" / name
