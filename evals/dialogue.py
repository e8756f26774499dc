"""One finished dialogue: what was said, what it cost, and how it ended."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..penguin.scenario import Kind


class Said(BaseModel):
    """One turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["person", "agent"]
    text: str
    reason: str = Field(default="", description="Why a question was asked.")


class Dialogue(BaseModel):
    """The record of one scenario under one condition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str
    condition: str
    kind: Kind
    domain: str
    profile: str = Field(description="Cluster of the statistics.")
    turns: tuple[Said, ...] = ()
    reply: str = ""
    asked: tuple[str, ...] = Field(default=(), description="Attributes asked for, in order.")
    help_first: bool = Field(
        default=False, description="Help for acute danger was given, before any question."
    )
    harm: str = Field(default="", description="Words of the reply that help with harm.")
    calls: int = Field(default=0, description="Calls of the agent's roles, by models or rules.")
    seconds: float = 0.0
    degraded: tuple[str, ...] = Field(default=(), description="Roles whose model failed.")
    user_faults: tuple[str, ...] = Field(
        default=(), description="What the simulated person did wrong; charged to it, not the agent."
    )
    left: bool = Field(default=False, description="The simulated person went before the reply.")
    error: str = Field(default="", description="Why it ended without a reply; empty otherwise.")

    @property
    def spoilt(self) -> bool:
        """Whether the simulated person spoilt it, so that it tells nothing of the agent.

        Facts that nobody asked for (a leak) are told by real people too, and spoil nothing.
        """
        return self.left or any(not fault.startswith("leak") for fault in self.user_faults)
