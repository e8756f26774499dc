"""What people write who are in no danger: the benchmark's messages and answers to questions.

Labelled messages are hard on purpose. Weights learnt from them alone would take a plain "no" for
danger; these texts are most of what an agent reads, so they are learnt from and measured with.
"""

from __future__ import annotations

from typing import Literal

from ...penguin.domains import load_situations
from ...penguin.utterances import load_utterances
from ...penguin.wording import first_wording


def everyday_texts(part: Literal["tuning", "held_out"]) -> tuple[str, ...]:
    """The benchmark's messages, and people's answers in eight languages; nobody is in danger.

    Args:
        part: "tuning": situations of the split "train" and the utterances of the tuning half;
            "held_out": all others.
    """
    queries = [
        first_wording(query)
        for _, situation in load_situations().values()
        if (situation.split == "train") == (part == "tuning")
        for query in (*situation.queries, *situation.planning_queries)
    ]
    return (*queries, *(one.text for one in load_utterances(part) if not one.danger))
