"""What the danger rules of a language see in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

from ...penguin.data_files import load_yaml
from ..roles.protocols import Danger
from .phrases import NAME, Phrasing, Words, phrasing
from .rules import (
    FOLDER,
    LANGUAGES,
    About,
    Care,
    Frame,
    Grade,
    Marker,
    Move,
    Phrases,
    Rules,
    Shared,
)
from .spelling import folded, near_misses, words_of

K = TypeVar("K", bound=str)


@dataclass(frozen=True)
class Sign:
    """The phrases of one kind and grade."""

    danger: Danger
    grade: Grade
    about: About
    phrasing: Phrasing
    beside: tuple[Phrasing, ...] = ()
    """What must stand near it as well; nothing for most."""


class Reader:
    """The rules of one language."""

    def __init__(self, rules: Rules, shared: Shared | None = None) -> None:
        self.rules, self.language = rules, rules.language
        self._shared = shared or Shared(danger={}, worried={})
        own = [f"[{rules.letters}]"] if rules.letters else []
        words = [rf"(?<!\w)(?:{rules.telling})(?!\w)"] if rules.telling else []
        self._phrasings: dict[Phrases, Phrasing | None] = {}
        self._telling = re.compile("|".join(own + words))
        self._letters = {
            ord(other): letter
            for others, letters in rules.variants.items()
            for other, letter in zip(others, letters, strict=True)
        }
        self._spelt = near_misses(map(folded, rules.near))
        for right, others in rules.spellings.items():
            self._spelt |= {
                self._plain(folded(other)): self._plain(folded(right)) for other in others
            }
        self._other_spellings = [one for one in self._spelt if " " in one]

    @cached_property
    def signs(self) -> tuple[Sign, ...]:
        """All phrases of danger, about the writer and about somebody else."""
        return tuple(
            sign
            for about, kind, grade, phrases in self._written()
            for sign in self._of(kind, grade, about, phrases)
        )

    def _written(self) -> Iterator[tuple[About, Danger, Grade, tuple[str, ...]]]:
        """This language's own phrases, then those of every language that it has the words for."""
        known = set(self.rules.lists)
        for rules in (self.rules, self._shared):
            own = rules is self.rules
            for kind, grades in rules.danger.items():
                for grade, phrases in grades.items():
                    yield "self", kind, grade, phrases if own else _sayable(phrases, known)
            for kind, phrases in rules.worried.items():
                yield "other", kind, "high", phrases if own else _sayable(phrases, known)

    def _of(
        self, kind: Danger, grade: Grade, about: About, phrases: tuple[str, ...]
    ) -> Iterator[Sign]:
        """One sign for all plain phrases, and one for each that needs others near it."""
        if plain := self.phrasing(tuple(one for one in phrases if "&" not in one)):
            yield Sign(kind, grade, about, plain)
        for phrase in phrases:
            first, *others = (self.phrasing((part.strip(),)) for part in phrase.split("&"))
            if first and others:
                beside = tuple(other for other in others if other)
                yield Sign(kind, grade, about, first, beside)

    @cached_property
    def markers(self) -> dict[Marker, Phrasing]:
        """Words of despair that are no danger alone."""
        return self._each(self.rules.markers)

    @cached_property
    def frames(self) -> dict[Frame, Phrasing]:
        """Fiction, news, work on it, a past that is over."""
        return self._each(self.rules.frames)

    @cached_property
    def moves(self) -> dict[Move, Phrasing]:
        """What a person may say to help that was given."""
        return self._each(self.rules.moves)

    @cached_property
    def care(self) -> dict[Care, Phrasing]:
        """Matters that ask for a careful word and are no acute danger."""
        return self._each(self.rules.care)

    @cached_property
    def not_meant(self) -> Phrasing | None:
        """Figures of speech and denials."""
        return self.phrasing(self.rules.not_meant)

    @cached_property
    def soon(self) -> Phrasing | None:
        """Words that make it immediate."""
        return self.phrasing(self.rules.soon)

    @cached_property
    def present(self) -> Phrasing | None:
        """Words that bring a frame's sentence back into the present."""
        return self.phrasing(self.rules.present)

    @cached_property
    def theirs(self) -> Phrasing | None:
        """What is said of somebody else, where the words alone do not tell."""
        return self.phrasing(self.rules.theirs)

    @cached_property
    def forget(self) -> Phrasing | None:
        """A wish to have something forgotten."""
        return self.phrasing(self.rules.forget)

    @cached_property
    def but(self) -> Phrasing | None:
        """Words with which a sentence turns."""
        return self.phrasing(self.rules.but)

    def out_of_the_present(self, words: Words) -> bool:
        """Whether a sentence is fiction, news, work or a past that is over."""
        if not any(frame.search(words) for frame in self.frames.values()):
            return False
        return not (self.present and self.present.search(words))

    def concerns(self, text: str) -> bool:
        """Whether a folded text may hold words of the language, and is worth reading by it."""
        return bool(self._telling.search(text.replace("'", " ")))

    def words(self, sentence: str) -> Words:
        """A sentence of folded text as this language's phrases expect it."""
        plain = self._plain(sentence)
        if self.rules.spaces:
            plain = " ".join(self._spelt.get(word, word) for word in plain.split())
            for other in self._other_spellings:
                if other in plain:
                    plain = re.sub(rf"\b{other}\b", self._spelt[other], plain)
        return Words(plain)

    def phrasing(self, phrases: Phrases) -> Phrasing | None:
        """Phrases of this file as one expression; the same phrases give the same object."""
        if phrases not in self._phrasings:
            rules = self.rules
            self._phrasings[phrases] = phrasing(
                phrases,
                rules.lists,
                apostrophe=rules.apostrophe,
                spaces=rules.spaces,
                gap=rules.gap,
                edges=rules.edges,
            )
        return self._phrasings[phrases]

    def _each(self, phrases: dict[K, Phrases]) -> dict[K, Phrasing]:
        return {name: one for name, each in phrases.items() if (one := self.phrasing(each))}

    def _plain(self, text: str) -> str:
        text = text.translate(self._letters)
        return words_of(text, apostrophe=self.rules.apostrophe, spaces=self.rules.spaces)


def _sayable(phrases: tuple[str, ...], lists: set[str]) -> tuple[str, ...]:
    return tuple(one for one in phrases if set(NAME.findall(one)) <= lists)


@lru_cache(maxsize=1)
def readers() -> tuple[Reader, ...]:
    """The rules of every language.

    Raises:
        DataError: A file is missing or broken.
    """
    return tuple(Reader(load_yaml(FOLDER / f"{code}.yaml", Rules), _shared()) for code in LANGUAGES)


@lru_cache(maxsize=1)
def lone_words() -> frozenset[str]:
    """Words, folded, that tell of suicide when they are all that somebody writes."""
    return frozenset(words_of(folded(word)) for word in _shared().alone)


@lru_cache(maxsize=1)
def _shared() -> Shared:
    return load_yaml(FOLDER / "shared.yaml", Shared)
