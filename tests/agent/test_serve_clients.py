"""Guards the endpoint as front ends see it: a real process, OpenAI's client, LangChain's model."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from langchain_openai import ChatOpenAI
from serving import ACUTE, COMMAND, KEY, SENSITIVE, Server, body, server

from raise_penguin.agent.serve.command import serve
from raise_penguin.penguin.errors import RaisePenguinError, StoreError

MODEL = "raise-penguin"
OTHER_KEY = "a-key-for-tests-0002"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    folder = tmp_path_factory.mktemp("served")
    flags = ["--country", "GB", "--rate", "1000/minute", "--max-bytes", "20000"]
    flags += ["--dialogues", str(folder / "d.sqlite")]
    with server(folder, *flags, keys=f"{KEY} {OTHER_KEY}") as running:
        yield running
    log = running.log.read_text()
    assert "Traceback" not in log
    assert "Friday" not in log


@pytest.fixture
def client(served: Server) -> Generator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.base_url, api_key=KEY) as opened:
        yield opened


def ask(client: openai.OpenAI, words: str, thread: str, **fields: Any) -> Any:
    create: Any = client.chat.completions.create
    return create(
        model=MODEL,
        messages=[{"role": "user", "content": words}],
        extra_headers={"X-Thread-Id": thread},
        **fields,
    )


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


def test_a_dialogue_with_openais_client(client: openai.OpenAI) -> None:
    done = ask(client, SENSITIVE, "sync")
    kinds: list[str] = []
    for words in ("I am 34", "no", "skip", "x"):
        extra = getattr(done, "raise")
        kinds.append(extra["kind"])
        if extra["kind"] == "reply":
            break
        answers = {"raise": {"question_id": extra["question"]["id"]}}
        done = ask(client, words, "sync", extra_body=answers)
    assert kinds[-1] == "reply"
    assert 1 <= kinds.count("question") <= 3
    assert done.choices[0].finish_reason == "stop"
    assert len(done.choices[0].message.content.split()) > 40


async def test_a_stream_with_openais_async_client(served: Server) -> None:
    async with openai.AsyncOpenAI(base_url=served.base_url, api_key=KEY) as client:
        stream: Any = await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": ACUTE}],
            stream=True,
            stream_options={"include_usage": True},
            user="async",
        )
        chunks = [chunk async for chunk in stream]
    *pieces, usage = chunks
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in pieces)
    assert "116 123" in streamed
    assert getattr(pieces[-1], "raise")["crisis"]
    assert (usage.choices, usage.usage.total_tokens) == ([], 0)


def test_a_history_with_openais_client(client: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": SENSITIVE}]
    kinds: list[str] = []
    for words in ("I am 34", "no", "getting by", ""):
        done: Any = client.chat.completions.create(model=MODEL, messages=messages)
        kinds.append(getattr(done, "raise")["kind"])
        messages += [
            {"role": "assistant", "content": done.choices[0].message.content},
            {"role": "user", "content": words},
        ]
    assert kinds == ["question", "question", "question", "reply"]


def test_refusals_are_openais_exceptions(served: Server, client: openai.OpenAI) -> None:
    with openai.OpenAI(base_url=served.base_url, api_key="wrong") as stranger:
        with pytest.raises(openai.AuthenticationError):
            stranger.models.list()
        with pytest.raises(openai.AuthenticationError):
            ask(stranger, SENSITIVE, "stranger")
    with pytest.raises(openai.APIStatusError) as large:
        ask(client, "x" * 30_000, "large")
    assert large.value.status_code == 413
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.BadRequestError):
        ask(client, "", "empty")
    with pytest.raises(openai.APIError, match="empty"):
        list(ask(client, "", "empty", stream=True))


def test_two_threads_at_once(client: openai.OpenAI) -> None:
    def dialogue(thread: str) -> list[str]:
        words = (SENSITIVE, "I am 21" if thread == "young" else "I am 61", "no", "no")
        return [ask(client, one, thread).choices[0].message.content for one in words]

    with ThreadPoolExecutor() as pool:
        young, old, again = pool.map(dialogue, ("young", "old", "old-too"))
    assert old == again
    assert young[0] == old[0]
    assert young[-1] != old[-1]


def test_two_requests_in_one_thread_at_once_are_one_turn_each(client: openai.OpenAI) -> None:
    first = ask(client, SENSITIVE, "both")
    answers = {"raise": {"question_id": getattr(first, "raise")["question"]["id"]}}

    def answer(words: str) -> Any:
        return getattr(ask(client, words, "both", extra_body=answers), "raise")

    with ThreadPoolExecutor() as pool:
        turns = list(pool.map(answer, ("I am 21", "I am 61")))
    assert sorted(turn["kind"] for turn in turns) == ["question", "repeated"]
    assert {turn["question"]["id"] for turn in turns} == {"question-2"}


def test_langchains_chat_model(served: Server) -> None:
    settings: dict[str, Any] = {"model": MODEL, "base_url": served.base_url, "api_key": KEY}
    model = ChatOpenAI(**settings, default_headers={"X-Thread-Id": "langchain"})
    assert "?" in str(model.invoke(SENSITIVE).content)
    assert "?" in str(asyncio.run(model.ainvoke("I am 34")).content)
    pieces = [str(chunk.content) for chunk in model.stream(ACUTE)]
    assert "116 123" in "".join(pieces)


@pytest.mark.slow
def test_the_rate_limit_as_openais_client_meets_it(tmp_path: Path) -> None:
    with (
        server(tmp_path, "--rate", "2/minute") as running,
        openai.OpenAI(base_url=running.base_url, api_key="none", max_retries=0) as client,
    ):
        client.models.list()
        ask(client, SENSITIVE, "t")
        with pytest.raises(openai.RateLimitError, match="emergency number"):
            ask(client, "I am 34", "t")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_turn_outlives_the_client_and_the_server(tmp_path: Path, chat_server: Any) -> None:
    """Hung up on mid-turn, then told to end mid-turn, then started anew: nothing is lost."""
    flags = ["--model", "openai:test", "--base-url", chat_server.base_url, "--budget", "0"]
    flags += ["--dialogues", str(tmp_path / "d.sqlite")]
    headers = {"X-Thread-Id": "t"}
    chat_server.script("", "delay:1", "", "delay:1")
    with server(tmp_path, *flags) as running:
        url = f"{running.base_url}/chat/completions"
        sent = body(SENSITIVE, stream=True)
        with httpx.stream("POST", url, json=sent, headers=headers, timeout=60):
            while not chat_server.counts().get("respond"):
                time.sleep(0.05)  # hung up on while the model writes
        with httpx.stream(
            "POST", url, json=body("And my flat?", stream=True), headers=headers, timeout=60
        ) as stayed:
            running.process.send_signal(signal.SIGTERM)
            events = [line[6:] for line in stayed.iter_lines() if line.startswith("data: ")]
        assert events[-1] == "[DONE]"
        assert json.loads(events[-2])["raise"]["kind"] == "reply"
        running.process.wait(20)
        assert chat_server.counts() == {"triage": 2, "respond": 2, "total": 4}
    with server(tmp_path, *flags) as running:
        url = f"{running.base_url}/chat/completions"
        third = httpx.post(url, json=body("And my cat?"), headers=headers, timeout=60).json()
        assert third["raise"]["degraded"] == []
    said = [sent for role, sent in chat_server.requests() if role == "respond"]
    assert len(said) == 3
    log = running.log.read_text()
    assert "Traceback" not in log
    assert "flat" not in log


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"host": "0.0.0.0"}, "no key"),
        ({"key": ["short"]}, "16 characters"),
        ({"rate": "often"}, "often"),
        ({"country": "XX"}, "XX"),
        ({"selection": "guess"}, "selection"),
        ({"model": "openai:gpt-4o-mini"}, "OPENAI_API_KEY"),
        ({"dialogues": Path("/proc/nowhere/d.sqlite")}, "/proc/nowhere"),
        ({"host": "no such host", "key": [KEY]}, "give another --port"),
    ],
)
def test_bad_settings_are_told_before_anybody_is_served(flags: dict[str, Any], named: str) -> None:
    with pytest.raises(RaisePenguinError, match=named):
        serve(port=0, **flags)


def test_a_file_is_kept_by_one_server(served: Server) -> None:
    with pytest.raises(StoreError, match="another server"):
        serve(port=0, dialogues=served.log.parent / "d.sqlite")


def test_a_taken_port_is_told(served: Server) -> None:
    port = served.root.rpartition(":")[2]
    done = subprocess.run(
        [COMMAND, "serve", "--port", port], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "give another --port" in done.stderr
