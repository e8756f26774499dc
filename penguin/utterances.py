"""The labelled set of utterances by which the offline reader is measured.

Two halves: rules are tuned on ``data/utterances/tuning.yaml`` and measured on ``held_out.yaml``.
How they are labelled: only what the words say of the writer counts; "my husband" shows Married;
"ok" or "hmm" answers nothing, so the question stands; a shrug or "it's complicated" is unclear.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .attributes import load_attributes
from .data_files import load_yaml

Part = Literal["tuning", "held_out"]
# fmt: off
Kind = Literal[
    "answer", "message", "several", "correction", "refusal", "unsure", "ask_back", "other_topic",
    "other_person", "negation", "range", "slang", "hypothetical",
]
# fmt: on

ANY_VALUE = "*"
"""In a label: the person's own words are right, so any value that is known counts."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Right = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
"""The values that are right, by the paper's names; one where only one is."""


class LabelledUtterance(BaseModel):
    """What one person wrote, and what it tells about them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z]{2}-\d{3}$")
    language: str = Field(pattern=r"^[a-z]{2}$", description="ISO 639-1 code.")
    asked: str = Field(description='Attribute the question was about; "" for an opening message.')
    kind: Kind
    text: str = Field(min_length=1)
    known: dict[str, Right] = Field(default={}, description="What a reader must find.")
    optional: dict[str, Right] = Field(
        default={},
        description="What it may find as well, such as the gender that only word endings show: "
        "neither missed when absent nor wrong when present.",
    )
    declined: tuple[str, ...] = Field(default=(), description="What they would rather not say.")
    unclear: tuple[str, ...] = Field(default=(), description="What they do not know.")
    stands: bool = Field(default=False, description="The question is still to be answered.")
    danger: bool = Field(default=False, description="It tells of danger too: help comes first.")

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        """Attributes and values exist, each has one label, and an unanswered question stands."""
        attributes = load_attributes()
        told = [*self.known, *self.optional, *self.declined, *self.unclear]
        if unknown := {*told, self.asked} - {*attributes, ""}:
            raise ValueError(f"{self.id}: no attribute {', '.join(sorted(unknown))}")
        if len(told) != len(set(told)):
            raise ValueError(f"{self.id}: an attribute has two labels")
        for name, right in [*self.known.items(), *self.optional.items()]:
            if strange := {*right} - {ANY_VALUE, *(v.value for v in attributes[name].values)}:
                raise ValueError(f"{self.id}: {name} has no value {', '.join(sorted(strange))}")
        if self.stands != bool(self.asked and self.asked not in told):
            raise ValueError(f"{self.id}: a question stands when nothing answers it, and only then")
        return self


def load_utterances(part: Part) -> tuple[LabelledUtterance, ...]:
    """The utterances of one half, in the order of its file.

    Raises:
        DataError: The file is missing, or a label names an attribute or value that is none.
    """
    source = files("raise_penguin.penguin") / "data" / "utterances" / f"{part}.yaml"
    return tuple(load_yaml(source, list[LabelledUtterance]))
