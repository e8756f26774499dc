"""``raise-penguin explain``: a dialogue from a script, with the decision log beside each turn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..penguin.options import BaseUrl
from .options import (
    Country,
    Model,
    NeverAsk,
    Policy,
    Questions,
    Selection,
    Stopping,
    seen_to_open,
)

if TYPE_CHECKING:
    from ..graphs import RaiseContext, Turn


def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="What the person says, a turn each: the message, then the answers."),
    ] = None,
    *,
    script: Annotated[
        Path | None, typer.Option(help="A text file with a turn a line, in place of the words.")
    ] = None,
    model: Model = "offline",
    base_url: BaseUrl = "",
    selection: Selection = "model",
    budget: Questions = 3,
    country: Country = "",
    language: Annotated[
        str, typer.Option(help="Two-letter language code; as the person writes if omitted.")
    ] = "",
    never_ask: NeverAsk = "",
    stopping: Stopping = "auto",
    policy_store: Policy = "",
) -> None:
    """Play a dialogue and show what each part of the agent decided, and why. Nothing is kept."""
    from ..graphs.context import read_context

    context = read_context(
        {
            "model": model,
            "base_url": base_url,
            "selection": selection,
            "budget": budget,
            "country": country,
            "language": language,
            "never_ask": never_ask,
            "stopping": stopping,
            "policy_store": seen_to_open(policy_store),
        }
    )
    _play(_turns(words or [], script), context)


def _turns(words: list[str], script: Path | None) -> list[str]:
    """What the person says."""
    from ..penguin.errors import DataError, SettingsError

    if script is not None:
        try:
            lines = script.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{script} cannot be read as text: {error}") from error
        words = [line.strip() for line in lines if line.strip()]
    if not words:
        raise SettingsError("nothing to play: give what the person says, or --script FILE")
    return words


def _play(words: list[str], context: RaiseContext) -> None:
    """Take the turns in a dialogue of its own, and print them."""
    from langgraph.checkpoint.memory import InMemorySaver

    from ..graphs import Dialogues, build_raise_graph

    dialogues = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)
    shown = 0
    for text in words:
        turn = dialogues.send_sync("explain", text)
        _print(text, turn, shown)
        shown = len(turn.state["log"])


def _print(text: str, turn: Turn, shown: int) -> None:
    """One turn: what was said, what was decided since, what the agent says."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=7)
    table.add_column()
    table.add_row("you", Text(text, style="bold"))
    for entry in turn.state["log"][shown:]:
        table.add_row(entry["node"], Text(f"{entry['decision']} ({entry['reason']})", style="dim"))
    for entry in turn.state.get("degraded", []):
        table.add_row(entry["role"], Text(f"a model failed, rules stood in: {entry['cause']}"))
    table.add_row("agent", Text(turn.text))
    console = Console(highlight=False)
    console.print(table)
    console.print()
