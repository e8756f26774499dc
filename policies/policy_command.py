"""``raise-penguin policy``: look into a policy store, move plans in and out, embed them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, cast

import typer

app = typer.Typer(help="Look into stored plans, move them in and out, merge and embed them anew.")

Store = Annotated[Path | None, typer.Argument(help="Policy store; the shipped one if omitted.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command()
def stats(store: Store = None, *, as_json: AsJson = False) -> None:
    """Say what a store holds and how it was made."""
    from .statistics import store_statistics

    figures = store_statistics(store or _shipped())
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        typer.echo(f"{name.replace('_', ' '):<20} {_shown(figure)}")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="A message.")],
    *,
    store: Annotated[Path | None, typer.Option(help="Policy store; the shipped one.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many plans.")] = 5,
    index: Annotated[str, typer.Option(help="auto, exact, vss or pgvector.")] = "auto",
    as_json: AsJson = False,
) -> None:
    """Find the plans of the nearest messages."""
    from .records import checked_message
    from .store import PolicyStore

    with PolicyStore.open(store or _shipped()) as opened:
        found = opened.nearest(checked_message(query), k, index=index)
    if as_json:
        shown = ("query", "domain", "situation", "path", "values", "similarity")
        rows = [{name: getattr(near, name) for name in shown} for near in found]
        typer.echo(json.dumps(rows, indent=2))
        return
    for near in found:
        typer.echo(f"{near.similarity:6.3f}  {near.query}\n        {', '.join(near.path)}")
    if not found:
        typer.echo("the store holds no plans")


@app.command()
def export(
    store: Store = None,
    *,
    out: Annotated[Path, typer.Option(help="A .jsonl file.")],
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Leave broken plans out, and name them.")
    ] = False,
) -> None:
    """Write all plans of a store as JSON lines."""
    from .exchange import write_plans
    from .plan_table import PlanTable

    with PlanTable.open(store or _shipped()) as table:
        records, broken = table.readable() if skip_invalid else (table.records(), [])
        answers = table.answers
    write_plans(out, records)
    for problem in broken:
        typer.echo(f"left out: {problem}", err=True)
    typer.echo(f"wrote {len(records)} plans to {out}")
    if answers:
        typer.echo(
            "what answers are worth stays behind: after an import, learn it with 'plan learn'",
            err=True,
        )


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Our JSON lines, or a path or log table of the public code.")
    ],
    *,
    out: Annotated[Path, typer.Option(help="Policy store to add to; made if missing.")],
    embedder: Annotated[
        str, typer.Option(help="wordllama, minilm or provider:model; the store's if omitted.")
    ] = "",
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Put broken rows aside in a file.")
    ] = False,
) -> None:
    """Add plans from a file; where a message is stored, the plan with more evaluations stays."""
    from ..penguin.embedding import embedder_named
    from ..penguin.errors import DataError
    from .database import refuse_folder
    from .exchange import put_aside, read_plans
    from .records import better_known
    from .store import PolicyStore

    refuse_folder(out)
    found = read_plans(file, skip_invalid=skip_invalid)
    if found.broken:
        aside = out.with_name(f"{out.name}.rejected.jsonl")
        put_aside(aside, found.broken)
        typer.echo(f"{len(found.broken)} broken rows are in {aside}; the first:")
        typer.echo(f"  {found.broken[0].where}: {found.broken[0].problem}")
    if not found.records:
        raise DataError(f"{file} holds no plan that can be used; nothing was imported")
    chosen = embedder_named(embedder) if embedder else None
    with PolicyStore.open_or_create(out, chosen) as opened:
        opened.add(found.records, choose=better_known)
        stored = {record.query: record.provenance for record in opened.records()}
    stay = sum(stored[one.query] != one.provenance for one in found.records)
    typer.echo(f"read {len(found.records)} plans into {out}")
    if stay:
        typer.echo(f"  {stay} of them did not replace a stored plan, which has more evaluations")
    for where, reasons in list(found.unused.items())[:5]:
        typer.echo(f"  not kept of {where}: {'; '.join(reasons)}")


@app.command()
def merge(
    stores: Annotated[list[Path], typer.Argument(help="Policy stores.")],
    *,
    out: Annotated[Path, typer.Option(help="Policy store to add to; made if missing.")],
    embedder: Annotated[
        str, typer.Option(help="For a store that is made; the first one's if omitted.")
    ] = "",
) -> None:
    """Put stores together; of two plans for a message the one with more evaluations stays.

    What answers are worth is that of --out, or else of the first store in which it was learnt.
    """
    from ..penguin.embedding import embedder_named
    from .plan_table import PlanTable
    from .records import better_known
    from .store import PolicyStore

    held: list[PlanTable] = []
    try:
        held.extend(PlanTable.open(path) for path in stores)
        plans, learnt = [table.records() for table in held], [table.answers for table in held]
        made_by = held[0].meta.embedder
    finally:
        for table in held:
            table.close()
    there = out.exists() and out.stat().st_size and not embedder
    chosen = None if there else embedder_named(embedder or made_by)
    with PolicyStore.open_or_create(out, chosen) as opened:
        for records in plans:
            opened.add(records, choose=better_known)
        typer.echo(f"{out} holds {len(opened.records())} plans of {sum(map(len, plans))} read")
        for path, answers in zip(stores, learnt, strict=True):
            if answers and opened.answers is None:
                opened.put_answers(answers)
                typer.echo(f"what answers are worth is that of {path}")
            elif answers and answers != opened.answers:
                typer.echo(
                    f"what answers are worth by {path} was left out: learn it over all plans "
                    "with 'plan learn'",
                    err=True,
                )


@app.command()
def reindex(
    store: Annotated[Path, typer.Argument(help="Policy store.")],
    *,
    embedder: Annotated[str, typer.Option(help="wordllama, minilm or provider:model.")],
) -> None:
    """Embed all messages of a store anew, with another embedder."""
    from ..penguin.embedding import embedder_named
    from .plan_table import PlanTable

    chosen = embedder_named(embedder)
    with PlanTable.open(store, write=True) as table:
        before = table.meta.embedder
        table.reindex(chosen)
    typer.echo(f"{store}: embedder {before} -> {chosen.name} ({chosen.width} numbers)")


def _shown(figure: object) -> str:
    if figure is None:
        return "not known"
    if isinstance(figure, list):
        return " to ".join(cast("list[str]", figure))
    if not isinstance(figure, dict):
        return str(figure)
    counts = cast("dict[str, int]", figure)
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"


def _shipped() -> Path:
    from .store import shipped_store_path

    return shipped_store_path()
