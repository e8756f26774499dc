"""``raise-penguin penguin users``: how simulated people behave, and whether they are faithful."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..profile import Profile
    from .faithfulness import UserMaker
    from .protocol import SimulatedUser

app = typer.Typer(help="Simulated people: see how they behave and whether they are faithful.")


@app.command("check")
def check_users(
    *,
    answers: Annotated[int, typer.Option(min=1, help="Answers a behaviour.")] = 1_000,
    behaviours: Annotated[str, typer.Option(help="Comma-separated; all if omitted.")] = "",
    model: Annotated[str, typer.Option(help="The user's model, 'offline' for rules.")] = "offline",
    base_url: Annotated[str, typer.Option(help="URL of an OpenAI-compatible server.")] = "",
    examples: Annotated[int, typer.Option(min=0, help="Faulty answers to show.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Measure contradictions, inventions, leaks and more, by behaviour, in answers to questions."""
    import asyncio

    from ..building import build_scenarios
    from .behaviours import behaviours_named, load_behaviours
    from .faithfulness import FAULTS, measure_faithfulness

    chosen = [name for name in behaviours.split(",") if name] or list(load_behaviours())
    people = list(
        {one.profile.id: one.profile for one in build_scenarios(0, people=50, posts=50)}.values()
    )
    figures: dict[str, dict[str, Any]] = {}
    shown: list[str] = []
    for behaviour in behaviours_named(chosen):
        make = _user_maker(model, base_url, behaviour.id)
        found = asyncio.run(measure_faithfulness(make, people, answers=answers))
        figures[behaviour.id] = {
            "answers": found.answers,
            "told": round(found.told / found.answers, 3),
            "distinct": len(found.distinct),
            **{fault: round(found.rate(fault), 4) for fault in FAULTS},
        }
        shown += [
            f"{behaviour.id}: {finding.fault} ({finding.attribute}): {answer}"
            for answer, finding in found.examples[:examples]
        ]
    if as_json:
        typer.echo(json.dumps({"model": model, "behaviours": figures}, indent=2))
        return
    _print_figures(f"user: {model}; shares of answers, and distinct answers", figures)
    for line in shown:
        typer.echo(line)
    typer.echo(
        "By design: talkative leaks, lying contradicts about one attribute, impatient leaves."
    )


def _user_maker(model: str, base_url: str, behaviour: str) -> UserMaker:
    if model == "offline":
        from .offline import OfflineUser

        def by_rules(profile: Profile, seed: int) -> SimulatedUser:
            return OfflineUser(profile, seed=seed, behaviours=[behaviour])

        return by_rules
    from ..models import open_model
    from .model_user import ModelUser

    chat = open_model(model, base_url=base_url or None)

    def by_model(profile: Profile, seed: int) -> SimulatedUser:
        del seed  # a model's answers vary by themselves
        return ModelUser(chat, profile, behaviours=[behaviour])

    return by_model


def _print_figures(title: str, figures: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None)
    table.add_column("")
    for name in next(iter(figures.values())):
        table.add_column(name, justify="right")
    for row, values in figures.items():
        table.add_row(row, *(str(value) for value in values.values()))
    Console(width=140, highlight=False).print(table)
