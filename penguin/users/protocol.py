"""The simulated user's contract."""

from __future__ import annotations

from typing import Protocol


class SimulatedUser(Protocol):
    """A person with a hidden profile who answers the agent's questions."""

    name: str

    left: bool
    """Whether the person has gone; the harness ends the dialogue, never a word in the text."""

    async def answer(self, question: str) -> str:
        """Answer one question as the person would, from the profile only.

        Args:
            question: The question's text as a person would read it.
        """
        ...
