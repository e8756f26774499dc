"""``raise-penguin chat``: a person talks to the agent in the terminal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..penguin.options import BaseUrl
from .options import (
    Country,
    Model,
    NeverAsk,
    Policy,
    Price,
    Questions,
    Selection,
    Stopping,
    Threshold,
    seen_to_open,
)

if TYPE_CHECKING:
    from rich.console import Console

    from ..graphs import Dialogues, RaiseContext, Turn

HINTS = "Type /skip to skip a question, /why to see why it is asked, /quit to leave."


def chat(
    *,
    thread: Annotated[
        str, typer.Option(help="Go on with an earlier dialogue; a new one when omitted.")
    ] = "",
    database: Annotated[
        Path | None,
        typer.Option(help="SQLite file that keeps dialogues; your application folder if omitted."),
    ] = None,
    model: Model = "offline",
    base_url: BaseUrl = "",
    selection: Selection = "model",
    budget: Questions = 3,
    country: Country = "",
    language: Annotated[
        str, typer.Option(help="Two-letter language code; as you write if omitted.")
    ] = "",
    never_ask: NeverAsk = "",
    stopping: Stopping = "auto",
    threshold: Threshold = None,
    price: Price = None,
    remember: Annotated[
        Path | None,
        typer.Option(
            help="SQLite file to keep facts in, each only after you agree; with --person."
        ),
    ] = None,
    person: Annotated[str, typer.Option(help="Whose facts they are, with --remember.")] = "",
    policy_store: Policy = "",
) -> None:
    """Talk to the agent. It may ask a few questions first, and says why."""
    from rich.console import Console

    from ..graphs.context import read_context

    if country:
        from ..graphs.crisis.resources import resources_for

        resources_for(country, "suicide")  # refuses a code that is no country before anyone talks
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
            "threshold": threshold,
            "price": price,
            "policy_store": seen_to_open(policy_store),
            "memory": remember is not None,
            "person": person,
        }
    )
    if model != "offline":
        from ..graphs.roles import open_roles

        open_roles(model, base_url=base_url or None)  # a missing key is told before anyone talks
    _talk(Console(highlight=False), context, thread, database or _default_database(), remember)


def _default_database() -> Path:
    return Path(typer.get_app_dir("raise-penguin")) / "dialogues.sqlite"


def _talk(
    console: Console,
    context: RaiseContext,
    thread: str,
    database: Path,
    remember: Path | None,
) -> None:
    """Open the thread and take turns until the person leaves."""
    import sqlite3
    import uuid

    from langgraph.checkpoint.sqlite import SqliteSaver

    from ..graphs import Dialogues, build_raise_graph
    from ..penguin.errors import StoreError
    from .memory_command import opened

    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with (
            SqliteSaver.from_conn_string(str(database)) as saver,
            opened(remember, create=True) if remember else nullcontext() as kept,
        ):
            saver.setup()
            graph = build_raise_graph(checkpointer=saver, memory_store=kept)
            dialogues = Dialogues(graph, context=context)
            name = thread or uuid.uuid4().hex[:12]
            label = "offline, rule-based" if context.model == "offline" else context.model
            console.print(f"[dim]model: {label} | thread: {name} | {HINTS}[/]")
            _take_turns(console, dialogues, name)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{database} cannot keep dialogues: {error}; give another file with --database"
        ) from error


def _take_turns(console: Console, dialogues: Dialogues, thread: str) -> None:
    turn = dialogues.resume_sync(thread)
    if turn:
        _show(console, turn)
    while (words := _read_line(console)) is not None:
        if words == "/quit":
            break
        if words == "/why" and turn and turn.question:
            console.print(f"[dim]Because {turn.question['reason']}.[/]")
            continue
        if not words and not (turn and turn.question):
            continue
        streamed: list[str] = []

        def show_piece(piece: str, streamed: list[str] = streamed) -> None:
            if not streamed:
                console.print("[bold cyan]agent[/] ", end="")
            streamed.append(piece)
            console.print(piece, end="", markup=False)

        turn = _send(console, dialogues, thread, words, show_piece)
        if streamed:
            console.print()
        if turn and turn.text.strip() != "".join(streamed).strip():
            _show(console, turn)
        if turn and turn.state.get("degraded"):
            console.print("[yellow]A model failed; built-in rules answered instead.[/]")
    console.print(f"[dim]Go on later with: raise-penguin chat --thread {thread}[/]")


def _send(
    console: Console,
    dialogues: Dialogues,
    thread: str,
    words: str,
    show_piece: Callable[[str], None],
) -> Turn | None:
    """Send one line; words that cannot be read are told, and the talk goes on."""
    from ..penguin.errors import MessageError

    text = None if words == "/skip" else words
    try:
        return dialogues.send_sync(thread, text, on_piece=show_piece)
    except MessageError as error:
        console.print(f"[yellow]{error}[/]")
        return dialogues.resume_sync(thread)


def _read_line(console: Console) -> str | None:
    """One line from the person; None at the end of input."""
    try:
        return console.input("[bold green]you[/]   ").strip()
    except EOFError:
        return None


def _show(console: Console, turn: Turn) -> None:
    console.print("[bold cyan]agent[/] ", end="")
    console.print(turn.question["question"] if turn.question else turn.text, markup=False)
    if turn.question:
        more = turn.question["remaining"]
        console.print(
            f"[dim]      (asked because {turn.question['reason']}; at most {more} more; /skip)[/]"
        )
