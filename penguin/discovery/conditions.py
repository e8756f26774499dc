"""Conditions on a person in texts: "if you have ...", "where you live", "are you ...?"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..data_files import load_yaml
from .exchanges import Exchange

Form = Literal["clause", "noun", "have", "be", "question", "thing", "someone"]
WORD = re.compile(r"\b[a-z]{3,}\b")
"""A word that can name a need."""
MOST_WORDS = 6
"""Words of a condition; what follows is mostly the advice."""
SHORT = {"'re": "are", "'m": "are", "'ve": "have", "am": "are"}
TO_SECOND = {"i": "you", "my": "your", "me": "you", "our": "your", "us": "you", "we": "you"}


class Source(BaseModel):
    """One way in which a condition is put."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    pattern: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern."""
        return re.compile(self.pattern, re.IGNORECASE | re.MULTILINE)


class Ways(BaseModel):
    """The data file ``discovery.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replies: tuple[Source, ...]
    messages: tuple[Source, ...]
    states: tuple[str, ...]
    ends: frozenset[str]
    empty: frozenset[str]
    idle: tuple[str, ...]

    @cached_property
    def idle_pattern(self) -> re.Pattern[str]:
        """What starts a condition that is not about the person."""
        return re.compile(rf"(?:{'|'.join(self.idle)})", re.IGNORECASE)


@lru_cache(maxsize=1)
def load_ways() -> Ways:
    """How conditions look.

    Raises:
        DataError: The data file is broken.
    """
    return load_yaml(files("raise_penguin.penguin") / "data" / "discovery.yaml", Ways)


@dataclass(frozen=True)
class Condition:
    """Something that an answer was said to depend on."""

    message: str
    """Id of the exchange."""
    quote: str
    """The words, as they stand there."""
    sentence: str
    """The sentence in which they stand."""
    form: Form
    verb: str
    """"have", "are", "live" ...; "" for a noun or a question."""
    what: str
    """What the person has, is or does, lower case: "young children", "where you live"."""

    @property
    def clause(self) -> str:
        """The condition as a clause: "you have young children", "there are steps"."""
        if self.form == "thing":
            return f"there are {self.what}"
        if self.form == "someone":
            return f"someone {self.what}"
        if self.form == "question":
            return self.what
        return f"you {self.verb} {self.what}" if self.verb else f"your {self.what}"

    @property
    def open(self) -> bool:
        """Whether it asks which one, and not whether or not."""
        return self.form in ("noun", "question")

    @property
    def content(self) -> str:
        """The words that carry its meaning; "" where there are none."""
        empty = load_ways().empty
        words = [*([self.verb] if self.form == "clause" else []), *self.what.split()]
        return " ".join(word for word in words if word not in empty)


def find_conditions(exchange: Exchange) -> list[Condition]:
    """The conditions on a person in a message and its reply, each thing once."""
    ways = load_ways()
    found: dict[str, Condition] = {}
    for text, sources in ((exchange.reply, ways.replies), (exchange.query, ways.messages)):
        plain = text.replace("’", "'").replace("‘", "'")
        for source in sources:
            for match in source.compiled.finditer(plain):
                for condition in _read(source.form, match, exchange.id, ways):
                    found.setdefault(condition.content, condition)
    return list(found.values())


def _read(form: Form, match: re.Match[str], message: str, ways: Ways) -> Iterator[Condition]:
    what = " ".join(match["what"].lower().split())
    if form == "clause":
        verb, what = _state(what, ways)
        if not verb:
            return
    else:
        verb = {"have": "have", "be": "are"}.get(form, "")
    words = [TO_SECOND.get(word, word) for word in what.split()]
    kept = _cut(words, ways, start=3 if form == "question" else 1)
    what = re.sub(r"^not ", "", " ".join(kept).strip(" -'\""))
    end = match.start("what") + len(match["what"])
    quote = " ".join(match.string[match.start() : end].split()).strip(" .!?,;")
    condition = Condition(message, quote, _sentence(match), form, verb, what)
    if WORD.search(condition.content) and not ways.idle_pattern.match(what):
        yield condition


def _sentence(match: re.Match[str]) -> str:
    """The sentence round a match."""
    before = max(match.string.rfind(mark, 0, match.start("what")) for mark in ".!?\n") + 1
    after = re.search(r"[.!?\n]|$", match.string[match.end() - 1 :])
    end = match.end() - 1 + (after.end() if after else 0)
    return " ".join(match.string[before:end].split())


def _state(what: str, ways: Ways) -> tuple[str, str]:
    """The verb of state that a clause starts with, and the rest; "" where it tells a plan."""
    what = re.sub(r"^('re|'m|'ve)\b", lambda found: f" {SHORT[found[0]]}", what).strip()
    what = re.sub(r"^(?:also|still|already|currently|do|don't|do not|really|happen to) ", "", what)
    for verb in ways.states:
        if what.startswith(f"{verb} "):
            rest = re.sub(r"^(?:not|also|still|already|currently|got|really) ", "",
                          what.removeprefix(f"{verb} "))  # fmt: skip
            return SHORT.get(verb, verb), rest
    return "", ""


def _cut(words: list[str], ways: Ways, *, start: int) -> list[str]:
    """The words up to the first that ends a condition, a few at most.

    A verb after "you" ends none: "which country you are in".
    """
    places = (n for n, word in enumerate(words) if n >= start and word in ways.ends)
    end = next((n for n in places if words[n - 1] != "you"), len(words))
    return words[: min(end, MOST_WORDS)]
