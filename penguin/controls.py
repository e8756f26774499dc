"""Control messages: harmless, in acute danger, and look-alikes of danger."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .data_files import load_yaml


class Control(BaseModel):
    """A message whose right treatment is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Literal["harmless", "acute", "lookalike"]
    domain: str
    text: str = Field(min_length=1)
    danger: str = Field(default="", description="The kind of danger of an acute one.")
    language: str = Field(default="en", description="ISO 639-1.")


@lru_cache(maxsize=1)
def load_controls() -> tuple[Control, ...]:
    """All control messages."""
    source = files("raise_penguin.penguin") / "data" / "controls.yaml"
    return tuple(load_yaml(source, list[Control]))
