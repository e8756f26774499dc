"""Guards the labelled utterances: distinct, evenly spread, and labelled with what exists."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.utterances import (
    ANY_VALUE,
    Kind,
    LabelledUtterance,
    Part,
    load_utterances,
)

PARTS: tuple[Part, ...] = get_args(Part)
LANGUAGES = {"en", "es", "fr", "de", "pt", "zh", "hi", "ar"}


def both() -> list[LabelledUtterance]:
    return [item for part in PARTS for item in load_utterances(part)]


def test_ids_and_texts_are_unique_over_both_halves() -> None:
    texts = Counter(item.text.casefold().strip() for item in both())
    assert [text for text, count in texts.items() if count > 1] == []
    ids = Counter(item.id for item in both())
    assert [id_ for id_, count in ids.items() if count > 1] == []
    assert all(item.id.startswith(f"{item.language}-") for item in both())


@pytest.mark.parametrize("part", PARTS)
def test_each_half_has_enough_of_each_language_and_kind(part: Part) -> None:
    items = load_utterances(part)
    languages = Counter(item.language for item in items)
    assert set(languages) == LANGUAGES
    assert languages.pop("en") >= 150
    assert min(languages.values()) >= 40
    assert {item.kind for item in items} == set(get_args(Kind))


@pytest.mark.parametrize("part", PARTS)
def test_a_fifth_of_each_half_tells_nothing(part: Part) -> None:
    items = load_utterances(part)
    nothing = [item for item in items if not (item.known or item.declined or item.unclear)]
    assert len(nothing) >= len(items) / 5


@pytest.mark.parametrize("part", PARTS)
def test_every_attribute_is_told_at_least_twice_in_each_language(part: Part) -> None:
    told = Counter((item.language, name) for item in load_utterances(part) for name in item.known)
    wanted = {(language, name) for language in LANGUAGES for name in load_attributes()}
    assert {key for key in wanted if told[key] < 2} == set()


def test_every_value_is_the_only_right_one_somewhere_in_each_half() -> None:
    values = {(name, v.value) for name, item in load_attributes().items() for v in item.values}
    for part in PARTS:
        labels = [label for item in load_utterances(part) for label in item.known.items()]
        told = {(name, right[0]) for name, right in labels if len(right) == 1}
        assert values - told == set()
        assert any(right == (ANY_VALUE,) for _, right in labels)


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ({"known": {"height": "tall"}}, "no attribute height"),
        ({"known": {"age": "34"}}, "age has no value 34"),
        ({"known": {"age": ["25-34", "old"]}}, "age has no value old"),
        ({"known": {"age": "25-34"}, "declined": ["age"]}, "two labels"),
        ({"known": {"age": "25-34"}, "stands": True}, "a question stands"),
        ({}, "a question stands"),
    ],
)
def test_a_wrong_label_is_refused(labels: dict[str, Any], problem: str) -> None:
    record = {"id": "en-001", "language": "en", "asked": "age", "kind": "answer", "text": "34"}
    with pytest.raises(ValidationError, match=problem):
        LabelledUtterance.model_validate(record | labels)
