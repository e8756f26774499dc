"""The offline simulated user: answers from a hidden profile, in one or more behaviours."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from ..attributes import Attribute, attribute, load_attributes
from ..languages import load_phrases, said_in
from ..profile import Profile
from ..reading import read_facts
from .behaviours import Behaviour, behaviours_named

T = TypeVar("T")

PUZZLED = ("What do you mean?", "Sorry, I don't follow. What are you asking?")
LONG_SCHOOLING = ("Master's", "PhD")
FULL_FORMS = {
    r"\bI'm\b": "I am",
    r"\bI've\b": "I have",
    r"\bI'd\b": "I would",
    r"\bdon't\b": "do not",
    r"\bcan't\b": "cannot",
    r"\bit's\b": "it is",
    r"\bthat's\b": "that is",
}


@lru_cache(maxsize=1_000)
def _telling(attribute_id: str, value: str) -> tuple[str, ...]:
    """Sentences that tell a value to somebody who did not ask; "Yes, I have" does not."""
    found = attribute(attribute_id).value_named(value)
    if found is None:
        return (value,)
    told = [said for said in found.said if attribute_id in read_facts(said, source="message")]
    return tuple(told) or found.said


class OfflineUser:
    """A person made of a profile and varied sentences.

    Args:
        profile: Hidden; only what a question asks for is told, unless a behaviour volunteers.
        seed: Chooses the wording, so that the same dialogue reads the same again.
        behaviours: Ids, in the order in which they are tried; "cooperative" ends every list.
        declines: Attributes that the person does not talk about, whatever the behaviours.
        lies_about: The attribute that a lying person lies about; chosen by the seed if empty.
        language: Of a person who answers in another language; chosen by the seed if empty.

    Example:
        >>> import asyncio
        >>> user = OfflineUser(Profile(id="p", values={"age": "18-24"}), behaviours=["terse"])
        >>> "2" in asyncio.run(user.answer("How old are you?")) or user.left
        True
    """

    name = "offline"

    def __init__(
        self,
        profile: Profile,
        *,
        seed: int = 0,
        behaviours: Sequence[str] = (),
        declines: frozenset[str] = frozenset(),
        lies_about: str = "",
        language: str = "",
    ) -> None:
        self.left = False
        """Whether the person has gone; whoever holds the dialogue ends it."""
        self._profile = profile
        self._seed = seed
        self._declines = declines
        self._behaviours = behaviours_named([*behaviours, "cooperative"])
        self._refusals, self._doubts = behaviours_named(["declining", "unsure"])
        self._lies_about = lies_about or self._one_of(list(profile.values) or [""], "lie")
        self._language = language or self._one_of(list(load_phrases()), "language")
        self._asked: Counter[str] = Counter()
        self._answered = 0

    async def answer(self, question: str) -> str:
        """Answer one question; a question that is not understood is asked back."""
        asked = [item for item in load_attributes().values() if item.asked_pattern.search(question)]
        if not asked:
            return self._one_of(PUZZLED, question)
        item = asked[0]
        self._asked[item.id] += 1
        key = f"{question}/{self._asked[item.id]}"
        if item.id in self._declines:
            return self._registered(self._worded(self._refusals, key))
        for behaviour in self._behaviours:
            said = self._said(behaviour, item, key)
            if said is not None:
                self._answered += 1
                return said if behaviour.kind == "translate" else self._registered(said)
        return self._registered(self._worded(self._doubts, key))

    def _said(  # noqa: PLR0911 - one kind of behaviour after another
        self, behaviour: Behaviour, item: Attribute, key: str
    ) -> str | None:
        """What a behaviour says to a question; None where it has nothing to say to it."""
        known = self._profile.known(item.id)
        kind = behaviour.kind
        if kind == "crisis":
            return self._worded(behaviour, key) if self._answered >= behaviour.after else None
        if kind == "leave":
            self.left = self._answered >= behaviour.after
            return self._worded(behaviour, key) if self.left else None
        if kind == "once":
            return self._worded(behaviour, key) if self._asked[item.id] == 1 else None
        if kind == "decline":
            return self._worded(behaviour, key) if item.sensitive or self._declines else None
        if known is None:
            return None
        if kind in ("vague", "unsure"):
            return self._worded(behaviour, key)
        if kind == "translate":
            foreign = said_in(self._language, item.id, known)
            return self._worded(behaviour, key, answer=foreign) if foreign else None
        if kind == "lie" and item.id != self._lies_about:
            return None
        return self._worded(
            behaviour,
            key,
            answer=self._value(item, known, key, shortest=behaviour.shortest),
            wrong=self._other(item, known, key if kind == "correct" else "always"),
            more=self._more(behaviour, item, key),
        )

    def _value(self, item: Attribute, value: str, key: str, *, shortest: bool = False) -> str:
        """How the person says a value; free text outside the paper's range as a sentence."""
        found = item.value_named(value)
        if found is None:
            return value if value.endswith((".", "!", "?")) else f"{value}."
        if shortest:
            short = sorted(found.said, key=len)[:3]
            return self._one_of(short, f"{key}/{item.id}")
        return self._one_of(found.said, f"{key}/{item.id}")

    def _other(self, item: Attribute, value: str, key: str) -> str:
        """How somebody would say another value of the same attribute."""
        others = [one.value for one in item.values if one.value != value]
        return self._value(item, self._one_of(others, f"{key}/{item.id}/other"), key)

    def _more(self, behaviour: Behaviour, item: Attribute, key: str) -> str:
        """Further facts that nobody asked for."""
        others = [
            other
            for other in load_attributes().values()
            if other.id != item.id and self._profile.known(other.id)
        ]
        told: list[str] = []
        for place in range(min(behaviour.volunteers, len(others))):
            other = self._one_of(others, f"{key}/more/{place}")
            others.remove(other)
            value = self._profile.values[other.id]
            told.append(self._one_of(_telling(other.id, value), f"{key}/{other.id}"))
        return " ".join(told)

    def _worded(self, behaviour: Behaviour, key: str, **parts: str | None) -> str:
        texts = behaviour.in_language.get(self._language, behaviour.texts)
        text = self._one_of(texts, f"{key}/{behaviour.id}")
        for name, part in parts.items():
            text = text.replace(f"{{{name}}}", part or "")
        return (text + self._one_of(behaviour.tails, f"{key}/{behaviour.id}/tail")).strip()

    def _registered(self, text: str) -> str:
        """The same words as somebody of that age and schooling types them."""
        age = self._profile.known("age") or ""
        if age.startswith("18"):
            return re.sub(r"[.]$", "", text.lower())
        if age.startswith("55") or self._profile.known("education_level") in LONG_SCHOOLING:
            for short, full in FULL_FORMS.items():
                text = re.sub(short, full, text)
        return text

    def _one_of(self, choices: Sequence[T], key: str) -> T:
        digest = hashlib.sha256(f"{self._seed}/{self._profile.id}/{key}".encode()).digest()
        return choices[int.from_bytes(digest[:8], "big") % len(choices)]
