"""What a policy store holds of one plan, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    PlainSerializer,
    model_validator,
)

from ..penguin.errors import MessageError
from .plan import Branch

LEAST, MOST = 1.0, 5.0
"""The ends of the judge's scale, between which every mean score lies; no cost is taken off."""

OUTCOME = frozenset({"evaluations", "unscored", "cost", "made"})
"""What came out of planning, as against what was asked for."""


class Cost(BaseModel):
    """What a plan cost to make; None where it was not counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: int = Field(ge=0, description="Calls of models or of their offline rules.")
    tokens: int | None = Field(default=None, ge=0)
    money: float | None = Field(default=None, ge=0, description="In the currency of the prices.")


class Provenance(BaseModel):
    """How a plan was made, enough to make it again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planner: str = Field(description="Its name; 'imported' where another program planned.")
    models: dict[str, str] = Field(description="Model by role; 'offline' is the built-in rules.")
    prompts: dict[str, str] = Field(default={}, description="Prompt versions by name.")
    depth: int = Field(ge=0, description="Questions wanted.")
    budget: int | None = Field(description="Evaluations allowed; None: not known.")
    evaluations: int = Field(ge=0, description="Of the search, without its branches; 0: imported.")
    people: int | None = Field(description="Profiles a set was scored for; None: not known.")
    seed: int | None = Field(description="Seed of people and search; None: not known.")
    unscored: int = Field(default=0, description="Replies that got no score.")
    cost_weight: float = Field(default=0.0, description="Points that a cost of 1 is worth.")
    branch: bool = Field(default=False, description="Whether the order may branch on answers.")
    start_from: str = Field(default="", description="Fingerprint of the store it started from.")
    in_flight: int | None = Field(
        default=None, ge=1, description="Evaluations under way at once; None: not known."
    )
    cost: Cost | None = Field(default=None, description="None where it was not counted.")
    made: date | None = Field(default=None, description="The day; no part of a fingerprint.")
    source: str = Field(default="", description="File and line of an imported plan.")

    def differences(self, other: Provenance) -> dict[str, str]:
        """The settings in which another differs, each as here and as there.

        What came out and when is no setting; what one of them does not know is no difference.
        """
        here, there = (one.model_dump(exclude=set(OUTCOME)) for one in (self, other))
        if self.in_flight is None or other.in_flight is None:
            del here["in_flight"], there["in_flight"]
        return {
            name: f"{here[name]} -> {there[name]}" for name in here if here[name] != there[name]
        }

    def same_settings(self, other: Provenance) -> bool:
        """Whether both were made with the same settings, whatever came out and whenever."""
        return not self.differences(other)


def on_scale(value: float) -> float:
    """The nearest mean score that there can be."""
    return min(max(value, LEAST), MOST)


def _possible(value: float) -> float:
    if not LEAST <= value <= MOST:
        raise ValueError(
            f"{value:g} is no mean score: give it on the judge's scale of {LEAST:g} to {MOST:g}, "
            "with no cost taken off"
        )
    return value


def checked_message(query: str) -> str:
    """A message that a plan can be for or be searched by, as it is.

    Raises:
        MessageError: It is empty, or no text that can be written down.
    """
    if not query.strip():
        raise MessageError("the message is empty: give its words")
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise MessageError(
            f"the message holds half of a character at place {error.start}: save it as UTF-8"
        ) from error
    return query


def _sets(value: object) -> object:
    """Sets of attributes by their names in one string, as JSON has them."""
    if not isinstance(value, Mapping):
        return value
    held = cast("Mapping[object, object]", value)
    return {frozenset(key.split()) if isinstance(key, str) else key: held[key] for key in held}


def _named(scores: Mapping[frozenset[str], float]) -> dict[str, float]:
    by_name = {" ".join(sorted(known)): score for known, score in scores.items()}
    return dict(sorted(by_name.items()))


AttributeId = Annotated[str, Field(pattern=r"^\S+$")]

MeanScore = Annotated[FiniteFloat, AfterValidator(_possible)]

Scores = Annotated[
    dict[frozenset[AttributeId], MeanScore],
    BeforeValidator(_sets),
    PlainSerializer(_named, return_type=dict[str, float], when_used="json"),
]
"""Mean reward by set of attribute ids; in JSON a set is its ids, sorted, with blanks between."""


