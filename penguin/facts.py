"""What the agent knows about a person: a fact with where it came from and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

Status = Literal["known", "declined", "unclear"]
Source = Literal["message", "answer", "memory", "profile"]


@with_config(use_attribute_docstrings=True)
class Fact(TypedDict):
    """One attribute of the person as the agent knows it; plain JSON, as it lives in checkpoints."""

    value: str
    """The paper's name where it fits one, else the person's own words; "" if not known."""
    status: Status
    """"declined": would rather not say; "unclear": does not know, or told what no value is, as an
    age under 18. Neither is asked again."""
    source: Source
    evidence: str
    """The words that show it."""
    confidence: NotRequired[float]
    """How sure the reading is, 0 to 1; below. Facts of earlier checkpoints and of others lack it:
    read it with ``.get("confidence", TOLD)``."""


GIVEN = 1.0
"""Confidence of what was given as data, such as a profile; nothing was read."""
SAID = 0.95
"""Said outright in the answer to the question for it; also of "rather not" and "don't know"."""
TOLD = 0.85
"""Told in passing: "I'm a nurse" in a message, or in an answer to another question."""
OWN_WORDS = 0.7
"""An answer in words outside the paper's range, kept as they stand."""
IMPLIED = 0.6
"""Shown by something else that was said: "my husband" shows Married."""

Facts = dict[str, Fact]
"""Facts by attribute id."""


def known_facts(facts: Mapping[str, Fact]) -> dict[str, str]:
    """The values that are known, by attribute id."""
    return {name: fact["value"] for name, fact in facts.items() if fact["status"] == "known"}


def profile_facts(values: Mapping[str, str]) -> Facts:
    """A profile's values as facts, for the context-rich condition and for planning."""
    return {
        name: Fact(value=value, status="known", source="profile", evidence="", confidence=GIVEN)
        for name, value in values.items()
    }
