"""The offline simulated user: answers what is asked, from a hidden profile, and nothing else."""

from __future__ import annotations

import hashlib

from ..attributes import load_attributes
from ..profile import Profile

DECLINES = (
    "I'd rather not say.",
    "Skip that one, please.",
    "I prefer not to answer that.",
    "I don't want to talk about that.",
    "That's private.",
)
UNKNOWNS = ("I don't know.", "Hard to say.", "No idea, honestly.", "I'm not sure.")
PUZZLED = ("What do you mean?", "Sorry, I don't follow. What are you asking?")


class OfflineUser:
    """A person made of a profile and varied sentences.

    Args:
        profile: Hidden; only what a question asks for is told.
        seed: Chooses the wording, so that the same dialogue reads the same again.
        declines: Attributes that the person does not talk about.

    Example:
        >>> import asyncio
        >>> user = OfflineUser(Profile(id="p", values={"age": "18-24"}), seed=1)
        >>> asyncio.run(user.answer("What is your gender?")) in UNKNOWNS
        True
    """

    name = "offline"

    def __init__(
        self, profile: Profile, *, seed: int = 0, declines: frozenset[str] = frozenset()
    ) -> None:
        self._profile = profile
        self._seed = seed
        self._declines = declines

    async def answer(self, question: str) -> str:
        """Answer one question; a question that is not understood is asked back."""
        asked = [item for item in load_attributes().values() if item.asked_pattern.search(question)]
        if not asked:
            return self._one_of(PUZZLED, question)
        item = asked[0]
        if item.id in self._declines:
            return self._one_of(DECLINES, question)
        known = self._profile.known(item.id)
        if known is None:
            return self._one_of(UNKNOWNS, question)
        value = item.value_named(known)
        return self._one_of(value.said, question) if value else known

    def _one_of(self, sentences: tuple[str, ...], question: str) -> str:
        key = f"{self._seed}/{self._profile.id}/{question}".encode()
        return sentences[int.from_bytes(hashlib.sha256(key).digest()[:4], "big") % len(sentences)]