class PlanRecord(BaseModel):
    """One stored plan.

    ``values`` is empty where the rewards are not known, as with plans of other programs; ``errors``
    where nobody measured how sure they are. Neither is ever filled with a guess.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: Annotated[str, AfterValidator(checked_message)]
    domain: str = Field(description="'' where it is not known, as of other programs' plans.")
    situation: str = Field(description="As with the domain.")
    path: tuple[AttributeId, ...]
    values: tuple[MeanScore, ...] = Field(
        description="Expected reward of every prefix, the empty one first; empty: not known."
    )
    provenance: Provenance
    errors: tuple[Annotated[FiniteFloat, Field(ge=0)], ...] = Field(
        default=(), description="Standard error of each value; 0 where it is exact."
    )
    scores: Scores = Field(default={}, description="Mean of what was evaluated, by set.")
    tree: Branch | None = Field(default=None, description="None: the path for everybody.")
    replaced: tuple[Provenance, ...] = Field(
        default=(), description="Of plans for the same message that a merge left out for this one."
    )

    @model_validator(mode="after")
    def _lengths_fit(self) -> PlanRecord:
        if len(set(self.path)) != len(self.path):
            raise ValueError("path names an attribute twice")
        for name, numbers in (("values", self.values), ("errors", self.errors)):
            if numbers and len(numbers) != len(self.path) + 1:
                raise ValueError(
                    f"{name} has {len(numbers)} numbers for {len(self.path)} questions; it needs "
                    f"{len(self.path) + 1}, or none where they are not known"
                )
        for node in _nodes(self.tree):
            if not abs(node.gain) <= MOST - LEAST:
                raise ValueError(
                    f"tree: asking {node.attribute} gains {node.gain:g} points; on a scale of "
                    f"{LEAST:g} to {MOST:g} a gain is {LEAST - MOST:g} to {MOST - LEAST:g}"
                )
        return self

    def chosen_by(self) -> dict[str, Any]:
        """All that can change a choice or tells how it was made: the part of a fingerprint.

        When a plan was made, what it cost, and what it replaced are left out, so that planning
        again gives the same fingerprint; so is how many evaluations were under way at once, which
        older plans do not know.
        """
        return self.model_dump(
            mode="json", exclude={"provenance": {"made", "cost", "in_flight"}, "replaced": True}
        )


def _nodes(tree: Branch | None) -> Iterator[Branch]:
    """Every question of a tree."""
    left = [tree]
    while left:
        if (node := left.pop()) is not None:
            yield node
            left += [*node.by_value.values(), node.otherwise]


def last(stored: PlanRecord, new: PlanRecord) -> PlanRecord:
    """Of two plans for one message, the new one."""
    del stored
    return new


def better_known(stored: PlanRecord, new: PlanRecord) -> PlanRecord:
    """Of two plans for one message, the one with more evaluations; the new one where they tie.

    The provenance of the other is kept beside it, once.
    """
    more = stored.provenance.evaluations > new.provenance.evaluations
    kept, other = (stored, new) if more else (new, stored)
    left_out = [*kept.replaced, *other.replaced, other.provenance]
    distinct = {one.model_dump_json(): one for one in left_out if one != kept.provenance}
    return kept.model_copy(update={"replaced": tuple(distinct.values())})


def pack_scores(scores: Mapping[frozenset[str], float]) -> dict[str, Any]:
    """Scores in a quarter of the room: the attributes once, and each set as a hexadecimal mask."""
    names = sorted({name for known in scores for name in known})
    bits = {name: 1 << place for place, name in enumerate(names)}
    masks = {sum(bits[name] for name in known): score for known, score in scores.items()}
    return {"of": names, "sets": {f"{mask:x}": masks[mask] for mask in sorted(masks)}}


def unpack_scores(packed: Mapping[str, Any]) -> dict[frozenset[str], float]:
    """The scores of a packed form.

    Raises:
        ValueError: It is no packed form.
    """
    try:
        names: list[str] = list(packed["of"])
        sets: dict[str, float] = dict(packed["sets"])
        return {
            frozenset(names[bit] for bit in range(mask.bit_length()) if mask >> bit & 1): score
            for mask, score in ((int(key, 16), score) for key, score in sets.items())
        }
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"scores are no packed scores: {error!r}") from error
