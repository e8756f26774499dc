"""Model roles of the agent: triage, select, respond; each by rules or by a chat model."""

from .opening import OFFLINE, Roles, offline_roles, open_roles
from .protocols import (
    AnswerKind,
    Danger,
    Level,
    ReplyRequest,
    Responder,
    Selection,
    Selector,
    SelectRequest,
    Triage,
    Triager,
)

__all__ = [
    "OFFLINE",
    "AnswerKind",
    "Danger",
    "Level",
    "ReplyRequest",
    "Responder",
    "Roles",
    "SelectRequest",
    "Selection",
    "Selector",
    "Triage",
    "Triager",
    "offline_roles",
    "open_roles",
]
