"""Whether a question that a model worded may be put to a person.

What cannot be told by rules is not: whether the words are kind, or in another language ask for the
attribute that was chosen. A question that fails is replaced by the written one of its attribute.
"""

from __future__ import annotations

from collections.abc import Collection

from ..penguin.attributes import load_attributes
from .answers import QUESTION_MARKS
from .crisis.reader import readers
from .crisis.spelling import folded, undisguised
from .recital import fit_to_say

MEANS = ("blade", "poison", "weapon", "at_edge")
"""Word lists of the danger rules: what nobody is asked about who may have hurt themselves."""


def fit_to_ask(words: str, name: str, closed: Collection[str]) -> bool:
    """Whether a worded question is one question, for its own attribute, and names no means.

    The attribute is told by the cues of ``attributes.yaml``, which are English: a question that
    fits another attribute and not its own asks for the wrong thing, and one that also fits a closed
    attribute asks for what nobody wants to be asked. A question in other words passes.

    Args:
        words: The question.
        name: The attribute that it is to ask for.
        closed: Attributes that the person declined, or that are never asked.
    """
    if sum(map(words.count, QUESTION_MARKS)) > 1 or not fit_to_say(words, "select"):
        return False
    every = load_attributes()
    fitted = {item.id for item in every.values() if item.asked_pattern.search(words)}
    if (fitted and name not in fitted) or fitted & (set(closed) - {name}):
        return False
    return not (every[name].sensitive and names_means(words))


def names_means(text: str) -> bool:
    """Whether a text names what people hurt themselves with."""
    plain = " ".join(undisguised(folded(text)).split())
    for reader in readers():
        lists = tuple(f"<{name}>" for name in MEANS if name in reader.rules.lists)
        named = reader.phrasing(lists)
        if named and reader.concerns(plain) and named.search(reader.words(plain)):
            return True
    return False
