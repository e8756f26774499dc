"""The labelled messages are balanced, unlike each other, and name no dose."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from raise_penguin.graphs.crisis.message_set import (
    LabelledMessage,
    Part,
    load_messages,
    load_training,
)

TRAINING = Path(__file__).resolve().parents[2] / "graphs/crisis/data/training"
LANGUAGES = ("en", "es", "fr", "de", "pt", "zh", "hi", "ar")
DOSE = re.compile(r"\d+\s*(mg|ml|g|µg|mcg|毫克|克|毫升|मिलीग्राम|ملغ|غرام)\b", re.IGNORECASE)
MEDICINE_NAME = re.compile(
    r"paracetamol|ibuprofen|aspirin|xanax|valium|fentanyl|insulin|opioid|benzo", re.IGNORECASE
)


def all_messages() -> tuple[LabelledMessage, ...]:
    parts: tuple[Part, ...] = ("tuning", "measured", "held_out", "ordinary")
    return tuple(message for part in parts for message in load_messages(part))


def squeezed(text: str) -> str:
    """The letters alone, so that a text changed in case or punctuation is still the same."""
    return "".join(character for character in text.casefold() if character.isalnum())


def test_ids_and_texts_are_unique_over_all_parts():
    messages = all_messages()
    assert len({message.id for message in messages}) == len(messages)
    assert len({squeezed(message.text) for message in messages}) == len(messages)


@pytest.mark.parametrize("part", ["tuning", "measured", "held_out", "ordinary"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_both_sides_and_every_danger(part: Part, language: str):
    messages = [message for message in load_messages(part) if message.language == language]
    dangers = Counter(message.danger for message in messages)
    assert dangers[""] >= 17
    assert len(messages) - dangers[""] >= 17
    assert set(dangers) == {
        "suicide", "self_harm", "overdose", "violence", "child_abuse", "harm_to_others", ""
    }  # fmt: skip
    assert any(message.danger and message.about == "other" for message in messages)


def test_a_pair_is_a_risk_and_a_look_alike_in_one_part():
    for part in ("tuning", "measured"):
        sides: dict[str, set[bool]] = {}
        for message in load_messages(part):
            if message.pair:
                sides.setdefault(message.pair, set()).add(bool(message.danger))
        assert sides
        assert all(side == {True, False} for side in sides.values())


def test_no_message_names_a_dose_or_a_medicine():
    assert DOSE.search("about 5 mg")
    for message in (*all_messages(), *load_training(TRAINING)):
        assert not DOSE.search(message.text), message.id
        assert not MEDICINE_NAME.search(message.text), message.id


@pytest.mark.parametrize(
    ("danger", "level", "kind"),
    [("suicide", "", "direct"), ("", "high", "stress"), ("suicide", "high", "stress")],
)
def test_labels_that_disagree_are_refused(danger: str, level: str, kind: str):
    with pytest.raises(ValidationError):
        LabelledMessage.model_validate(
            {"id": "en-001", "language": "en", "danger": danger, "level": level}
            | {"about": "self", "kind": kind, "pair": "", "text": "..."}
        )
