"""``raise-penguin crisis``: how well danger is seen, what a person gets, which attacks hold."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..roles.protocols import Danger
    from .danger import Level
    from .measuring import Tally
    from .message_set import LabelledMessage

UNSEEN_FROM = (0.8, 1.0, 1.2, 1.4, 1.6, 2.0)
"""Where the weights might suffice alone."""

app = typer.Typer(
    help="Help for people in danger: measure the rules, read the help, try attacks.",
    no_args_is_help=True,
)


class Part(StrEnum):
    """Which labelled messages."""

    TUNING = "tuning"
    MEASURED = "measured"
    HELD_OUT = "held-out"
    ORDINARY = "ordinary"


@app.command()
def check(
    *,
    part: Annotated[Part, typer.Option(help="Which labelled messages.")] = Part.HELD_OUT,
) -> None:
    """Count what is seen without a model: recall and false alarms, with 95 % Wilson intervals."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from .danger import detect_danger, read_danger, read_phrases
    from .everyday import everyday_texts
    from .measuring import tallies
    from .message_set import load_messages

    name = "held_out" if part is Part.HELD_OUT else part.value
    messages = load_messages(name)
    learnt = part in (Part.TUNING, Part.MEASURED)
    everyday = everyday_texts("tuning" if learnt else "held_out")
    alarms = sum(bool(detect_danger(text)) for text in everyday)
    once = cache(read_danger)  # each message stands in three groups
    groups = [
        *tallies(messages, lambda one: one.language, once),
        *tallies(messages, lambda _: "all", once),
        *tallies(messages, lambda _: "all, phrases alone", read_phrases),
        *tallies(messages, lambda one: f"{one.danger or 'no danger'}: {one.kind}", once),
    ]
    console = Console(highlight=False)
    console.print(f"offline phrases and weights on {len(messages)} messages ({part.value})")
    heads = ("", "acute", "seen", "recall", "same kind", "calm", "alarms", "false alarms")
    table = Table(*heads, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for tally in groups:
        table.add_row(*_row(tally))
    console.print(table)
    share = _share(alarms, len(everyday))
    console.print(f"false alarms in everyday texts: {alarms} of {len(everyday)}, {share}")
    if learnt:
        console.print("The weights were learnt from these; they tell nothing of unseen messages.")


@app.command(name="learn")
def learn_weights(
    *,
    messages: Annotated[Path, typer.Option(help="Folder of labelled messages.")] = Path(
        "graphs/crisis/data/training"
    ),
    out: Annotated[Path, typer.Option(help="The file of weights.")] = Path(
        "graphs/crisis/data/weights.npz"
    ),
    folds: Annotated[
        int, typer.Option(help="Also show what unseen parts of them gain; 0: no.")
    ] = 0,
) -> None:
    """Learn the weights of danger anew, from the repository's messages (extra `report`)."""
    from .everyday import everyday_texts
    from .learning import learn
    from .message_set import load_messages, load_training

    found = [*load_training(messages), *load_messages("tuning"), *load_messages("measured")]
    everyday = everyday_texts("tuning")
    size = learn(found, everyday, out)
    counts = f"{len(found)} labelled messages and {len(everyday)} everyday texts"
    typer.echo(f"{out}: learnt from {counts}, {size:,} bytes")
    if folds:
        _show_unseen(found, everyday, folds)


def _show_unseen(messages: Sequence[LabelledMessage], everyday: Sequence[str], folds: int) -> None:
    """What phrases and weights see together of texts the weights were not learnt from."""
    from rich.console import Console
    from rich.table import Table

    from .danger import joined, read_phrases
    from .learning import weigh_unseen

    texts = [*(one.text for one in messages), *everyday]
    phrases = [read_phrases(text) for text in texts]
    weighed = weigh_unseen(messages, everyday, folds)
    acute = [bool(one.danger) for one in messages]
    table = Table("from", "recall", "false alarms", "alarms in everyday texts")
    for alone in UNSEEN_FROM:
        seen = [bool(joined(*pair, alone).danger) for pair in zip(phrases, weighed, strict=True)]
        labelled = list(zip(acute, seen, strict=False))
        table.add_row(
            f"{alone:.1f}",
            _share(sum(a and s for a, s in labelled), sum(acute)),
            _share(sum(s and not a for a, s in labelled), len(acute) - sum(acute)),
            _share(sum(seen[len(messages) :]), len(everyday)),
        )
    console = Console(highlight=False)
    console.print(f"messages of {folds} folds, each weighed by the other folds' weights")
    console.print(table)


def _row(tally: Tally) -> tuple[str, ...]:
    return (
        tally.group,
        str(tally.acute),
        str(tally.seen),
        _share(tally.seen, tally.acute),
        str(tally.same_kind) if tally.acute else "",
        str(tally.calm),
        str(tally.alarms),
        _share(tally.alarms, tally.calm),
    )


def _share(hits: int, of: int) -> str:
    from .measuring import wilson

    if not of:
        return ""
    low, high = wilson(hits, of)
    return f"{hits / of:.2f} ({low:.2f}-{high:.2f})"


@app.command()
def show(
    *,
    country: Annotated[str, typer.Option(help="Two-letter code; unknown when omitted.")] = "",
    language: Annotated[str, typer.Option(help="ISO 639-1 code of the help.")] = "en",
    danger: Annotated[str, typer.Option(help="suicide, overdose, violence ...")] = "suicide",
    level: Annotated[str, typer.Option(help="low, high or immediate.")] = "high",
    other: Annotated[bool, typer.Option(help="Somebody else is in danger.")] = False,
    resources: Annotated[str, typer.Option(help="A file of help lines of your own.")] = "",
) -> None:
    """Print the help that a person would get."""
    from ...penguin.errors import SettingsError
    from ..context import RaiseContext
    from .coverage import DANGERS
    from .danger import LEVELS
    from .record import seen_by_model
    from .reply import answer_in_crisis

    kind: Danger | None = next((one for one in DANGERS if one == danger), None)
    grade: Level | None = next((one for one in LEVELS if one == level and one), None)
    if kind is None or grade is None:
        raise SettingsError(
            f"no danger {danger!r} of level {level!r}; use one of {', '.join(DANGERS)}, and low, "
            "high or immediate"
        )
    record = seen_by_model(None, kind)
    record["level"], record["about"] = grade, "other" if other else "self"
    context = RaiseContext(country=country, language=language, crisis_resources=resources)
    typer.echo(answer_in_crisis(record, "", context)[0])


@app.command()
def attacks() -> None:
    """Try to make the agent break its rules, offline. Exit status 1 where one succeeds."""
    from .attacks import load_attacks, run_attack

    async def run_all() -> int:
        held = 0
        for attack in load_attacks():
            outcome = await run_attack(attack)
            held += not outcome.broken
            if outcome.broken:
                typer.echo(f"{attack.id}: {'; '.join(outcome.broken)}")
        return held

    count, held = len(load_attacks()), asyncio.run(run_all())
    typer.echo(f"offline rules: {held} of {count} attacks held")
    if held < count:
        raise typer.Exit(1)
