"""``raise-penguin penguin users``: whether simulated people keep to their profiles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from .options import BaseUrl

if TYPE_CHECKING:
    from .users.faithfulness import Faithfulness, UserMaker

app = typer.Typer(help="Simulated people: see how they behave and whether they are faithful.")


@app.callback()
def users() -> None:
    """Simulated people: see how they behave and whether they are faithful."""


@app.command()
def check(
    *,
    answers: Annotated[int, typer.Option(min=1, help="Answers a behaviour.")] = 1_000,
    behaviours: Annotated[str, typer.Option(help="Comma-separated; all if omitted.")] = "",
    model: Annotated[str, typer.Option(help="The user's model, 'offline' for rules.")] = "offline",
    base_url: BaseUrl = "",
    examples: Annotated[int, typer.Option(min=0, help="Faulty answers to show.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Measure contradictions, inventions, leaks and more, by behaviour, in answers to questions."""
    import asyncio

    from .building import build_scenarios
    from .users.behaviours import behaviours_named, load_behaviours
    from .users.faithfulness import measure_faithfulness

    names = [name.strip() for name in behaviours.split(",") if name.strip()]
    chosen = behaviours_named(names or list(load_behaviours()))
    people = list(
        {one.profile.id: one.profile for one in build_scenarios(0, people=10, posts=90)}.values()
    )
    measured: dict[str, Faithfulness] = {}
    for behaviour in chosen:
        make = _user_maker(model, base_url, behaviour.id)
        measured[behaviour.id] = asyncio.run(measure_faithfulness(make, people, answers=answers))
    figures = {name: _figures(found) for name, found in measured.items()}
    if as_json:
        typer.echo(json.dumps({"model": model, "behaviours": figures}, indent=2))
        return
    _print_figures(f"user: {model}; shares of answers, and distinct answers", figures)
    for name, found in measured.items():
        for answer, finding in found.examples[:examples]:
            typer.echo(f"{name}: {finding.fault} ({finding.attribute}): {answer}")
    if by_design := [f"{one.id} ({', '.join(one.faults)})" for one in chosen if one.faults]:
        typer.echo(f"By design: {'; '.join(by_design)}.")


def _figures(found: Faithfulness) -> dict[str, float]:
    """The figures of one behaviour, as they are printed."""
    from .users.faithfulness import FAULTS

    return {
        "answers": found.answers,
        "told": round(found.told / found.answers, 3),
        "distinct": len(found.distinct),
        **{fault: round(found.rate(fault), 4) for fault in FAULTS},
    }


def _user_maker(model: str, base_url: str, behaviour: str) -> UserMaker:
    from .profile import Profile
    from .users.model_user import ModelUser
    from .users.offline import OfflineUser

    if model == "offline":

        def by_rules(profile: Profile, seed: int) -> OfflineUser:
            return OfflineUser(profile, seed=seed, behaviours=[behaviour])

        return by_rules

    from .models import open_model

    chat = open_model(model, base_url=base_url or None)

    def by_model(profile: Profile, seed: int) -> ModelUser:
        del seed  # a chat model has its own
        return ModelUser(chat, profile, behaviours=[behaviour])

    return by_model


def _print_figures(title: str, figures: dict[str, dict[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None)
    table.add_column("")
    for name in next(iter(figures.values())):
        table.add_column(name, justify="right")
    for row, values in figures.items():
        table.add_row(row, *(str(value) for value in values.values()))
    Console(width=140, highlight=False).print(table)
