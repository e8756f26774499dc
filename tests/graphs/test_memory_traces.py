"""Guards traces: with tracing on, a LangSmith server gets no word and no fact of a person."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import langsmith
import langsmith.utils
import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.tracing import Trace, chosen_trace, masked_client
from raise_penguin.penguin.errors import SettingsError

TOLD = (
    "I'm 31 and divorced, and my neighbour Ottilie knows. Should I quit my job on Friday?",
    "I keep bees as a zeppelin-beekeeper",
)
WORDS = ("Ottilie", "divorced", "Divorced", "quit my job", "zeppelin", "25-34", "ann@example.org")


class Collector(ThreadingHTTPServer):
    """A LangSmith that remembers every byte it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []

    @property
    def text(self) -> str:
        return "\n".join(body.decode("utf-8", "replace") for body in self.bodies)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        info = {"instance_flags": {"zstd_compression_enabled": False}, "batch_ingest_config": {}}
        self._answer(json.dumps(info).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        cast("Collector", self.server).bodies.append(body)
        self._answer(b"{}")

    def do_PATCH(self) -> None:
        self.do_POST()

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("LANGSMITH_API_KEY", "none")
    _forget_settings()
    yield server
    _forget_settings()
    server.shutdown()
    server.server_close()


def _forget_settings() -> None:
    cast("Any", langsmith.utils.get_env_var).cache_clear()
    masked_client.cache_clear()


async def converse(collector: Collector, trace: Trace | None, client: langsmith.Client) -> str:
    """A dialogue with memory, traced; what the server got of it."""
    graph = build_raise_graph(
        checkpointer=InMemorySaver(), memory_store=InMemoryStore(), trace=trace
    )
    talk = Dialogues(
        graph, context=RaiseContext(memory=True, person="ann@example.org", mode="message", budget=1)
    )
    with langsmith.tracing_context(enabled=True, client=client):
        for words in (*TOLD, "yes", "what do you know about me?", "forget my age"):
            await talk.send("ann@example.org", words)
    client.flush()
    return collector.text


async def test_masked_by_default(collector: Collector) -> None:
    sent = await converse(collector, None, masked_client())
    assert '"langgraph_node":"respond"' in sent
    assert '"langgraph_node":"remember"' in sent
    assert [word for word in WORDS if word in sent] == []


async def test_full_where_the_operator_says_so(collector: Collector) -> None:
    sent = await converse(collector, "full", langsmith.Client())
    assert [word for word in ("Ottilie", "quit my job", "25-34") if word not in sent] == []
    assert "ann@example.org" in sent  # the thread's id; it is the operator's choice


async def test_model_calls_are_masked_too(collector: Collector, chat_server: Any) -> None:
    graph = build_raise_graph(chat_server.model(), checkpointer=InMemorySaver())
    with langsmith.tracing_context(enabled=True):
        await Dialogues(graph, context=RaiseContext(mode="message")).send("t", TOLD[0])
    masked_client().flush()
    sent = collector.text
    assert '"run_type":"llm"' in sent
    assert [word for word in WORDS if word in sent] == []


async def test_an_error_tells_its_type_alone(collector: Collector) -> None:
    graph = build_raise_graph(checkpointer=InMemorySaver())
    talk = Dialogues(graph, context=RaiseContext(memory=True, person="ann@example.org"))
    with langsmith.tracing_context(enabled=True), pytest.raises(SettingsError):
        await talk.send("t", TOLD[0])
    masked_client().flush()
    sent = collector.text
    assert '"SettingsError"' in sent
    assert "there is no store" not in sent
    assert [word for word in WORDS if word in sent] == []


async def test_a_host_that_traces_itself_gets_no_run_twice(collector: Collector) -> None:
    graph = build_raise_graph(checkpointer=InMemorySaver())

    async def host(text: str) -> str:
        state = await graph.ainvoke(
            {"messages": [{"role": "user", "content": text}]}, {"configurable": {"thread_id": "t"}}
        )
        return str(state["outcome"])

    client = langsmith.Client()
    with langsmith.tracing_context(enabled=True, client=client):
        assert await RunnableLambda(host).ainvoke("What is a good pasta recipe?") == "answered"
    client.flush()
    masked_client().flush()
    assert '"langgraph_node":"respond"' in collector.text  # the host's own tracer, its own masking
    sent = re.findall(r'name="post\.([0-9a-f-]{36})"', collector.text)
    assert len(sent) > 4
    assert len(sent) == len(set(sent))


async def test_below_a_function_that_langsmith_follows_the_graph_is_masked(
    collector: Collector,
) -> None:
    graph = build_raise_graph(checkpointer=InMemorySaver())

    @langsmith.traceable(client=masked_client())
    async def host() -> None:
        await Dialogues(graph, context=RaiseContext(mode="message")).send("t", TOLD[0])

    with langsmith.tracing_context(enabled=True):
        await host()
    masked_client().flush()
    assert '"langgraph_node":"triage"' in collector.text
    assert [word for word in WORDS if word in collector.text] == []


def test_the_variable_decides_where_no_argument_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAISE_PENGUIN_TRACE", "full")
    assert chosen_trace(None) == "full"
    assert chosen_trace("masked") == "masked"
    monkeypatch.setenv("RAISE_PENGUIN_TRACE", "some")
    with pytest.raises(SettingsError, match="RAISE_PENGUIN_TRACE=some"):
        chosen_trace(None)


async def test_no_tracing_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    masked_client.cache_clear()
    graph = build_raise_graph(checkpointer=InMemorySaver())
    await Dialogues(graph).send("t", "What is a good pasta recipe?")
    assert masked_client.cache_info().currsize == 0
