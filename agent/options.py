"""Options that several commands which talk to somebody share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str, typer.Option(help="'offline', or a chat model such as openai:gpt-4o-mini.")]
Selection = Annotated[
    str, typer.Option(help="Who chooses questions: 'model' or 'policy' (stored plans alone).")
]
Questions = Annotated[int, typer.Option(min=0, help="Most questions a message.")]
Country = Annotated[str, typer.Option(help="Two-letter country code for help lines.")]
NeverAsk = Annotated[str, typer.Option(help="Comma-separated attributes that are never asked for.")]
Stopping = Annotated[
    str, typer.Option(help="When to stop asking: auto, value, scale, binary or basic.")
]
Threshold = Annotated[
    int | None, typer.Option(min=0, max=5, help="Completeness that is enough, for scale etc.")
]
Price = Annotated[
    float | None, typer.Option(min=0, help="Points that a question's cost of 1 is worth.")
]
Policy = Annotated[str, typer.Option("--policy", help="Policy store; the shipped one if omitted.")]


def seen_to_open(policy: str) -> str:
    """A policy store that somebody named: a mistyped one is told before anyone talks.

    Raises:
        StoreError: It cannot be opened.
    """
    if policy:
        from ..policies.store import PolicyStore

        PolicyStore.open(Path(policy)).close()
    return policy
