"""How values are said in other languages (``data/languages.yaml``), for users and the reader."""

from __future__ import annotations

from functools import lru_cache

from .attributes import load_attributes
from .data_files import data_files, load_yaml
from .errors import DataError

Phrases = dict[str, dict[str, dict[str, str]]]
"""Sentence by language, attribute and value."""


@lru_cache(maxsize=1)
def load_phrases() -> Phrases:
    """All phrases.

    Raises:
        DataError: The file is broken, or names a value that does not exist.
    """
    phrases: Phrases = {}
    for source in data_files("penguin", "languages.yaml"):
        for language, attributes in load_yaml(source, Phrases).items():
            for name, values in attributes.items():
                item = load_attributes().get(name)
                if item is None or any(item.value_named(value) is None for value in values):
                    raise DataError(f"{source}: {language}: {name} holds an unknown value")
                phrases.setdefault(language, {}).setdefault(name, {}).update(values)
    return phrases


def said_in(language: str, attribute_id: str, value: str) -> str | None:
    """How a value is said in a language; None where no phrase is known."""
    return load_phrases().get(language, {}).get(attribute_id, {}).get(value)


def translated_value(attribute_id: str, text: str) -> str | None:
    """The value that a text in another language says in one of the known phrases."""
    plain = text.lower()
    for phrase, value in _by_attribute().get(attribute_id, ()):
        if phrase in plain:
            return value
    return None


@lru_cache(maxsize=1)
def _by_attribute() -> dict[str, tuple[tuple[str, str], ...]]:
    """Phrases with their values, the longest first, since a short one may stand in a long one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for attributes in load_phrases().values():
        for name, values in attributes.items():
            pairs = [(said.lower().rstrip(".!? "), value) for value, said in values.items()]
            found.setdefault(name, []).extend(pairs)
    return {name: tuple(sorted(pairs, key=lambda p: -len(p[0]))) for name, pairs in found.items()}
