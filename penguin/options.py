"""An option that every command which may use a model shares."""

from __future__ import annotations

from typing import Annotated

import typer

BaseUrl = Annotated[str, typer.Option(help="URL of an OpenAI-compatible server.")]
