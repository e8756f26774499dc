"""The policy with three questions against the best three there are, on held-out situations.

``python -m raise_penguin.evals.benchmarks.end_to_end --policy FILE``. The oracle scores all 120
sets of three. "oracle" is the best set of each situation, in the mean over the same people; as its
choice fits those people's chances too, "oracle, other people" chooses on one half of them and is
scored on the other. "oracle for each person" knows every answer before it asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ...penguin.attributes import load_attributes
from ...policies.prior import STATIC_ORDER
from ...policies.stop_calibration import shipped_calibration
from ...policies.stopping import ASK_ON, RULES, rule_named
from ...policies.store import PolicyStore, shipped_store_path
from ...policies.walk import walk
from ..statistics import Estimate, clustered_mean
from .cases import Case, HeldOutPolicy, SetScores, cases_of

DEPTH = 3
STATIC = frozenset(STATIC_ORDER[:DEPTH])


@dataclass(frozen=True)
class Row:
    """What one way of asking comes to."""

    name: str
    score: Estimate
    """Mean score, 1 to 5."""
    kept: Estimate
    """Share of the oracle's gain over asking nothing."""
    questions: float
    cost: float
    """Mean total cost of the questions to a person."""


@dataclass(frozen=True)
class Asked:
    """One case under one way of asking."""

    situation: str
    score: float
    questions: float
    cost: float


