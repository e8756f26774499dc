"""In which language and how formally to speak to somebody: as they write, unless a setting says."""

from __future__ import annotations

from typing import NamedTuple

from .context import RaiseContext
from .state import RaiseState
from .wording import Speech, formal_in, language_of


class Manner(NamedTuple):
    """How a person is spoken to."""

    language: str
    formal: bool

    @property
    def speech(self) -> Speech:
        """The sentences for it."""
        return Speech(self.language, self.formal)


def manner(state: RaiseState, context: RaiseContext, text: str, *, danger_in: str = "") -> Manner:
    """How to go on speaking after somebody said something; a short answer changes little.

    Args:
        state: The dialogue so far.
        context: Its settings, which may name a language.
        text: What was said.
        danger_in: Language in which the rules saw danger in it: "quiero morirme" is Spanish, and
            "vou me matar" Portuguese, whatever the words around it are taken for. "" where they
            saw none.
    """
    before = state.get("language") or ""
    if not before and state.get("query"):  # a thread of version 1
        before = language_of(state["query"])
    spoken = language_of(text, before)
    if danger_in and (spoken == "en" or spoken != before):  # English also where nothing tells
        spoken = danger_in
    language = context.language or spoken
    so_far = state.get("formal", False) if language == state.get("language") else None
    return Manner(language, formal_in(language, text, so_far))
