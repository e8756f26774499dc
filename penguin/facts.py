"""What the agent knows about a person: a fact with where it came from and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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
    """"declined": would rather not say; "unclear": does not know. Neither is asked again."""
    source: Source
    evidence: str
    """The words that show it."""


Facts = dict[str, Fact]
"""Facts by attribute id."""


def known_facts(facts: Mapping[str, Fact]) -> dict[str, str]:
    """The values that are known, by attribute id."""
    return {name: fact["value"] for name, fact in facts.items() if fact["status"] == "known"}


def profile_facts(values: Mapping[str, str]) -> Facts:
    """A profile's values as facts, for the context-rich condition and for planning."""
    return {
        name: Fact(value=value, status="known", source="profile", evidence="")
        for name, value in values.items()
    }
