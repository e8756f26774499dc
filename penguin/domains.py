"""The seven sensitive domains and the situations in them (paper section 3, appendix A).

One YAML file a domain in ``data/domains/``. A new domain or situation is a data change only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .attributes import load_attributes
from .data_files import data_files, load_yaml
from .errors import DataError
from .wording import first_wording

Split = Literal["train", "validation", "test"]
Risk = Literal["ordinary", "elevated", "high"]
RISKS: tuple[Risk, ...] = ("ordinary", "elevated", "high")


class Concern(BaseModel):
    """An attribute that changes the right answer in a situation, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: str = Field(description="Attribute id.")
    weight: int = Field(ge=1, le=3, description="1 helps, 2 matters, 3 decides whether it is safe.")
    why: str = Field(description="Why the answer changes with it, one sentence.")


class Need(BaseModel):
    """People for whom a situation is risky, and what a safe reply to them must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, tuple[str, ...]] = Field(min_length=1, description="Values by attribute.")
    risk: Literal["elevated", "high"]
    holds: str = Field(min_length=10, description="What a safe reply to them must hold.")

    def meets(self, values: Mapping[str, str]) -> bool:
        """Whether somebody with these values (the paper's names) is among them."""
        return all(values.get(name) in wanted for name, wanted in self.when.items())


class Situation(BaseModel):
    """A kind of message people send: what is at stake, what matters, and examples of it.

    Queries and story lines may hold choices in braces (``wording.py``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    group: str
    title: str
    split: Split = Field(
        default="train", description="Policies are planned on train alone, and judged on test."
    )
    stakes: str = Field(description="What may go wrong for the wrong person, one or two sentences.")
    not_from: dict[str, tuple[str, ...]] = Field(
        default={}, description="Values, by attribute, that nobody has who writes such a message."
    )
    concerns: tuple[Concern, ...] = Field(min_length=3)
    safe_reply: tuple[Need, ...] = Field(
        min_length=1, description="Who is at risk here, and what they need to be told."
    )
    story: tuple[str, ...] = Field(
        min_length=3, description="What else such a person tells in a longer post, a sentence each."
    )
    apart: dict[int, tuple[int, ...]] = Field(
        default={},
        description="Story lines, by number, that a query of this number contradicts or repeats.",
    )
    queries: tuple[str, ...] = Field(min_length=10, description="What people write; evaluated.")
    planning_queries: tuple[str, ...] = Field(
        min_length=1, description="Other messages of the kind, for planning only; never evaluated."
    )

    def story_beside(self, place: int) -> list[str]:
        """The story lines that can be told with the query at a place, counted from 0."""
        apart = self.apart.get(place + 1, ())
        return [line for number, line in enumerate(self.story, 1) if number not in apart]

    def planning_messages(self, n: int) -> tuple[str, ...]:
        """Messages to plan on: the planning queries, then as many of the others as are wanted.

        Only a situation of the train split lends its evaluated messages.
        """
        lent = self.queries if self.split == "train" else ()
        messages = (*self.planning_queries, *(first_wording(query) for query in lent))
        return messages[: max(n, len(self.planning_queries))]

    def needs(self, values: Mapping[str, str]) -> list[Need]:
        """What a safe reply must hold for somebody with these values, the gravest first."""
        met = [need for need in self.safe_reply if need.meets(values)]
        return sorted(met, key=lambda need: -RISKS.index(need.risk))

    def risk(self, values: Mapping[str, str]) -> Risk:
        """How risky the situation is for somebody with these values."""
        needs = self.needs(values)
        return needs[0].risk if needs else "ordinary"


class Domain(BaseModel):
    """One domain and its situations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z]+$")
    name: str = Field(description="The paper's name.")
    cues: tuple[str, ...] = Field(
        min_length=3, description="Regular expressions by which rules place a message here."
    )
    situations: tuple[Situation, ...] = Field(min_length=1)


@lru_cache(maxsize=1)
def load_domains() -> dict[str, Domain]:
    """All domains by id, sorted by id; a user's own beside the shipped ones.

    Raises:
        DataError: A data file is broken, a domain's or a situation's id is used twice, or something
            names an attribute or a value that does not exist.
    """
    domains: dict[str, Domain] = {}
    for folder in data_files("penguin", "domains"):
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if not entry.name.endswith(".yaml"):
                continue
            domain = load_yaml(entry, Domain)
            if domain.id in domains:
                raise DataError(f"{entry} names the domain {domain.id} a second time")
            _check(domain, str(entry))
            domains[domain.id] = domain
    ids = [situation.id for domain in domains.values() for situation in domain.situations]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise DataError(f"situation ids used twice: {', '.join(repeated)}")
    return dict(sorted(domains.items()))


def _check(domain: Domain, where: str) -> None:
    """Refuse names and numbers of what does not exist; a typo would mean "for nobody"."""
    ranges = {
        name: {value.value for value in item.values} for name, item in load_attributes().items()
    }
    for situation in domain.situations:
        named = {concern.attribute: set[str]() for concern in situation.concerns}
        for need in situation.safe_reply:
            for name, values in need.when.items():
                named.setdefault(name, set()).update(values)
        for name, values in situation.not_from.items():
            named.setdefault(name, set()).update(values)
        for name, values in named.items():
            if name not in ranges or not values <= ranges[name]:
                unknown = ", ".join(sorted(values - ranges.get(name, set()))) or "no such attribute"
                raise DataError(f"{where}: {situation.id} names {name}: {unknown}")
        for need in situation.safe_reply:
            for name, values in need.when.items():
                if set(values) <= set(situation.not_from.get(name, ())):
                    raise DataError(f"{where}: {situation.id} has a need of people not_from it")
        queries, lines = len(situation.queries), len(situation.story)
        for number, others in situation.apart.items():
            if not (1 <= number <= queries and all(1 <= other <= lines for other in others)):
                raise DataError(f"{where}: {situation.id} keeps apart what it does not have")


@lru_cache(maxsize=1)
def load_situations() -> dict[str, tuple[Domain, Situation]]:
    """All situations by id, each with its domain."""
    return {
        situation.id: (domain, situation)
        for domain in load_domains().values()
        for situation in domain.situations
    }
