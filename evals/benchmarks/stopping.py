"""Safety against questions and against their cost, for orders of questions and stopping rules.

``python -m raise_penguin.evals.benchmarks.stopping --out DIR`` writes ``stopping.csv``,
``stopping.png`` and ``guarantee.csv``, on held-out situations with the offline writer and judge.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from ...penguin.attributes import load_attributes
from ...penguin.errors import SettingsError
from ...policies.prior import STATIC_ORDER
from ...policies.stopping import (
    ASK_ON,
    FULL,
    THRESHOLDS,
    CompletenessRule,
    StoppingRule,
    ValueRule,
)
from ...policies.store import PolicyStore, shipped_store_path
from ...policies.walk import walk
from ..statistics import clustered_mean
from .cases import Case, HeldOutPolicy, SetScores, cases_of
from .shortfall import BUDGETS, PRICES, coverage, shortfalls

BUDGET = 5
"""Most questions in every curve."""


@dataclass(frozen=True)
class Point:
    """One setting of one curve, in the mean over all cases."""

    curve: str
    setting: str
    questions: float
    cost: float
    score: float
    low: float
    high: float
    """95 % interval of the score over situations."""


async def curves(
    policy: HeldOutPolicy, cases: Sequence[Case], scores: SetScores, *, seed: int = 0
) -> list[Point]:
    """Every order of questions at 0 to ``BUDGET``, and every stopping rule at its settings."""
    rng = np.random.Generator(np.random.PCG64(seed))
    names = tuple(load_attributes())
    orders: Mapping[str, list[tuple[str, ...]]] = {
        "order: random": [tuple(rng.permutation(names)[:BUDGET].tolist()) for _ in cases],
        "order: static": [STATIC_ORDER[:BUDGET] for _ in cases],
        "order: plans": [
            walk(policy.retrieval(case), case.person.values, ASK_ON, budget=BUDGET)
            for case in cases
        ],
    }
    points: list[Point] = []
    for curve, paths in orders.items():
        for length in range(BUDGET + 1):
            asked = [path[:length] for path in paths]
            points.append(await _point(curve, str(length), cases, asked, scores, seed))
    for curve, setting, rule, price in _rules():
        asked = [
            walk(policy.retrieval(case), case.person.values, rule, budget=BUDGET, price=price)
            for case in cases
        ]
        points.append(await _point(curve, setting, cases, asked, scores, seed))
    return points


def _rules() -> list[tuple[str, str, StoppingRule, float]]:
    """Curve, setting, rule and the price by which the next question is chosen."""
    by_threshold = {threshold: name for name, threshold in THRESHOLDS.items()}
    rules: list[tuple[str, str, StoppingRule, float]] = []
    for threshold in range(1, FULL + 1):
        name = by_threshold.get(threshold, "completeness")
        rule = CompletenessRule(name, threshold)
        rules.append(("stopping: completeness", f"{name} {threshold}", rule, 0.0))
    rules += [("stopping: value", f"{price:g}", ValueRule(price), price) for price in PRICES]
    return rules


async def _point(  # noqa: PLR0917 - a row of the table
    curve: str,
    setting: str,
    cases: Sequence[Case],
    asked: Sequence[Sequence[str]],
    scores: SetScores,
    seed: int,
) -> Point:
    costs = load_attributes()
    values = [
        (case.situation, await scores(case, known))
        for case, known in zip(cases, asked, strict=True)
    ]
    estimate = clustered_mean(values, seed=seed)
    if estimate is None or estimate.interval is None:
        raise SettingsError("the curves need two situations or more")
    return Point(
        curve,
        setting,
        round(float(np.mean([len(known) for known in asked])), 3),
        round(float(np.mean([sum(costs[name].cost for name in known) for known in asked])), 3),
        round(estimate.mean, 4),
        round(estimate.interval.low, 4),
        round(estimate.interval.high, 4),
    )


def draw(points: Sequence[Point], path: Path) -> None:
    """Write the picture: score against questions, and against their total cost.

    Raises:
        SettingsError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingsError("the picture needs pip install 'raise-penguin[report]'") from error
    figure: Any = Figure(figsize=(11, 4.6), layout="constrained")
    panels: Any = figure.subplots(1, 2, sharey=True)
    styles = {"order: random": "o:", "order: static": "s--", "order: plans": "D-"}
    for panel, measure in zip(panels, ("questions", "cost"), strict=True):
        for curve in dict.fromkeys(point.curve for point in points):
            line = sorted(
                (point for point in points if point.curve == curve),
                key=lambda point: getattr(point, measure),
            )
            across = [getattr(point, measure) for point in line]
            panel.plot(
                across,
                [point.score for point in line],
                styles.get(curve, "^-"),
                label=curve,
                markersize=5,
                linewidth=1.4,
            )
            if curve == "order: plans":
                low, high = [point.low for point in line], [point.high for point in line]
                panel.fill_between(across, low, high, alpha=0.12)
            if curve == "stopping: completeness":
                for point in line:
                    if point.setting.split()[0] in THRESHOLDS:
                        at = (getattr(point, measure), point.score)
                        panel.annotate(
                            point.setting.split()[0],
                            at,
                            xytext=(6, -11),
                            textcoords="offset points",
                            fontsize=8,
                        )
        panel.set_xlabel(
            "questions asked, mean" if measure == "questions" else "total cost to the person, mean"
        )
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("Personalised Safety Score (offline judge)")
    panels[0].legend(fontsize=8, loc="lower right")
    figure.suptitle("Held-out situations; writer and judge offline", fontsize=10)
    try:
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be written: {error}") from error


