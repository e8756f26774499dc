"""What tests of the endpoint share: the app in process, a server process, a reply that waits."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from raise_penguin.agent.serve import ServeSettings, serve_app
from raise_penguin.graphs import RaiseContext, build_raise_graph
from raise_penguin.graphs.roles import ReplyRequest, offline_roles

SENSITIVE = "I want to quit my job on Friday without another one. Is that a good idea?"
ACUTE = "I want to kill myself tonight"
HARMLESS = "What is a good pasta recipe?"
COMMAND = Path(sys.executable).with_name("raise-penguin")
KEY = "a-key-for-tests-0001"


class Gate:
    """A responder that writes one piece, waits for the gate, and writes the rest."""

    name = "gate"

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.opened = asyncio.Event()
        self.replies = 0

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        del request
        self.replies += 1
        yield "First "
        self.began.set()
        await self.opened.wait()
        yield f"reply {self.replies}."


def gated(gate: Gate) -> Any:
    """A graph by rules whose replies wait at a gate."""
    return build_raise_graph(roles=replace(offline_roles(), respond=gate))


@asynccontextmanager
async def endpoint(
    graph: Any = None, *, context: RaiseContext | None = None, key: str = "", **settings: Any
) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the app in this process."""
    app = serve_app(ServeSettings.model_validate(settings), context=context, graph=graph)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://serve", headers=headers
        ) as client,
    ):
        yield client


def body(*said: str, **fields: Any) -> dict[str, Any]:
    """A request whose messages are the person's and the assistant's in turn."""
    messages = [
        {"role": "assistant" if number % 2 else "user", "content": text}
        for number, text in enumerate(said)
    ]
    return {"model": "raise-penguin", "messages": messages, **fields}


async def say(
    client: httpx.AsyncClient, *said: str, thread: str = "", **fields: Any
) -> dict[str, Any]:
    """One turn; the whole completion."""
    headers = {"X-Thread-Id": thread} if thread else {}
    done = await client.post("/v1/chat/completions", json=body(*said, **fields), headers=headers)
    assert done.status_code == 200, done.text
    return done.json()


def text(completion: dict[str, Any]) -> str:
    """The assistant's words."""
    return str(completion["choices"][0]["message"]["content"])


@dataclass
class Server:
    """A running ``raise-penguin serve``."""

    root: str
    process: subprocess.Popen[str]
    log: Path

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"


@contextmanager
def server(folder: Path, *flags: str, keys: str = "") -> Generator[Server]:
    """A server process on loopback, ended when the test is."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI", "LANGSMITH", "RAISE_PENGUIN"))
    }
    if keys:
        environment["RAISE_PENGUIN_KEYS"] = keys
    log = folder / "serve.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", *flags],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout is not None
        try:
            address = process.stdout.readline().partition("/v1")[0]
            assert address, log.read_text()
            wait_until_ready(address, process)
            yield Server(address, process, log)
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()


def wait_until_ready(root: str, process: subprocess.Popen[str]) -> None:
    """Wait until a server answers."""
    for _ in range(1_200):
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(f"{root}/healthz", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")
