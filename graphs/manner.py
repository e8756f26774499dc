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


def manner(state: RaiseState, context: RaiseContext, text: str) -> Manner:
    """How to go on speaking after somebody said something; a short answer changes little."""
    before = state.get("language") or ""
    if not before and state.get("query"):  # a thread of version 1
        before = language_of(state["query"])
    language = context.language or language_of(text, before)
    return Manner(
        language, formal_in(language, text, state.get("formal") if language == before else None)
    )
