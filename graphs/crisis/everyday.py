"""What people write who are in no danger: the benchmark's messages and answers to questions.

Labelled messages are hard on purpose. Weights learnt from them alone would take a plain "no" for
danger; these texts are most of what an agent reads, so they are learnt from and measured with.
"""

from __future__ import annotations

from typing import Literal

from ...penguin.attributes import load_attributes
from ...penguin.domains import load_situations
from ...penguin.utterances import load_utterances
from ...penguin.wording import first_wording

ABOUT_HARM = "past_self_harm_history"
"""The attribute whose answers may tell of danger."""


def everyday_texts(part: Literal["tuning", "held_out"]) -> tuple[str, ...]:
    """The benchmark's messages, and people's answers in eight languages; nobody is in danger.

    Args:
        part: "tuning": situations of the split "train", the utterances of the tuning half, and how
            the values of attributes are told; "held_out": all others.
    """
    queries = [
        first_wording(query)
        for _, situation in load_situations().values()
        if (situation.split == "train") == (part == "tuning")
        for query in (*situation.queries, *situation.planning_queries)
    ]
    told = [
        said
        for item in load_attributes().values()
        if part == "tuning" and item.id != ABOUT_HARM
        for value in item.values
        for said in value.said
    ]
    return (*queries, *told, *(one.text for one in load_utterances(part) if not one.danger))
