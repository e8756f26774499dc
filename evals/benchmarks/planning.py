"""How much of the best choice a planner finds: synthetic rewards, exact and noisy.

``python -m raise_penguin.evals.benchmarks.planning`` prints the tables of docs/planning.md. A
figure is the share of the way from a random set of k attributes to the best one, the chosen set
taken without noise; the mean over seeds with the half width of its 95 % bootstrap interval.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray

from ...penguin.errors import SettingsError
from ...policies.planners.lattice import Floats
from .arms import Arm, Table
from .rewards import FORMS
from .table_runs import measure

NOISE = 0.08
"""Standard deviation of one evaluation on the 0..1 range of the rewards, as of a judge."""
DRAWS = 2_000
"""Resamples of a bootstrap."""
PARTS = (*FORMS, "priors")
GUIDED = (0, 5, 10, 20, 40, 80, 160, 320)
"""Evaluations at which priors are compared."""

PEERS = (
    Arm("random", "random", budgets=(50,)),
    Arm("static", "static", budgets=(50,)),
    Arm("greedy", "greedy"),
    Arm("exhaustive", "exhaustive", budgets=(300,)),
    Arm("mcts (the paper's)", "mcts"),
    Arm("mcts, scores reused", "mcts-reuse", budgets=(50, 150, 300)),
    Arm("surrogate", "surrogate"),
    Arm("surrogate, 8 in flight", "surrogate", in_flight=8, budgets=(50, 150)),
    Arm("surrogate, 100 earlier plans", "surrogate", earlier=True, budgets=(10, 40, 120)),
)
PRIORS = (
    Arm("mcts, no prior", "mcts", "none"),
    Arm("mcts, good prior", "mcts", "good"),
    Arm("mcts, prior of the kind", "mcts", "kind"),
    Arm("mcts, static prior", "mcts", "static"),
    Arm("mcts, misleading prior", "mcts", "misleading"),
    Arm("mcts, good prior, half mixed", "mcts-mixing", "good"),
    Arm("mcts, misleading prior, half mixed", "mcts-mixing", "misleading"),
    Arm("mcts, good prior, trust earned", "mcts-earned", "good"),
    Arm("mcts, prior of the kind, trust earned", "mcts-earned", "kind"),
    Arm("mcts, static prior, trust earned", "mcts-earned", "static"),
    Arm("mcts, misleading prior, trust earned", "mcts-earned", "misleading"),
    Arm("surrogate, no prior", "surrogate", "none", budgets=(20, 80, 160)),
    Arm("surrogate, good prior", "surrogate", "good", budgets=(20, 80, 160)),
    Arm("surrogate, misleading prior", "surrogate", "misleading", budgets=(20, 80, 160)),
)
COMPARED = tuple(
    arm.label for arm in PRIORS if arm.planner.startswith("mcts") and arm.prior != "none"
)
"""Arms whose evaluations are set against those of the tree search without a prior."""


def tables(parts: Collection[str] = PARTS, *, quick: bool = False) -> list[Table]:
    """The tables of some parts, or with ``quick`` two small ones."""
    exact, noisy = (10, 20, 40, 50, 300), (10, 20, 40, 50, 120, 150, 300)
    if quick:
        return [
            Table(_title("synergies", 3, noise), "synergies", 3, noise, (20, 50), PEERS)
            for noise in (0.0, NOISE)
        ]
    found = [
        Table(_title(form, depth, noise), form, depth, noise, noisy if noise else exact, PEERS)
        for form in FORMS
        if form in parts
        for depth in (3, 5)
        for noise in (0.0, NOISE)
    ]
    for form in FORMS if "priors" in parts else ():
        for noise in (0.0, NOISE):
            title = f"Priors: {_title(form, 5, noise)}"
            found.append(Table(title, form, 5, noise, GUIDED, PRIORS))
    return found


def _title(form: str, depth: int, noise: float) -> str:
    return f"{form}, k = {depth}, {f'noise {noise}' if noise else 'exact'}"


def half_width(values: Floats) -> float:
    """Half the width of the 95 % bootstrap interval of a mean."""
    low, high = np.quantile(values[_resamples(len(values))].mean(axis=1), (0.025, 0.975))
    return float(high - low) / 2


def _resamples(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(count, size=(DRAWS, count))


def markdown(table: Table, found: Mapping[tuple[str, int], Floats]) -> str:
    """A table as Markdown.

    A dash stands where an arm was not measured; an arm that was measured nowhere is left out, as
    the exhaustive planner is where it cannot start with so few evaluations.
    """
    rows = [
        [
            arm.label,
            *(
                f"{found[arm.label, one].mean():.3f} ± {half_width(found[arm.label, one]):.3f}"
                if (arm.label, one) in found
                else "-"
                for one in table.budgets
            ),
        ]
        for arm in table.arms
        if any((arm.label, one) in found for one in table.budgets)
    ]
    return f"### {table.title}\n\n" + _grid(["planner", *map(str, table.budgets)], rows)


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def needed(shares: Floats, budgets: Sequence[int], target: float) -> float:
    """Evaluations at which a curve of mean shares first reaches a target.

    Args:
        shares: Mean share at each budget.
        budgets: Evaluations, rising; between them the curve is a straight line.
        target: The share to reach.

    Returns:
        Evaluations; infinite where the target is not reached.
    """
    for place, (share, budget) in enumerate(zip(shares, budgets, strict=True)):
        if share >= target:
            if place == 0:
                return float(budget)
            before, start = shares[place - 1], budgets[place - 1]
            return float(start + (budget - start) * (target - before) / (share - before))
    return math.inf


def savings(found: Mapping[tuple[str, int], Floats], references: Sequence[int]) -> str:
    """What a prior saves: evaluations needed for what the search without a prior has, as a ratio.

    Args:
        found: Shares of ``PRIORS`` at ``GUIDED`` budgets.
        references: Evaluations of the search without a prior.

    Returns:
        A Markdown table of ratios; in brackets their 95 % bootstrap interval over messages.
    """
    seeds = len(found[PRIORS[0].label, GUIDED[0]])
    chosen = np.vstack([np.arange(seeds), _resamples(seeds)])

    def curve(label: str) -> Floats:
        """Resamples x budgets, the sample itself first."""
        return np.stack([found[label, one][chosen].mean(axis=1) for one in GUIDED], axis=1)

    plain = curve(PRIORS[0].label)
    rows: list[list[str]] = []
    for label in COMPARED:
        row = [label]
        for reference in references:
            targets = plain[:, GUIDED.index(reference)]
            ratios = np.array(
                [
                    needed(shares, GUIDED, target) / reference
                    for shares, target in zip(curve(label), targets, strict=True)
                ]
            )
            low, high = np.quantile(ratios[1:], (0.025, 0.975), method="nearest")
            most = GUIDED[-1] / reference
            row.append(f"{_ratio(ratios[0], most)} ({_ratio(low, most)} to {_ratio(high, most)})")
        rows.append(row)
    return _grid(["planner", *(f"as without at {one}" for one in references)], rows)


def _ratio(value: float, most: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else f"over {most:.0f}"


def main(
    *,
    seeds: int,
    quick: bool,
    part: Sequence[str] | None,
    out: Path | None,
    processes: int | None,
) -> None:
    """Print the tables; the options are those of ``raise-penguin eval bench planning``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    start, seeds = time.monotonic(), min(seeds, 12) if quick else seeds
    parts = [one for one in PARTS if one in (part or PARTS)]
    if unknown := set(part or ()) - set(parts):
        raise SettingsError(f"no part {', '.join(sorted(unknown))}; use: {', '.join(PARTS)}")
    if out:
        out.mkdir(parents=True, exist_ok=True)
    wanted = tables(parts, quick=quick)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("messages", total=len(wanted) * seeds)
        measured = measure(
            wanted, seeds, processes=processes, folder=out, on_done=lambda: bars.advance(bar)
        )
        for number, (table, found) in enumerate(zip(wanted, measured, strict=True), 1):
            typer.echo(markdown(table, found))
            if table.arms is PRIORS:
                typer.echo(savings(found, (80, 160, 320)))
            typer.echo(f"{number} of {len(wanted)}, {time.monotonic() - start:.0f} s", err=True)
    typer.echo(f"{seeds} seeds, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    from ..bench_command import bench

    bench(["planning", *sys.argv[1:]])
