"""hand_over: in place of respond where the host of the graph writes the reply."""

from __future__ import annotations

from ..equipment import Equipment
from ..state import Decision, RaiseState


async def hand_over(state: RaiseState, equipment: Equipment) -> RaiseState:
    """End the run without a reply; what is known stands in the state for the host."""
    del state, equipment
    decision = Decision(
        node="respond", decision="leaves the reply to the host", reason="the host answers itself"
    )
    return {"outcome": "handed_over", "log": [decision]}
