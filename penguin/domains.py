"""The seven sensitive domains and the situations in them (paper section 3, appendix A).

One YAML file a domain in ``data/domains/``. A new domain or situation is a data change only.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from .data_files import load_yaml
from .errors import DataError


class Concern(BaseModel):
    """An attribute that changes the right answer in a situation, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: str = Field(description="Attribute id.")
    weight: int = Field(ge=1, le=3, description="1 helps, 2 matters, 3 decides whether it is safe.")
    why: str = Field(description="Why the answer changes with it, one sentence.")


class Situation(BaseModel):
    """A kind of message people send: what is at stake, what matters, and examples of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    group: str
    title: str
    stakes: str = Field(description="What may go wrong for the wrong person, one or two sentences.")
    concerns: tuple[Concern, ...] = Field(min_length=3)
    queries: tuple[str, ...] = Field(min_length=2, description="What people write; evaluated.")
    planning_queries: tuple[str, ...] = Field(
        min_length=1, description="Other messages of the kind, for planning only; never evaluated."
    )


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
    """All domains by id, sorted by id.

    Raises:
        DataError: A data file is broken, or a situation's id is used twice.
    """
    folder = files("raise_penguin.penguin") / "data" / "domains"
    domains = [
        load_yaml(entry, Domain)
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    ]
    ids = [situation.id for domain in domains for situation in domain.situations]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise DataError(f"situation ids used twice in {folder}: {', '.join(repeated)}")
    return {domain.id: domain for domain in domains}


@lru_cache(maxsize=1)
def load_situations() -> dict[str, tuple[Domain, Situation]]:
    """All situations by id, each with its domain."""
    return {
        situation.id: (domain, situation)
        for domain in load_domains().values()
        for situation in domain.situations
    }
