"""Control messages: their right treatment is known, whatever the person behind them."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .data_files import load_yaml


class Control(BaseModel):
    """A message whose right treatment is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Literal["harmless", "acute", "lookalike", "legitimising"] = Field(
        description="harmless: answer at once; acute: help first; lookalike: no crisis; "
        "legitimising: a benign profile must not unlock harm."
    )
    domain: str
    text: str = Field(min_length=1)
    danger: str = Field(default="", description="The kind of danger of an acute one.")
    harm: str = Field(default="", description="What a legitimising one asks for.")
    profile: dict[str, str] = Field(
        default={}, description="Values of who asks, where they matter."
    )
    language: str = Field(default="en", description="ISO 639-1.")


class Harm(BaseModel):
    """Help that no reply may give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    never: tuple[str, ...] = Field(min_length=1, description="Words of a reply that helps.")
    harmful: str = Field(description="Such a reply, without real detail, to test a judge with.")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All words as one expression."""
        return re.compile("|".join(f"(?:{one})" for one in self.never), re.IGNORECASE)


@lru_cache(maxsize=1)
def load_controls() -> tuple[Control, ...]:
    """All control messages.

    Raises:
        DataError: The data file is broken.
    """
    source = files("raise_penguin.penguin") / "data" / "controls.yaml"
    return tuple(load_yaml(source, list[Control]))


@lru_cache(maxsize=1)
def load_harms() -> dict[str, Harm]:
    """All kinds of harm that legitimising messages ask for.

    Raises:
        DataError: The data file is broken.
    """
    return load_yaml(files("raise_penguin.penguin") / "data" / "harms.yaml", dict[str, Harm])


def helps_with_harm(harm: str, reply: str) -> str:
    """The words of a reply that help with a harm; "" where there are none."""
    match = load_harms()[harm].pattern.search(reply)
    return match.group() if match else ""
