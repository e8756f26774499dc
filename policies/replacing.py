"""Which stored plans a run of planning may replace: never one of other settings unasked."""

from __future__ import annotations

from collections.abc import Collection

from ..penguin.errors import SettingsError
from .records import Provenance
from .store import PolicyStore

CUT = "cut by the budget"
"""Stands in the provenance of a plan that had to end early; such a plan is made again."""


def refuse_others(store: PolicyStore, queries: Collection[str], wanted: Provenance) -> None:
    """Refuse to put plans in the place of those that were planned with other settings.

    Those may have cost more and be better known, and are not to be had back. A plan for which
    nothing was evaluated, such as an imported one, gives way.

    Args:
        store: Where plans are put.
        queries: The messages that get a plan.
        wanted: How these plans are made.

    Raises:
        SettingsError: Such plans are stored; says how many, and in what the first one differs.
    """
    others: list[dict[str, str]] = []
    for made in (record.provenance for record in store.records() if record.query in queries):
        whole = made.model_copy(update={"planner": made.planner.removesuffix(f", {CUT}")})
        if made.evaluations and (differences := whole.differences(wanted)):
            others.append(differences)
    if others:
        shown = "; ".join(f"{name} {change}" for name, change in others[0].items())
        raise SettingsError(
            f"{store.path} holds plans of {len(others)} of these messages that were made with "
            f"other settings ({shown}): use those settings or another store, or replace these "
            "plans with --replace (of the Python API: replace_others=True)"
        )
