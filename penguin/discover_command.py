"""``raise-penguin penguin discover``: what messages need beyond the attributes there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import BaseUrl

if TYPE_CHECKING:
    from .discovery.exchanges import Exchange
    from .discovery.proposal import Proposal


def discover(
    *,
    data: Annotated[
        Path, typer.Option(help="Messages and replies: {query, reply} lines or any known format.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; later the value of RAISE_PENGUIN_DATA.")
    ] = None,
    least: Annotated[
        int, typer.Option(min=2, help="Different messages that must show a need.")
    ] = 3,
    model: Annotated[str, typer.Option(help="A chat model that proposes; rules if omitted.")] = "",
    base_url: BaseUrl = "",
) -> None:
    """Propose attributes that messages and replies need and none there is covers, with evidence."""
    from .discovery.exchanges import read_exchanges
    from .discovery.writing import write_proposals

    read = read_exchanges(data)
    replies = sum(bool(one.reply) for one in read.exchanges)
    typer.echo(
        f"{len(read.exchanges)} messages, {replies} with a reply; {read.unread} records unread; "
        f"read by {model or 'offline (rules)'}"
    )
    if not replies:
        typer.echo("No reply: needs show in replies most, so expect little.")
    if model:
        proposals = _by_model(read.exchanges, model, base_url, least)
    else:
        proposals = _by_rules(read.exchanges, least)
    if not proposals:
        typer.echo(f"Nothing found that {least} messages need and no attribute covers.")
        return
    for one in proposals:
        typer.echo(f"\n{one.attribute.id}: needed by {one.support} messages")
        for evidence in one.evidence[:4]:
            typer.echo(f"  {evidence.message}: {evidence.quote!r}")
        typer.echo(f"  asks: {one.attribute.questions[1]}")
        if one.doubt:
            typer.echo(f"  edit: {one.doubt}")
    if out:
        write_proposals(out, proposals)
        typer.echo(f"\nwrote {out}: read and edit it, then set RAISE_PENGUIN_DATA={out}")


def _by_rules(exchanges: Sequence[Exchange], least: int) -> list[Proposal]:
    from .discovery.conditions import find_conditions
    from .discovery.grouping import group_needs
    from .discovery.proposal import propose
    from .embedding import WordLlamaEmbedder

    conditions = [condition for one in exchanges for condition in find_conditions(one)]
    needs = group_needs(conditions, WordLlamaEmbedder(), least=least)
    typer.echo(
        f"{len(conditions)} conditions on the person; covered by attributes there are: "
        f"{_counts(needs.covered)}; {needs.rare} needs named by fewer than {least} messages"
    )
    if needs.left_out:
        typer.echo(f"{needs.left_out} rare phrases were left out of the grouping")
    return propose(needs.groups)


def _by_model(
    exchanges: Sequence[Exchange], model: str, base_url: str, least: int
) -> list[Proposal]:
    import asyncio

    from .discovery.model import propose_with_model
    from .embedding import WordLlamaEmbedder
    from .models import open_model

    chat = open_model(model, base_url=base_url or None)
    found = asyncio.run(
        propose_with_model(exchanges, chat, embedder=WordLlamaEmbedder(), least=least)
    )
    if found.dropped:
        typer.echo(f"thrown away: {_counts(found.dropped)}")
    return found.proposals


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counted.most_common()) or "none"
