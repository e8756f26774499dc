"""What a turn gives the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .usage import NOTHING_USED, Usage

if TYPE_CHECKING:
    from ...graphs import Turn
    from ...graphs.state import Question


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An assistant message, and what stands in the field ``raise`` beside it."""

    text: str
    kind: Literal["question", "reply", "repeated"]
    crisis: bool
    question: Question | None
    degraded: tuple[str, ...]
    """Roles whose model failed in this turn, so that rules stood in."""
    offline: bool
    """Whether rules alone answered, as the settings say."""
    kept: bool = True
    """False where the dialogue could not be kept: the next turn knows nothing of this one."""
    usage: Usage = NOTHING_USED

    @classmethod
    def of(cls, turn: Turn, *, offline: bool, degraded_before: int = 0) -> Reply:
        """The reply of a turn.

        Args:
            turn: As ``Dialogues`` gives it.
            offline: Whether no model is set.
            degraded_before: How many failures the thread had before this turn.
        """
        failures = turn.state.get("degraded") or []
        return cls(
            text=turn.text,
            kind=turn.kind,
            crisis=turn.state.get("outcome") == "crisis",
            question=turn.question,
            degraded=tuple(failure["role"] for failure in failures[degraded_before:]),
            offline=offline,
        )

    def extra(self) -> dict[str, Any]:
        """What a caller that knows RAISE may show."""
        question = dict(self.question) if self.question else {}
        shown = ("id", "attribute", "reason", "skip", "remaining")
        return {
            "kind": self.kind,
            "crisis": self.crisis,
            "question": {name: question[name] for name in shown} if question else None,
            "degraded": list(self.degraded),
            "offline": self.offline,
            "kept": self.kept,
            "usage_note": self.usage.note(),
        }
