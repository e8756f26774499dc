"""What a policy store holds, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .plan_table import PlanTable


def store_statistics(path: Path) -> dict[str, Any]:
    """Figures of a store: plans by domain and planner, what is known of them, what they cost.

    Costs are sums over the plans that counted them, None where none did; ``without_cost`` says how
    many plans have no costs. ``made`` is the first and the last day, None where none is known.

    Raises:
        StoreError: It is missing, no policy store, broken, or newer than this release.
    """
    with PlanTable.open(path) as table:
        records, meta, fingerprint = table.records(), table.meta, table.fingerprint()
        answers = table.answers
    made = [record.provenance for record in records]
    costs = [one.cost for one in made if one.cost is not None]
    days = sorted(one.made for one in made if one.made is not None)
    return {
        "store": str(path),
        "schema_version": meta.version,
        "embedder": f"{meta.embedder} ({meta.width} numbers)",
        "fingerprint": fingerprint,
        "plans": len(records),
        "situations": len({record.situation for record in records if record.situation}),
        "domains": _counted(record.domain or "unknown" for record in records),
        "planners": _counted(one.planner for one in made),
        "models": _counted(f"{role} {name}" for one in made for role, name in one.models.items()),
        "questions": _counted(str(len(record.path)) for record in records),
        "without_rewards": sum(not record.values for record in records),
        "with_errors": sum(bool(record.errors) for record in records),
        "with_tree": sum(record.tree is not None for record in records),
        "with_replaced": sum(bool(record.replaced) for record in records),
        "evaluated_sets": sum(len(record.scores) for record in records),
        "answers_learnt_from": answers.replies if answers else 0,
        "evaluations": sum(one.evaluations for one in made),
        "unscored": sum(one.unscored for one in made),
        "calls": _total(cost.calls for cost in costs),
        "tokens": _total(cost.tokens for cost in costs),
        "money": _total(cost.money for cost in costs),
        "without_cost": len(made) - len(costs),
        "made": [str(days[0]), str(days[-1])] if days else None,
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _total(numbers: Iterable[float | None]) -> float | None:
    counted = [number for number in numbers if number is not None]
    return sum(counted) if counted else None
