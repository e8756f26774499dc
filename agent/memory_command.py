"""``raise-penguin memory``: what is kept of a person, shown and erased."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from langgraph.store.sqlite import SqliteStore

app = typer.Typer(
    name="memory", help="Show and erase what is kept of a person.", no_args_is_help=True
)

Store = Annotated[Path, typer.Option(help="SQLite file that keeps the facts.")]
Person = Annotated[str, typer.Option(help="Your id of the person.")]


@app.command()
def show(*, store: Store, person: Person) -> None:
    """Show what is kept of a person, since when and until when."""
    from ..graphs import Memory
    from ..graphs.memory.words import words_of

    with opened(store) as kept:
        facts = Memory(kept).show_sync(person)
    words = words_of("en")
    typer.echo("\n".join(map(words.shown, facts)) if facts else "nothing is kept")


@app.command()
def forget(
    *,
    store: Store,
    person: Person,
    attribute: Annotated[str, typer.Option(help="One fact, such as age; else everything.")] = "",
    dialogues: Annotated[
        Path | None, typer.Option(help="SQLite file of the dialogues; they are erased too.")
    ] = None,
) -> None:
    """Erase one fact of a person, or everything: from the store and from their dialogues."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    from ..graphs import Memory

    with opened(store) as kept:
        if dialogues is None:
            done = Memory(kept).forget_sync(person, attribute or None)
            typer.echo(f"facts deleted: {done.facts}; dialogues: not looked at (no --dialogues)")
            return
        _must_be_there(dialogues)
        with SqliteSaver.from_conn_string(str(dialogues)) as saver:
            done = Memory(kept, saver).forget_sync(person, attribute or None)
    verb = "cleaned" if attribute else "deleted"
    typer.echo(f"facts deleted: {done.facts}; dialogues {verb}: {done.threads}")


@app.command()
def sweep(*, store: Store) -> None:
    """Delete what has expired, of everybody; for a daily job."""
    from ..graphs import Memory

    with opened(store) as kept:
        typer.echo(f"expired facts deleted: {Memory(kept).sweep_sync()}")


@contextmanager
def opened(path: Path, *, create: bool = False) -> Generator[SqliteStore]:
    """A SQLite store.

    Raises:
        StoreError: There is no such file, or it is none of this kind.
    """
    import sqlite3

    from langgraph.store.sqlite import SqliteStore

    from ..penguin.errors import StoreError

    if not create:
        _must_be_there(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with SqliteStore.from_conn_string(str(path)) as store:
            store.setup()
            yield store
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path} cannot be used: {error}; give another file") from error


def _must_be_there(path: Path) -> None:
    from ..penguin.errors import StoreError

    if not path.is_file():
        raise StoreError(f"{path} is no file; check the path")
