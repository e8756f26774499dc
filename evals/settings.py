"""Everything that decides what an evaluation run measures. Changing any of it is another run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..penguin.errors import SettingsError
from ..penguin.scenario import Scenario

CONDITIONS = ("context-free", "raise", "context-rich")


class EvalSettings(BaseModel):
    """Settings of a run, kept with its results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[str, ...] = CONDITIONS
    limit: int = Field(default=0, ge=0, description="Scenarios at most; 0 is all of them.")
    controls: bool = True
    model: str = "offline"
    judge_model: str = Field(default="offline", description="Several, by commas, are a panel.")
    judge_variant: Literal["rubric", "flow"] = "rubric"
    judge_samples: int = Field(default=1, ge=1, description="Votes of each judge model.")
    judge_blind: bool = Field(default=False, description="Also read the reply without profile.")
    user_model: str = "offline"
    user_behaviours: tuple[str, ...] = Field(
        default=(), description="Ids; each person has one of them, in turn. Empty: cooperative."
    )
    base_url: str = ""
    selection: Literal["model", "policy"] = "model"
    budget: int = Field(default=3, ge=0)
    never_ask: tuple[str, ...] = Field(default=(), description="Attributes never asked for.")
    stopping: str = "auto"
    threshold: int | None = Field(default=None, ge=0, le=5)
    price: float | None = Field(default=None, ge=0)
    seed: int = 0
    data: str = Field(default="", description="Hash of the scenarios.")
    policy: str = Field(default="", description="Fingerprint of the policy store.")
    version: str = Field(default="", description="Of raise-penguin.")

    @property
    def labels(self) -> dict[str, str]:
        """Who plays which role, as every table says it."""
        names = {"agent": self.model, "user": self.user_model, "judge": self.judge_model}
        return {
            role: "offline (rules)" if name == "offline" else name for role, name in names.items()
        }


def parse_conditions(names: str) -> tuple[str, ...]:
    """Conditions from a comma-separated list, in the order of the tables.

    Raises:
        SettingsError: One of them does not exist, or none is named.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in CONDITIONS]
    if unknown or not wanted:
        raise SettingsError(
            f"no condition {', '.join(unknown) or '(empty)'}; use some of: {', '.join(CONDITIONS)}"
        )
    return tuple(name for name in CONDITIONS if name in wanted)


def data_hash(scenarios: Sequence[Scenario]) -> str:
    """Hash of what scenarios say, whatever their order."""
    content = sorted(scenario.model_dump_json() for scenario in scenarios)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def unit_key(scenario: Scenario, condition: str) -> str:
    """Identity of one unit of work: a scenario's content under a condition."""
    content = f"{condition}\n{scenario.model_dump_json()}"
    return hashlib.sha256(content.encode()).hexdigest()[:24]
