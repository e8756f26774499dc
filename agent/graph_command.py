"""``raise-penguin graph``: the agent's graph as text or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def graph(
    *,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .svg or .mmd (Mermaid); printed if omitted.")
    ] = None,
) -> None:
    """Draw the agent's graph, offline."""
    from ..graphs.raise_graph import build_raise_graph
    from ..penguin.errors import SettingsError

    if out is not None and out.suffix not in (".svg", ".mmd"):
        raise SettingsError(f"--out {out}: name a file that ends in .svg or .mmd")
    drawable = build_raise_graph().get_graph()
    if out is not None and out.suffix == ".svg":
        from .graph_picture import svg

        drawn = svg(drawable)
    else:
        drawn = drawable.draw_mermaid()
    if out is None:
        typer.echo(drawn.rstrip())
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"--out {out} cannot be written: {error}") from error
