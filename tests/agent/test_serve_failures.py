"""Guards what a person reads where the store, a model or even the rules fail."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from serving import (
    ACUTE,
    SENSITIVE,
    body,
    endpoint,
    say,
    text,
)

from raise_penguin.graphs import Dialogues, RaiseContext


async def test_somebody_in_danger_is_helped_though_the_store_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(*_: Any, **__: Any) -> Any:
        raise OSError(f"disk full while writing {ACUTE}")

    monkeypatch.setattr(Dialogues, "send", full)
    with caplog.at_level(logging.DEBUG, logger="raise_penguin"):
        async with endpoint(context=RaiseContext(country="GB")) as client:
            done = await say(client, ACUTE, thread="t")
            streamed = await client.post("/v1/chat/completions", json=body(ACUTE, stream=True))
            plain = await say(client, SENSITIVE)
    assert "116 123" in text(done)
    assert "116 123" in streamed.text
    assert (done["raise"]["kept"], done["raise"]["degraded"]) == (False, ["dialogue"])
    assert plain["raise"]["kind"] == "reply"
    assert "Traceback" not in streamed.text + json.dumps([done, plain])
    assert "OSError" in caplog.text
    assert ACUTE not in caplog.text


async def test_a_reply_that_breaks_off_is_followed_by_a_whole_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def breaks_off(*_: Any, on_piece: Any, **__: Any) -> Any:
        on_piece("Half a rep")
        raise OSError("disk full")

    monkeypatch.setattr(Dialogues, "send", breaks_off)
    async with endpoint(context=RaiseContext(country="GB")) as client:
        streamed = await client.post(
            "/v1/chat/completions",
            json=body(ACUTE, stream=True),
            headers={"X-Thread-Id": "t"},
        )
    events = [line[6:] for line in streamed.text.splitlines() if line.startswith("data: ")]
    chunks = [json.loads(event) for event in events[:-1]]
    shown = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert shown.startswith("Half a rep")
    assert shown.endswith(chunks[-1]["raise"]["text"])
    assert "116 123" in chunks[-1]["raise"]["text"]


async def test_where_even_the_rules_fail_a_safe_sentence_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with endpoint() as client:

        async def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError("broken")

        monkeypatch.setattr(Dialogues, "send", broken)
        monkeypatch.setattr("raise_penguin.agent.serve.turns.Turns._without_store", broken)
        done = await say(client, ACUTE)
        assert "emergency number" in text(done)
        assert not done["raise"]["kept"]


async def test_a_dead_model_server_ends_in_a_marked_reply(chat_server: Any) -> None:
    chat_server.script(forever="401")
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url, budget=0)
    async with endpoint(context=context) as client:
        done = await say(client, SENSITIVE, thread="t")
        assert "respond" in done["raise"]["degraded"]
        assert not done["raise"]["offline"]
        assert "usage" not in done
        chat_server.script()
        healed = await say(client, "And what about my flat?", thread="t")
        assert healed["raise"]["degraded"] == []