class Scored:
    """All sets of up to no and of three attributes for all cases, scored once."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = tuple(cases)
        self.sets = [frozenset(some) for some in combinations(load_attributes(), DEPTH)]
        self.values = np.zeros((len(self.cases), len(self.sets)))

    async def fill(self, scores: SetScores) -> None:
        """Score every set of three for every case."""
        for row, case in enumerate(self.cases):
            self.values[row] = [await scores(case, some) for some in self.sets]

    def rows(self, situation: str) -> list[int]:
        """The cases of a situation."""
        return [row for row, case in enumerate(self.cases) if case.situation == situation]

    def best(self, rows: Sequence[int]) -> int:
        """The set that is best in the mean over some cases."""
        return int(np.argmax(self.values[list(rows)].mean(axis=0)))


def oracles(scored: Scored) -> dict[str, list[float]]:
    """Score of every case under each oracle."""
    whole = np.zeros(len(scored.cases))
    crossed = np.zeros(len(scored.cases))
    for situation in dict.fromkeys(case.situation for case in scored.cases):
        rows = scored.rows(situation)
        whole[rows] = scored.values[rows, scored.best(rows)]
        people = sorted({scored.cases[row].person.id for row in rows})
        first = [row for row in rows if people.index(scored.cases[row].person.id) % 2 == 0]
        second = [row for row in rows if row not in first]
        if first and second:
            crossed[first] = scored.values[first, scored.best(second)]
            crossed[second] = scored.values[second, scored.best(first)]
        else:
            crossed[rows] = whole[rows]
    return {
        "oracle": whole.tolist(),
        "oracle, other people": crossed.tolist(),
        "oracle for each person": scored.values.max(axis=1).tolist(),
    }


async def measure(
    store: PolicyStore, *, queries: int, people: int, seed: int = 0, price: float | None = None
) -> list[Row]:
    """Score every way of asking on the test situations.

    Args:
        store: An open policy store; plans of a case's own situation are left out.
        queries: Messages for each situation.
        people: People for each message.
        seed: Draws people and intervals.
        price: Of "value" and "auto"; as calibrated when omitted.
    """
    cases = await cases_of(("test",), queries=queries, people=people, seed=seed)
    scores, policy, scored = SetScores(), HeldOutPolicy(store), Scored(cases)
    await scored.fill(scores)
    price = shipped_calibration().for_budget(DEPTH).price if price is None else price
    table: dict[str, list[Asked]] = {}

    async def asks(name: str, chosen: Sequence[Sequence[str]]) -> None:
        table[name] = [
            Asked(case.situation, await scores(case, known), len(known), _cost(known))
            for case, known in zip(cases, chosen, strict=True)
        ]

    walks = [
        walk(policy.retrieval(case), case.person.values, ASK_ON, budget=DEPTH) for case in cases
    ]
    await asks("nothing", [()] * len(cases))
    table["random-3"] = [
        Asked(case.situation, mean, DEPTH, DEPTH * _mean_cost())
        for case, mean in zip(cases, scored.values.mean(axis=1).tolist(), strict=True)
    ]
    await asks("static-3", [tuple(STATIC)] * len(cases))
    await asks("policy-3", walks)
    for name, found in oracles(scored).items():
        table[name] = [
            Asked(case.situation, score, DEPTH, float("nan"))
            for case, score in zip(cases, found, strict=True)
        ]
    for name in RULES:
        rule = rule_named(name, price=price)
        weighs = price if name in ("auto", "value") else 0.0
        await asks(
            f"stopping {name}",
            [
                walk(policy.retrieval(case), case.person.values, rule, budget=DEPTH, price=weighs)
                for case in cases
            ],
        )
    await asks("everything", [tuple(load_attributes())] * len(cases))
    return [
        _row(name, rows, table["nothing"], table["oracle"], seed) for name, rows in table.items()
    ]


def _row(
    name: str, rows: Sequence[Asked], nothing: Sequence[Asked], oracle: Sequence[Asked], seed: int
) -> Row:
    score = clustered_mean([(one.situation, one.score) for one in rows], seed=seed)
    whole = float(
        np.mean([best.score - no.score for best, no in zip(oracle, nothing, strict=True)])
    )
    kept = clustered_mean(
        [
            (one.situation, (one.score - no.score) / whole)
            for one, no in zip(rows, nothing, strict=True)
        ],
        seed=seed,
    )
    if score is None or kept is None:
        raise ValueError("there are no cases to measure on")
    return Row(
        name,
        score,
        kept,
        float(np.mean([one.questions for one in rows])),
        float(np.mean([one.cost for one in rows])),
    )


def _cost(known: Sequence[str]) -> float:
    return sum(load_attributes()[name].cost for name in known)


def _mean_cost() -> float:
    return float(np.mean([item.cost for item in load_attributes().values()]))


def main(
    *,
    policy: Annotated[Path | None, typer.Option(help="Policy store; the shipped one.")] = None,
    queries: Annotated[int, typer.Option(min=1, max=10, help="Messages a situation.")] = 2,
    people: Annotated[int, typer.Option(min=2, help="People a message.")] = 8,
    price: Annotated[float, typer.Option(help="Of 'value'; below 0: as calibrated.")] = -1.0,
    seed: Annotated[int, typer.Option(help="Draws the people and the intervals.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Also write all figures as JSON.")] = None,
) -> None:
    """Measure the policy against the oracle on held-out situations, offline."""
    import json

    with PolicyStore.open(policy or shipped_store_path()) as store:
        wanted = price if price >= 0 else None
        rows = asyncio.run(measure(store, queries=queries, people=people, seed=seed, price=wanted))
    typer.echo("writer: offline  judge: offline; test situations, 95 % intervals over situations")
    typer.echo(
        f"{'asked':<24}{'score':>20}{'share of oracle gain':>24}{'questions':>11}{'cost':>7}"
    )
    for row in rows:
        cost = "" if np.isnan(row.cost) else f"{row.cost:.2f}"
        typer.echo(
            f"{row.name:<24}{_shown(row.score, '.2f'):>20}{_shown(row.kept, '.1%'):>24}"
            f"{row.questions:>11.2f}{cost:>7}"
        )
    if out:
        out.write_text(json.dumps([asdict(row) for row in rows], indent=2), encoding="utf-8")


def _shown(estimate: Estimate, form: str) -> str:
    if estimate.interval is None:
        return f"{estimate.mean:{form}}"
    low, high = estimate.interval
    return f"{estimate.mean:{form}} [{low:{form}}, {high:{form}}]"


if __name__ == "__main__":
    typer.run(main)
