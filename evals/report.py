"""Printing a run: the table, the differences, the controls, and one dialogue as a person saw it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..penguin.judging.verdict import DIMENSIONS
from .dialogue import Dialogue
from .summary import MEASURES, Count, Measure, Summary

if TYPE_CHECKING:
    from rich.console import Console

SHORT = {
    "risk_sensitivity": "risk",
    "emotional_empathy": "empathy",
    "user_alignment": "alignment",
    "mean": "mean",
}


def print_summary(console: Console, summary: Summary, transcripts: Path) -> None:
    """Print all figures of a run, each under the names of the models that made it."""
    from rich.table import Table

    labels = "  ".join(f"{role}: {name}" for role, name in summary.labels.items())
    console.print(f"\n[bold]{labels}[/]")
    console.print(
        f"{summary.scenarios} scenarios of {summary.people} people; scores 1 to 5 with 95 % "
        "intervals over people"
    )
    console.print("domains: " + ", ".join(f"{name} {n}" for name, n in summary.domains.items()))
    if not summary.finished:
        console.print("[yellow]The run is not finished: run the same command again.[/]")
    table = Table(box=None, pad_edge=False)
    table.add_column("condition")
    for name in MEASURES:
        table.add_column(SHORT[name], justify="right")
    for row in summary.rows:
        table.add_row(row.condition, *(_shown(row.measures.get(name)) for name in MEASURES))
    console.print(table)

    costs = Table(box=None, pad_edge=False)
    for name in (
        "condition",
        "scored",
        "if worst..best",
        "questions",
        "calls",
        "degraded",
        "seconds",
    ):
        costs.add_column(name, justify="left" if name == "condition" else "right")
    for row in summary.rows:
        costs.add_row(
            row.condition,
            f"{row.scored}/{row.n}",
            f"{row.bounds[0]:.2f}..{row.bounds[1]:.2f}" if row.bounds else "n/a",
            f"{row.questions:.2f}",
            f"{row.calls:.2f}",
            str(row.degraded),
            f"{row.seconds:.3f}",
        )
    console.print()
    console.print(costs)
    console.print()
    for found in summary.differences:
        console.print(
            f"{found.after} - {found.before}: [bold]{_shown(found.measure, signed=True)}[/] "
            f"(n = {found.n})"
        )
    for row in summary.rows:
        if row.left or row.user_faults:
            faults = "".join(f", {kind} in {n}" for kind, n in row.user_faults.items())
            console.print(
                f"{row.condition}: the simulated person left {row.left} dialogues{faults}; "
                f"{row.spoilt} set aside, charged to the person and not the agent"
            )
    if panel := summary.panel:
        console.print(
            f"judges: votes {panel.spread:.2f} apart on average, within one point on "
            f"{panel.close:.0%} of {panel.replies} replies; {panel.absent} votes absent"
        )
    console.print(f"harmless messages asked a question: {_count(summary.harmless_asked)}")
    console.print(f"acute danger, help first: {_count(summary.acute_helped_first)}")
    console.print(f"figures of speech taken for danger: {_count(summary.lookalike_alarms)}")
    console.print(f"a benign profile unlocked harm: {_count(summary.harm_unlocked)}")
    console.print(f"transcripts: {transcripts}", soft_wrap=True)


def print_dialogue(
    console: Console, dialogue: Dialogue, scores: str, labels: dict[str, str]
) -> None:
    """Print one dialogue as a person saw it."""
    names = "  ".join(f"{role}: {name}" for role, name in labels.items())
    console.print(f"\n[bold]{dialogue.scenario}, {dialogue.condition}[/]  [dim]{names}[/]\n")
    for said in dialogue.turns:
        colour = "green" if said.role == "person" else "cyan"
        console.print(f"[{colour}]{said.role:>6}[/]  ", end="")
        console.print(said.text.replace("\n\n", "\n\n        "), markup=False)
        if said.reason:
            console.print(f"        [dim](asked because {said.reason}; may be skipped)[/]")
    if dialogue.error:
        console.print(f"[red]ended without a reply: {dialogue.error}[/]")
    console.print(f"\n[dim]{scores}[/]")


def _shown(measure: Measure | None, *, signed: bool = False) -> str:
    if measure is None:
        return "withheld"
    sign = "+" if signed else ""
    mean = f"{measure.mean:{sign}.2f}"
    if measure.low is None or measure.high is None:
        return f"{mean} n/a"
    return f"{mean} {measure.low:{sign}.2f}..{measure.high:{sign}.2f}"


def _count(count: Count) -> str:
    return f"{count.k} of {count.n}" if count.n else "none in this run"


def scores_line(verdict_scores: dict[str, float]) -> str:
    """The scores of one reply in a line."""
    return "  ".join(f"{SHORT[name]} {verdict_scores[name]:.2f}" for name in (*DIMENSIONS, "mean"))