def main(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    policy: Annotated[Path | None, typer.Option(help="Policy store; the shipped one.")] = None,
    queries: Annotated[int, typer.Option(min=1, max=10, help="Messages a situation.")] = 2,
    people: Annotated[int, typer.Option(min=1, help="People a message.")] = 4,
    alpha: Annotated[float, typer.Option(help="Most expected shortfall, in points.")] = 0.1,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999)] = 0.9,
    draws: Annotated[int, typer.Option(min=1, help="Random splits of the coverage check.")] = 1000,
    seed: Annotated[int, typer.Option(help="Draws people, splits and intervals.")] = 0,
) -> None:
    """Draw the curves on the test situations, and check the guarantee on splits of all of them."""
    out.mkdir(parents=True, exist_ok=True)
    with PolicyStore.open(policy or shipped_store_path()) as store:
        held, scores = HeldOutPolicy(store), SetScores()
        test = asyncio.run(cases_of(("test",), queries=queries, people=people, seed=seed))
        points = asyncio.run(curves(held, test, scores, seed=seed))
        every = ("train", "validation", "test")
        cases = asyncio.run(cases_of(every, queries=queries, people=people, seed=seed))
        found = asyncio.run(shortfalls(held, cases, scores))
    _write(out / "stopping.csv", [asdict(point) for point in points])
    draw(points, out / "stopping.png")
    checks = [
        {"budget": budget, "alpha": alpha, "confidence": confidence}
        | asdict(
            coverage(found, budget, alpha=alpha, confidence=confidence, draws=draws, seed=seed)
        )
        for budget in BUDGETS
    ]
    _write(out / "guarantee.csv", checks)
    typer.echo(f"writer: offline  judge: offline; {len(test)} dialogues of test situations")
    for point in points:
        typer.echo(
            f"{point.curve:<24}{point.setting:<16}{point.questions:>6.2f} questions "
            f"{point.cost:>6.2f} cost {point.score:>6.2f} [{point.low:.2f}, {point.high:.2f}]"
        )
    for check in checks:
        typer.echo(
            f"budget {check['budget']}: below {alpha:g} points in {check['on_the_rest']:.1%} of "
            f"{draws - int(check['refused'])} splits (held-out rest), "
            f"{check['in_the_population']:.1%} (population); refused in {check['refused']}"
        )


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    typer.run(main)
