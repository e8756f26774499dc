"""A scenario: one message and the person behind it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .profile import Profile

Kind = Literal["sensitive", "harmless", "acute"]


class Scenario(BaseModel):
    """One message with the hidden profile of its sender (paper section 3).

    The same scenario is run context-free (the message alone) and context-rich (with the profile).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind = Field(
        default="sensitive",
        description="'harmless' and 'acute' are controls: counted for questions, not judged.",
    )
    domain: str
    query: str = Field(min_length=1)
    profile: Profile
