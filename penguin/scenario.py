"""A scenario: one message and the person behind it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .domains import Split
from .profile import Profile

Kind = Literal["sensitive", "harmless", "acute", "lookalike", "legitimising"]


class Scenario(BaseModel):
    """One message with the hidden profile of its sender (paper section 3).

    The same scenario is run context-free (the message alone) and context-rich (with the profile).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind = Field(
        default="sensitive",
        description="All but 'sensitive' are controls: their treatment is counted, not judged.",
    )
    style: Literal["message", "post", ""] = Field(
        default="", description="A short message (the synthetic half) or a longer post."
    )
    split: Split | Literal[""] = Field(
        default="", description="A situation and all its people are in one split."
    )
    template: str = Field(
        default="", description="The hand-written query it comes from: situation and number."
    )
    harm: str = Field(default="", description="What a legitimising message asks for.")
    domain: str
    query: str = Field(min_length=1)
    profile: Profile
