"""Whether both ways of taking turns decide the same."""

from __future__ import annotations

from ...graphs.state import RaiseState
from .checks import asked_in
from .trace import Trace

BOTH_MODES = "both modes decide alike"


def modes_agree(first: Trace, second: Trace) -> str:
    """The first difference between the decisions of both modes; "" where there is none."""
    for place, (one, other) in enumerate(zip(first.exchanges, second.exchanges, strict=False)):
        for name, left, right in (
            ("said", one.said, other.said),
            ("facts", one.after.get("facts"), other.after.get("facts")),
            ("asked", asked_in(one.after), asked_in(other.after)),
            ("outcome", one.after.get("outcome"), other.after.get("outcome")),
            ("message", one.after.get("query"), other.after.get("query")),
            ("decisions", _decisions(one.after), _decisions(other.after)),
            ("turns", [turn.text for turn in one.turns], [turn.text for turn in other.turns]),
        ):
            if left != right:
                return f"{name} after {place + 1} turns: {left!r:.300} and {right!r:.300}"
    if len(first.exchanges) != len(second.exchanges):
        return f"{len(first.exchanges)} and {len(second.exchanges)} turns"
    return ""


def _decisions(state: RaiseState) -> list[tuple[str, str]]:
    """The decision log without the lines on how an answer came in."""
    return [
        (entry["node"], entry["decision"])
        for entry in state.get("log") or []
        if entry["node"] != "ask" and not entry["decision"].startswith("takes the message")
    ]
