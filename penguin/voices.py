"""Voices: the same question asked in another mood and another way of typing.

Voices are data (``data/voices.yaml``). Which one a message gets is drawn apart from its sender's
profile: a voice that went with age or schooling would tell the agent what it should have to ask.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .data_files import data_files, load_yaml

T = TypeVar("T")

FINAL_MARK_KEPT = 0.6
"""How often a chat message keeps its last question mark."""


class Voice(BaseModel):
    """A way of writing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    typing: Literal["plain", "lower"]
    share: float = Field(gt=0, description="How often it is drawn, beside the others.")
    openers: tuple[str, ...] = Field(min_length=5)
    closers: tuple[str, ...] = Field(min_length=5)


@dataclass(frozen=True)
class Voiced:
    """A message as a voice puts it, and what of it is not the writer's own."""

    text: str
    opener: str = ""
    closer: str = ""


@lru_cache(maxsize=1)
def load_voices() -> tuple[Voice, ...]:
    """All voices.

    Raises:
        DataError: The data file is broken.
    """
    return tuple(
        voice
        for source in data_files("penguin", "voices.yaml")
        for voice in load_yaml(source, list[Voice])
    )


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of some choices; uses ``random()`` alone, whose stream no release of numpy changes."""
    return choices[int(rng.random() * len(choices))]


def shuffled(rng: np.random.Generator, items: Sequence[T]) -> list[T]:
    """The items in an order that is drawn."""
    keys = [rng.random() for _ in items]
    return [item for _, item in sorted(zip(keys, items, strict=True), key=lambda pair: pair[0])]


def draw_voice(rng: np.random.Generator, text: str) -> Voice:
    """A voice that fits how a text is typed: what is typed as in a chat stays so."""
    voices = [voice for voice in load_voices() if not _typed_low(text) or voice.typing == "lower"]
    left = rng.random() * sum(voice.share for voice in voices)
    for voice in voices:
        left -= voice.share
        if left < 0:
            return voice
    return voices[-1]


def voiced(
    rng: np.random.Generator, voice: Voice, sentences: Sequence[str], *, frame: float
) -> Voiced:
    """Put sentences into a voice.

    Args:
        rng: The only source of chance.
        voice: The voice.
        sentences: What is said, in order.
        frame: How often an opener is put before and, apart from that, a closer after it, 0 to 1.
    """
    opener = pick(rng, voice.openers) if rng.random() < frame else ""
    closer = pick(rng, voice.closers) if rng.random() < frame else ""
    body = [part for part in (opener, *sentences, closer) if part]
    if voice.typing == "lower":
        return Voiced(_chat(rng, body), opener, closer)
    return Voiced(" ".join(body), opener, closer)


def _typed_low(text: str) -> bool:
    """Whether a text is typed without capitals at its beginning."""
    letter = re.search(r"[^\W\d_]", text)
    return bool(letter and letter.group().islower())


def _chat(rng: np.random.Generator, body: Sequence[str]) -> str:
    """Small letters, few full stops."""
    low = [part.lower() for part in body]
    if rng.random() < 0.5:  # noqa: PLR2004 - half of them drop the apostrophe
        low = [re.sub(r"\b(i|don|can|won|didn|isn|doesn|wasn|aren)'(m|ve|d|ll|t)\b", r"\1\2", part)
               for part in low]  # fmt: skip
    marks = (",", ".", ".", " -", "...")
    joined = low[0]
    for before, part in pairwise(low):
        glue = "" if before[-1] in ".?!,:" else pick(rng, marks)
        joined += f"{glue} {part}"
    if joined.endswith(".") or (joined.endswith("?") and rng.random() > FINAL_MARK_KEPT):
        joined = joined[:-1]
    return joined
