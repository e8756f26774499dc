"""Run-time settings of the RAISE graph. LangGraph Studio shows the descriptions as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from langgraph.runtime import Runtime, get_runtime
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ..penguin.attributes import load_attributes, never_asked
from ..penguin.data_files import first_problem
from ..penguin.errors import SettingsError


class RaiseContext(BaseModel):
    """What one run may set. A run without a context gets these defaults.

    Example:
        >>> RaiseContext(budget=2, country="GB").budget
        2
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(
        default="offline",
        description="Chat model for every role, e.g. 'openai:gpt-4o-mini'; 'offline' needs no key.",
    )
    triage_model: str = Field(default="", description="Another model for triage; empty: as above.")
    select_model: str = Field(default="", description="Another model for choosing questions.")
    respond_model: str = Field(default="", description="Another model for the final reply.")
    base_url: str = Field(default="", description="URL of an OpenAI-compatible server.")
    time_limit: float = Field(
        default=60.0, gt=0, description="Seconds a model may take before rules stand in for it."
    )
    triage_limit: float | None = Field(
        default=None, gt=0, description="Seconds for triage alone; empty: as above."
    )
    select_limit: float | None = Field(
        default=None, gt=0, description="Seconds for choosing a question alone; empty: as above."
    )
    respond_limit: float | None = Field(
        default=None, gt=0, description="Seconds for the whole reply alone; empty: as above."
    )
    mode: Literal["interrupt", "message"] = Field(
        default="interrupt",
        description="How a question reaches the person: 'interrupt' pauses the run, 'message' ends "
        "it with the question as an assistant message.",
    )
    selection: Literal["model", "policy"] = Field(
        default="model",
        description="Who chooses the next question: the model with stored plans as examples, or "
        "the stored plans alone (no model call a question).",
    )
    budget: int = Field(default=3, ge=0, description="Most questions for one message.")
    stopping: Literal["auto", "value", "scale", "binary", "basic"] = Field(
        default="auto",
        description="When enough is known: 'value' weighs what the next question should add "
        "against what it costs the person; 'scale' (the paper's, 0-5), 'binary' and 'basic' go by "
        "how complete the background is; 'auto' is 'value' where the plans know gains, else "
        "'scale'.",
    )
    threshold: int | None = Field(
        default=None,
        ge=0,
        le=5,
        description="Completeness from which asking stops; empty: the rule's.",
    )
    price: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="Points of score that a question's cost of 1 is worth, for 'value'; empty: as "
        "calibrated.",
    )
    country: str = Field(
        default="", description="ISO 3166-1 alpha-2 code for help lines, e.g. 'GB'; empty: unknown."
    )
    language: str = Field(
        default="",
        description="ISO 639-1 code of the language to speak in, help in a crisis included; empty: "
        "as the person writes.",
    )
    never_ask: tuple[str, ...] = Field(
        default=(), description="Attributes that are never asked for, by id; none when empty."
    )
    country_limits: bool = Field(
        default=True,
        description="Leave unasked what is not asked by default in that country (attributes.yaml, "
        "'not_asked_in'). Switch off only where you may lawfully ask.",
    )
    safety_question: bool = Field(
        default=True,
        description="In a crisis, end with one direct, neutral question after the help.",
    )
    crisis_resources: str = Field(
        default="",
        description="Path of a file of help lines of your own; empty: the one that is shipped.",
    )
    memory: bool = Field(
        default=False,
        description="Remember facts from one conversation to the next, each only after the person "
        "agreed. Needs a person and a store.",
    )
    person: str = Field(
        default="", description="Your id of the person, for memory; never sent to a model."
    )
    policy_store: str = Field(
        default="", description="Path of a policy store; empty: the one that is shipped."
    )

    @field_validator("never_ask")
    @classmethod
    def _attributes_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - set(load_attributes())):
            known = ", ".join(load_attributes())
            raise ValueError(f"no attribute {', '.join(unknown)}; use some of: {known}")
        return names

    @model_validator(mode="after")
    def _memory_is_somebodys(self) -> RaiseContext:
        if self.memory and not self.person.strip():
            raise ValueError(
                "memory is on without a person, and two people must never be mixed: give "
                "RaiseContext(memory=True, person=...) your id of the person"
            )
        return self

    def limit(self, role: Literal["triage", "select", "respond"]) -> float:
        """Seconds that a role may take."""
        own = {
            "triage": self.triage_limit,
            "select": self.select_limit,
            "respond": self.respond_limit,
        }[role]
        return self.time_limit if own is None else own

    def unasked(self) -> frozenset[str]:
        """Attributes that a run with these settings asks for under no circumstances."""
        by_country = never_asked(self.country) if self.country_limits else frozenset[str]()
        return by_country | frozenset(self.never_ask)


def read_context(fields: Mapping[str, object]) -> RaiseContext:
    """Settings from a command line or a request, with one plain sentence about what is wrong.

    Args:
        fields: Values by field name; a name list may be one text with commas.

    Raises:
        SettingsError: A value cannot be used.
    """
    names = fields.get("never_ask", ())
    listed = names.split(",") if isinstance(names, str) else names
    never = [str(name).strip() for name in cast("list[str]", listed) if str(name).strip()]
    try:
        return RaiseContext.model_validate({**fields, "never_ask": never})
    except ValidationError as error:
        raise SettingsError(first_problem(error)) from error


def current_context() -> RaiseContext:
    """The context of the run this is called in; defaults where the caller gave none.

    Inside a parent graph LangGraph hands down the parent's context, which may be of any type.
    """
    runtime = cast("Runtime[Any] | None", get_runtime(RaiseContext))
    found = runtime.context if runtime else None  # none while a state is updated from outside
    return found if isinstance(found, RaiseContext) else RaiseContext()
