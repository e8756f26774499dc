"""Guards the ten attributes: the paper's labels, recognisable questions, unknown kept unknown."""

from __future__ import annotations

import pytest

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.profile import known_values


def test_each_question_is_recognised_as_itself_alone() -> None:
    for item in load_attributes().values():
        for question in item.questions:
            assert question.count("?") == 1
            asked = [o.id for o in load_attributes().values() if o.asked_pattern.search(question)]
            assert asked == [item.id]


def test_attributes_are_the_papers() -> None:
    labels = [item.label for item in load_attributes().values()]
    assert labels == [
        "Age",
        "Gender",
        "Marital Status",
        "Profession",
        "Economic Status",
        "Health Status",
        "Education Level",
        "Mental Health Status",
        "Past Self-Harm History",
        "Emotional State",
    ]
    costs = {item.id: item.cost for item in load_attributes().values()}
    assert max(costs, key=lambda name: costs[name]) == "past_self_harm_history"


@pytest.mark.parametrize("text", ["not specified", "Not Mentioned", "N/A", "unknown", "-", "", "?"])
def test_not_specified_is_unknown(text: str) -> None:
    assert known_values({"age": "28", "gender": text}) == {"age": "28"}


def test_none_is_a_value() -> None:
    assert known_values({"past_self_harm_history": "None"}) == {"past_self_harm_history": "None"}
