"""The danger rules as they are written: the form of ``data/danger/<language>.yaml``."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..roles.protocols import Danger

FOLDER = files("raise_penguin.graphs.crisis") / "data" / "danger"
LANGUAGES = ("en", "es", "fr", "de", "pt", "zh", "hi", "ar")
About = Literal["self", "other"]
Grade = Literal["low", "high", "immediate", "before"]
"""How grave a phrase is; "before" is a thing done or thought before: grave unless it is over."""
Marker = Literal["hopeless", "trapped", "burden", "pain", "farewell", "alone", "projection"]
Frame = Literal["fiction", "news", "work", "past"]
Care = Literal["psychosis", "eating", "ruin"]
Move = Literal["retraction", "explanation", "refusal", "thanks", "yes", "no"]


def _lines(written: object) -> object:
    """A block of text holds one phrase a line."""
    return tuple(written.strip().splitlines()) if isinstance(written, str) else written


Phrases = Annotated[tuple[str, ...], BeforeValidator(_lines)]


class Rules(BaseModel):
    """One file, as it is written. Notation: ``phrases.py``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str
    apostrophe: str = Field(default="", description="What stands for one: nothing or a space.")
    spaces: bool = Field(default=True, description="Whether the script sets spaces between words.")
    edges: bool = Field(default=True, description="Whether a phrase begins and ends with a word.")
    gap: int = Field(default=30, description="Characters that … may stand for.")
    letters: str = Field(default="", description="Letters that are this language's own.")
    variants: dict[str, str] = Field(
        default={}, description="Other forms of letters, and in the same order what they stand for."
    )
    telling: str = Field(
        default="", description="Common words, one of which nearly any text holds."
    )
    lists: dict[str, str] = {}
    spellings: dict[str, Phrases] = Field(default={}, description="Other spellings of a word.")
    near: Phrases = Field(default=(), description="Words that are known with one slip in them.")
    danger: dict[Danger, dict[Grade, Phrases]]
    worried: dict[Danger, Phrases] = Field(description="Somebody else is in danger.")
    soon: Phrases = Field(description="Words that make it immediate.")
    markers: dict[Marker, Phrases]
    not_meant: Phrases = Field(description="Figures of speech and denials that share its words.")
    frames: dict[Frame, Phrases] = Field(description="What puts a sentence out of the present.")
    present: Phrases = Field(description="Words that bring it back into the present.")
    theirs: Phrases = Field(
        default=(), description="What says of others what a phrase says of the writer."
    )
    forget: Phrases = Field(
        description="Asks the agent to forget what the writer tells of themselves: it is meant."
    )
    but: Phrases = Field(description="Words with which a sentence turns to something else.")
    moves: dict[Move, Phrases] = Field(description="What may be said after help.")
    care: dict[Care, Phrases] = {}


class Shared(BaseModel):
    """What is put together in the same way in every language, from the lists of each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    danger: dict[Danger, dict[Grade, Phrases]]
    worried: dict[Danger, Phrases]
    alone: tuple[str, ...] = Field(default=(), description="Suicide, where no other word stands.")
