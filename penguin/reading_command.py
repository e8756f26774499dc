"""``raise-penguin penguin reading``: how well the offline reader reads what people write."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .reading.measuring import Counts, Measured, Share


class Part(StrEnum):
    """A half of the labelled utterances."""

    TUNING = "tuning"
    HELD_OUT = "held-out"


def reading(
    *,
    part: Annotated[Part, typer.Option(help="The half to measure on.")] = Part.HELD_OUT,
    errors: Annotated[
        bool, typer.Option("--errors", help="Print each mistake; of the tuning half only.")
    ] = False,
) -> None:
    """Measure the offline reader on labelled utterances, by attribute and language."""
    from .errors import DataError
    from .reading.measuring import measure_reading
    from .utterances import load_utterances

    if errors and part is Part.HELD_OUT:
        raise DataError(
            "the held-out half is for measuring alone; see the mistakes of --part tuning"
        )
    found = measure_reading(load_utterances("tuning" if part is Part.TUNING else "held_out"))
    _print(found, part)
    if errors:
        for item, mistake in found.mistakes:
            asked = f"asked for {item.asked}" if item.asked else "message"
            typer.echo(f"{item.id} ({asked}) {item.text!r}: {mistake.strip()}")


def _print(found: Measured, part: Part) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"reader: offline rules; {found.utterances} utterances, {part.value}; 95 % intervals"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("")
    for name in ("right", "wrong", "missed"):
        table.add_column(name, justify="right")
    table.add_column("precision")
    table.add_column("recall")
    rows: dict[str, Counts] = {"all": found.in_all, **dict(sorted(found.by_language.items()))}
    for name, counts in {**rows, **found.by_attribute}.items():
        table.add_row(
            name,
            str(counts.right),
            str(counts.wrong),
            str(counts.missed),
            _share(counts.precision),
            _share(counts.recall),
        )
    console = Console(width=100, highlight=False)
    console.print(table)
    labels = {"declined": "refusals seen", "unclear": "unsure seen", "stands": "question stands"}
    for name, label in labels.items():
        share = found.outcome(name)
        console.print(f"{label}: {share.hits} of {share.cases}, {_share(share)}")


def _share(share: Share) -> str:
    if not share.cases:
        return "-"
    low, high = share.interval
    return f"{share.value:.2f} {low:.2f}..{high:.2f}"
