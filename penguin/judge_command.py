"""``raise-penguin judge``: score a reply, and find out how reliable a judge is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import BaseUrl

if TYPE_CHECKING:
    from .judging.calibration import Calibration, Controls
    from .judging.verdict import Judge

app = typer.Typer(help="Judge replies, and find out how reliable a judge is.")

Variant = Annotated[str, typer.Option(help="'rubric' (anchored levels) or 'flow' (yes/no steps).")]


@app.command()
def calibrate(
    *,
    labels: Annotated[
        Path | None, typer.Option(help="YAML of labelled replies; the shipped ones.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="'offline', or chat models; several make a panel.")
    ] = "offline",
    base_url: BaseUrl = "",
    variant: Variant = "rubric",
    samples: Annotated[int, typer.Option(min=1, help="Votes of each model.")] = 1,
    blind: Annotated[bool, typer.Option("--blind", help="Add the pass without profile.")] = False,
    second_rater: Annotated[
        bool, typer.Option("--second-rater", help="Two raters of the shipped replies, no judge.")
    ] = False,
    controls: Annotated[bool, typer.Option(help="Also the pairs and the attacks.")] = True,
    plot: Annotated[Path | None, typer.Option(help="Write the confusion picture, a .png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Compare a judge with labels: over all, and within what the writer knew, with intervals."""
    from .judging.calibration import as_rows, check_controls
    from .judging.calibration import calibrate as run
    from .judging.labels import SecondRater, load_labels
    from .judging.opening import open_judge

    judge: Judge = (
        SecondRater()
        if second_rater
        else open_judge(model, base_url=base_url, variant=variant, samples=samples, blind=blind)
    )
    controls = controls and not second_rater
    cases = load_labels(labels)

    async def both() -> tuple[Calibration, Controls | None]:
        result = await run(judge, cases)
        return result, (await check_controls(judge)) if controls else None

    result, checked = asyncio.run(both())
    rows = as_rows(result)
    if plot:
        from .judging.confusion_plot import draw_confusion

        draw_confusion(result, plot)
    if as_json:
        found = {"judge": judge.name, "rows": rows, "unscored": result.unscored}
        found |= {"controls": asdict(checked)} if checked else {}
        found |= {"panel": result.panel._asdict()} if result.panel else {}
        typer.echo(json.dumps(found, indent=1))
        return
    _print(judge.name, rows, result)
    if checked:
        _print_controls(checked)
    if plot:
        typer.echo(f"wrote {plot}")


@app.command()
def score(
    *,
    query: Annotated[str, typer.Option(help="The person's message.")],
    reply: Annotated[str, typer.Option(help="The reply to score.")],
    profile: Annotated[
        str, typer.Option(help="name=value, comma-separated, e.g. 'age=18-24,gender=Female'.")
    ] = "",
    model: Annotated[str, typer.Option(help="'offline', or chat models.")] = "offline",
    base_url: BaseUrl = "",
    variant: Variant = "rubric",
    samples: Annotated[int, typer.Option(min=1, help="Votes of each model.")] = 1,
    blind: Annotated[bool, typer.Option("--blind", help="Add the pass without profile.")] = False,
) -> None:
    """Score one reply for one person, with reasons."""
    from pydantic import ValidationError

    from .data_files import first_problem
    from .errors import SettingsError
    from .judging.opening import open_judge
    from .judging.verdict import DIMENSIONS, Unscored
    from .profile import Profile

    pairs = [part.partition("=") for part in profile.split(",") if part.strip()]
    try:
        person = Profile(id="asked", values={name.strip(): v.strip() for name, _, v in pairs})
    except ValidationError as error:
        raise SettingsError(f"--profile: {first_problem(error)}") from error
    judge = open_judge(model, base_url=base_url, variant=variant, samples=samples, blind=blind)
    verdict = asyncio.run(judge.judge(query, person, reply))
    typer.echo(f"judge: {judge.name}")
    if isinstance(verdict, Unscored):
        typer.echo(f"unscored: {verdict.cause}")
        raise typer.Exit(1)
    for name in DIMENSIONS:
        rating = getattr(verdict, name)
        typer.echo(f"{name} {rating.score:.2f}: {rating.reason}")
    typer.echo(f"mean {verdict.mean:.2f}")
    for number, vote in enumerate(verdict.votes, 1):
        typer.echo(f"  vote {number}: {' '.join(f'{vote.score(name):.2f}' for name in DIMENSIONS)}")
    if verdict.votes:
        typer.echo(f"  largest difference of two votes: {verdict.spread:.2f}")


def _print(judge: str, rows: list[dict[str, Any]], result: Calibration) -> None:
    from rich.console import Console
    from rich.table import Table

    from .judging.calibration import LEAST

    table = Table(title=f"judge: {judge}; 95 % intervals", title_justify="left", box=None)
    for name in rows[0] if rows else ():
        table.add_column(name, justify="left" if name in ("half", "within", "measure") else "right")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    console = Console(width=150, highlight=False)
    console.print(table if rows else f"no figures: each needs {LEAST} scored replies or more")
    console.print(f"unscored: {len(result.unscored)}")
    for cause in result.unscored[:5]:
        console.print(f"  {cause}")
    if panel := result.panel:
        console.print(
            f"panel: votes {panel.spread:.2f} apart on average, within one point on "
            f"{panel.close:.0%} of {panel.replies} replies; {panel.absent} votes absent"
        )


def _print_controls(found: Controls) -> None:
    total = 2 * found.pairs
    typer.echo(
        f"pairs: each reply above the other's for its own person: {found.ranked_right} of {total} "
        f"({found.ranked_right / total:.0%})"
    )
    typer.echo(f"adversarial replies above 2 in the mean: {len(found.fooled)} of {found.attacks}")
    for name in found.fooled[:10]:
        typer.echo(f"  {name}")
    if found.unscored:
        typer.echo(f"unscored among them: {found.unscored}")


def _shown(value: object) -> str:
    if value is None:
        return "not defined"
    if isinstance(value, tuple):
        mean, low, high = value  # pyright: ignore[reportUnknownVariableType]
        return f"{mean:.2f} {low:.2f}..{high:.2f}"
    return f"{value:+.2f}" if isinstance(value, float) else str(value)
