"""What the agent says about its memory, in eight languages (``data/words/*.yaml``)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from ...penguin.attributes import load_attributes
from ...penguin.data_files import load_yaml
from ...penguin.facts import Fact
from .keeping import KeptFact, keeping_rule

LANGUAGES = ("en", "es", "fr", "de", "pt", "zh", "hi", "ar")
WHOLE_YEAR = 365


class Say(BaseModel):
    """The agent's sentences, with places for what they speak of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offer: str
    offer_sensitive: str
    item: str
    item_not_asked: str
    days: str
    year: str
    kept: str
    not_kept: str
    updated: str
    still_right: str
    show_kept: str
    show_item: str
    show_item_not_asked: str
    show_now: str
    show_nothing: str
    forgotten: str
    forgotten_that: str
    forgotten_all: str
    also_gone: str
    how_to_forget: str


class Hear(BaseModel):
    """Whole messages that are understood: plain words, and regular expressions for wishes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    polite: str
    agree: tuple[str, ...]
    refuse: tuple[str, ...]
    show: tuple[str, ...]
    forget_all: tuple[str, ...]
    forget_that: tuple[str, ...]
    forget_one: tuple[str, ...]
    """With {what} for one attribute or several in a row, or {clause} for one."""
    forget_told: tuple[str, ...]
    """With {told} for the fact in the person's own words: "that I'm a nurse"."""
    forgetting: str
    """What sounds like a wish to have something forgotten, and may be none."""
    among: str
    """What may stand between several attributes."""


class Named(BaseModel):
    """How an attribute is called, and how people speak of theirs (regular expressions)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    what: str
    clause: str = ""


class Words(BaseModel):
    """One language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    say: Say
    hear: Hear
    attributes: dict[str, Named]
    values: dict[str, dict[str, str]]

    def name(self, attribute_id: str) -> str:
        """What an attribute is called; the English label of an attribute of a user's own."""
        named = self.attributes.get(attribute_id)
        return named.name if named else load_attributes()[attribute_id].label.lower()

    def value(self, attribute_id: str, value: str) -> str:
        """What a value is called; own words, and names that need no translation, as they are."""
        return self.values.get(attribute_id, {}).get(value, value)

    def names(self, attribute_ids: Iterable[str]) -> str:
        """Attributes in a row."""
        return ", ".join(map(self.name, attribute_ids))

    def offered(self, attribute_id: str, fact: Fact) -> str:
        """What would be kept, and for how long."""
        days = keeping_rule(attribute_id).keep_days
        form = self.say.item if fact["status"] == "known" else self.say.item_not_asked
        return form.format(
            name=self.name(attribute_id),
            value=self.value(attribute_id, fact["value"]),
            time=self.say.year if days == WHOLE_YEAR else self.say.days.format(days=days),
        )

    def shown(self, fact: KeptFact) -> str:
        """What is kept, since when and until when."""
        known = fact.status == "known"
        form = self.say.show_item if known else self.say.show_item_not_asked
        return form.format(
            name=self.name(fact.attribute),
            value=self.value(fact.attribute, fact.value),
            told=fact.told.isoformat(),
            until=fact.expires.isoformat(),
        )

    def plain(self, attribute_id: str, value: str) -> str:
        """An attribute with its value."""
        return f"{self.name(attribute_id)}: {self.value(attribute_id, value)}"


def words_of(language: str) -> Words:
    """The words of a language; English where there are none."""
    return _words(language if language in LANGUAGES else "en")


@lru_cache(maxsize=len(LANGUAGES))
def _words(language: str) -> Words:
    folder = files("raise_penguin.graphs.memory") / "data" / "words"
    return load_yaml(folder / f"{language}.yaml", Words)
