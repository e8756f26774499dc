"""One development server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from development_server import DevelopmentServer
from langgraph_sdk import get_sync_client


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevelopmentServer]:
    """A running server; its log must name no blocking call and no type it cannot keep."""
    server = DevelopmentServer(tmp_path_factory.mktemp("studio"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
    logged = server.log.read_text()
    for complaint in ("Blocking call", "BlockingError", "unregistered type", "LangSmith API key"):
        assert complaint not in logged


@pytest.fixture
def client(studio: DevelopmentServer) -> Iterator[Any]:
    """A client of LangGraph's SDK."""
    with get_sync_client(url=studio.url) as opened:
        yield opened
