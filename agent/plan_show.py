"""``raise-penguin plan show``: the plans of a store as a table and as trees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.tree import Tree

    from ..policies.plan import Branch
    from ..policies.records import PlanRecord


def show(
    store: Annotated[Path | None, typer.Argument(help="Policy store; the shipped one.")] = None,
    *,
    query: Annotated[str, typer.Option(help="Show the plans nearest to this message.")] = "",
    index: Annotated[str, typer.Option(help="'auto', 'exact', 'vss' or 'pgvector'.")] = "auto",
) -> None:
    """Show the plans of a store, or those nearest to a message."""
    from rich.console import Console
    from rich.table import Table

    from ..policies.records import checked_message
    from ..policies.store import PolicyStore, shipped_store_path

    console = Console(highlight=False)
    with PolicyStore.open(store or shipped_store_path()) as opened:
        records = opened.records()
        table = Table("message", "questions, in order", "gain", "value")
        shown = records
        cosines: dict[str, str] = {}
        if query:
            table.add_column("cosine")
            near = opened.nearest(checked_message(query), k=5, index=index)
            cosines = {one.query: f"{one.similarity:.2f}" for one in near}
            by_query = {record.query: record for record in records}
            shown = [by_query[one.query] for one in near]
        for record in shown:
            cells = [record.query, ", ".join(record.path), *_worth(record)]
            table.add_row(*cells, *([cosines[record.query]] if query else []))
        console.print(table)
        for record in shown:
            if record.tree is not None:
                console.print(_picture(record.query, record.tree))
        models = sorted({str(record.provenance.models) for record in records})
        console.print(f"planned with {'; '.join(models)}; fingerprint {opened.fingerprint[:12]}")


def _worth(record: PlanRecord) -> tuple[str, str]:
    """What the whole path gains, and its value with the standard error; "?" where not known."""
    if not record.values:
        return "?", "?"
    error = f" ± {record.errors[-1]:.2f}" if record.errors else ""
    return f"{record.values[-1] - record.values[0]:+.2f}", f"{record.values[-1]:.2f}{error}"


def _picture(query: str, branch: Branch) -> Tree:
    """A plan that branches on answers, as a tree on the screen."""
    from rich.markup import escape
    from rich.tree import Tree

    def grow(parent: Tree, answer: str, next_: Branch | None) -> None:
        if next_ is None:
            parent.add(f"{answer}no more questions")
            return
        node = parent.add(f"{answer}ask {escape(next_.attribute)} ({next_.gain:+.2f})")
        for value, after in next_.by_value.items():
            grow(node, f"{escape(value)}: ", after)
        grow(node, "otherwise: ", next_.otherwise)

    tree = Tree(escape(query))
    grow(tree, "", branch)
    return tree
