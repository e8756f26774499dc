"""What counts as a readable message: cleaned and bounded; a person's words are data."""

from __future__ import annotations

import unicodedata

from ..penguin.errors import MessageError

MAX_CHARACTERS = 50_000
"""Longest message that is read, about twenty printed pages."""


def readable(text: str) -> str:
    """A message without control characters.

    Raises:
        MessageError: Nothing is left to read, or it is longer than MAX_CHARACTERS.
    """
    if len(text) > MAX_CHARACTERS:
        raise MessageError(
            f"the message has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: "
            "send the part that matters most; if somebody is in danger, call your local "
            "emergency number now"
        )
    cleaned = without_controls(text)
    if not cleaned:
        raise MessageError("the message is empty: write what is going on, in your own words")
    return cleaned


def without_controls(text: str) -> str:
    """The text without control and unpaired surrogate characters, ends trimmed."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    ).strip()
