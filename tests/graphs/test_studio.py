"""Guards LangGraph Studio: a whole dialogue through `langgraph dev` and the SDK, offline."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client

ROOT = Path(__file__).resolve().parents[2]
SENSITIVE = (
    "I have been thinking about handing in my notice on Friday without anything else lined up. "
    "Is that a terrible idea?"
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running development server, without --allow-blocking and without a key."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copy(ROOT / "langgraph.json", folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI", "LANGSMITH", "LANGCHAIN"))
    } | {"LANGSMITH_TRACING": "false", "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
    command = [Path(sys.executable).with_name("langgraph"), "dev", "--no-browser", "--no-reload"]
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(600):
                if server.poll() is not None:
                    pytest.fail(f"langgraph dev ended: {log.read_text()[-2000:]}")
                try:
                    if httpx.get(f"{url}/ok", timeout=1).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            else:
                pytest.fail(f"langgraph dev did not start: {log.read_text()[-2000:]}")
            yield url
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(20)
    assert "Blocking call" not in log.read_text()


@pytest.fixture
def client(studio: str) -> Iterator[Any]:
    with get_sync_client(url=studio) as opened:
        yield opened


def test_a_whole_dialogue_with_plain_strings_as_answers(client: Any) -> None:
    thread = client.threads.create()["thread_id"]
    asked: list[str] = []
    result: Any = client.runs.wait(
        thread, "raise", input={"messages": [{"role": "user", "content": SENSITIVE}]}
    )
    for answer in ("I'm 34", "I'd rather not say", "just about getting by", "x", "y"):
        state = client.threads.get_state(thread)
        waiting = [waits for task in state["tasks"] for waits in task["interrupts"]]
        if not waiting:
            break
        question: Any = waiting[0]["value"]
        assert set(question) == {"id", "attribute", "question", "reason", "remaining", "skip"}
        asked.append(question["attribute"])
        result = client.runs.wait(thread, "raise", command={"resume": answer})
    assert 1 <= len(asked) <= 3
    assert len(set(asked)) == len(asked)
    assert result["outcome"] == "answered"
    assert result["degraded"] == []
    assert len(result["messages"][-1]["content"].split()) > 40


def test_schemas_are_readable_forms(client: Any) -> None:
    assistant = client.assistants.search(graph_id="raise")[0]
    schemas: Any = client.assistants.get_schemas(assistant["assistant_id"])
    assert set(schemas["input_schema"]["properties"]) == {"messages"}
    fields = schemas["context_schema"]["properties"]
    assert {"budget", "model", "country", "mode"} <= set(fields)
    assert all(field.get("description") for field in fields.values())
