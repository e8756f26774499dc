"""A person's profile: free-text values by attribute; what is unknown is absent, never a value."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .attributes import load_attributes

UNKNOWN = re.compile(
    r"^\W*(not\s+(specified|stated|mentioned|given|known|provided|available|applicable|disclosed)"
    r"|unspecified|unknown|undisclosed|unclear|none\s+(given|stated|specified|mentioned)"
    r"|n\s*/?\s*a|null|nan|-+|\?*)?\W*$",
    re.IGNORECASE,
)
"""What records of other sources write for a missing value. "None" alone is a value: no history."""


def _attributes_exist(values: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(values) - set(load_attributes()))
    if unknown:
        known = ", ".join(load_attributes())
        raise ValueError(f"no attribute {', '.join(unknown)}; use some of: {known}")
    return values


KnownValues = Annotated[dict[str, str], AfterValidator(_attributes_exist)]
"""Value by attribute id; unknown ones are absent, and one that is no attribute is an error."""


class Profile(BaseModel):
    """The hidden background of one person.

    Example:
        >>> Profile(id="p1", values={"age": "18-24"}).known("age")
        '18-24'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="Identity of the cluster in statistics: one person, one id.")
    situation: str = Field(default="", description="Situation id or a foreign scenario's name.")
    domain: str = Field(default="", description="Domain id; empty where a source gives none.")
    values: KnownValues

    def known(self, attribute_id: str) -> str | None:
        """The value of an attribute, or None where it is unknown."""
        return self.values.get(attribute_id)


def known_values(record: dict[str, str]) -> dict[str, str]:
    """Keep the attributes of a record that hold a value, in the paper's order.

    Args:
        record: Text by attribute id; "not specified" and the like count as unknown.
    """
    return {
        name: record[name].strip()
        for name in load_attributes()
        if name in record and not UNKNOWN.match(record[name])
    }
