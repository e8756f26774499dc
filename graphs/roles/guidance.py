"""The offline writer's library: what to say about a matter, and what changes for whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from ...penguin.data_files import data_files, load_yaml

Values = Mapping[str, str]


class Step(BaseModel):
    """A practical step for anybody, unless it would be wrong for this person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    unless: dict[str, tuple[str, ...]] = Field(default={}, description="Values by attribute.")

    def fits(self, values: Values) -> bool:
        """Whether nothing known of the person speaks against it."""
        return not any(values.get(name) in wrong for name, wrong in self.unless.items())


class Topic(BaseModel):
    """A matter that people write about in a domain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    cues: tuple[str, ...]
    opening: str
    steps: tuple[Step, ...] = Field(min_length=1)

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The cues, compiled."""
        return tuple(re.compile(cue, re.IGNORECASE) for cue in self.cues)


class DomainTopics(BaseModel):
    """The topics of a domain; the last one fits whatever the others do not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: str
    topics: tuple[Topic, ...] = Field(min_length=1)

    def topic(self, message: str) -> Topic:
        """The topic with the most cues in a message."""
        counts = [sum(bool(cue.search(message)) for cue in topic.patterns) for topic in self.topics]
        best = max(range(len(counts)), key=lambda place: (counts[place], -place))
        return self.topics[best] if counts[best] else self.topics[-1]


class Advice(BaseModel):
    """What changes when something is known about the person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    when: dict[str, tuple[str, ...]] = Field(min_length=1)
    domains: tuple[str, ...] = ()
    priority: int = Field(ge=0, le=100)
    texts: tuple[str, ...] = Field(min_length=1)

    def fits(self, values: Values, domain: str) -> bool:
        """Whether everything it needs is known and true, and the domain fits."""
        return (not self.domains or domain in self.domains) and all(
            values.get(name) in wanted for name, wanted in self.when.items()
        )


class Phrases(BaseModel):
    """How a feeling is met, what protects the unknown, how a reply closes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feelings: dict[str, str]
    neutral: str
    protective: str
    professional: str
    more: str
    nothing_new: str
    closings: tuple[str, ...] = Field(min_length=1)
    harmless: str
    acute: str


class Library(BaseModel):
    """Everything the offline writer can draw on."""

    model_config = ConfigDict(frozen=True)

    domains: dict[str, DomainTopics]
    advice: tuple[Advice, ...]
    phrases: Phrases


@lru_cache(maxsize=1)
def load_library() -> Library:
    """The shipped library, and a user's own topics and advice beside it.

    Raises:
        DataError: A file is broken.
    """
    topics = [
        entry
        for source in data_files("graphs", "guidance/topics.yaml")
        for entry in load_yaml(source, list[DomainTopics])
    ]
    advice = [
        entry
        for source in data_files("graphs", "guidance/people.yaml")
        for entry in load_yaml(source, list[Advice])
    ]
    phrases = files("raise_penguin.graphs") / "data" / "guidance" / "phrases.yaml"
    joined: dict[str, tuple[Topic, ...]] = {}
    for entry in topics:  # a user's come first: the last of the shipped ones fits all the rest
        joined[entry.domain] = (*entry.topics, *joined.get(entry.domain, ()))
    return Library(
        domains={name: DomainTopics(domain=name, topics=each) for name, each in joined.items()},
        advice=tuple(sorted(advice, key=lambda entry: -entry.priority)),
        phrases=load_yaml(phrases, Phrases),
    )
