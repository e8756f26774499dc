"""Guards the door of the endpoint: keys, rates, sizes, and what is refused in which words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from serving import (
    ACUTE,
    HARMLESS,
    KEY,
    SENSITIVE,
    body,
    endpoint,
    say,
)

from raise_penguin.agent.serve import ServeSettings
from raise_penguin.agent.serve.chat_request import read_chat_request

OTHER_KEY = "a-key-for-tests-0002"


async def test_two_keys_never_share_a_thread() -> None:
    async with endpoint(keys=(KEY, OTHER_KEY)) as client:

        async def turn(key: str, *said: str) -> dict[str, Any]:
            client.headers["Authorization"] = f"Bearer {key}"
            return await say(client, *said, thread="same")

        mine = await turn(KEY, SENSITIVE)
        theirs = await turn(OTHER_KEY, SENSITIVE)
        assert mine["raise"]["kind"] == theirs["raise"]["kind"] == "question"
        assert (await turn(KEY, "I am 34"))["raise"]["question"]["id"] == "question-2"
        assert (await turn(OTHER_KEY, SENSITIVE))["raise"]["kind"] == "repeated"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", "Bearer ü"])
@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/raise-penguin"])
async def test_wrong_keys_stay_outside(header: str, path: str) -> None:
    async with endpoint(keys=(KEY,)) as client:
        done = await client.get(path, headers=[(b"Authorization", header.encode("latin-1"))])
        assert done.status_code == 401
        assert done.json()["error"]["code"] == "invalid_api_key"
        assert done.headers["www-authenticate"] == "Bearer"
        assert (await client.get("/healthz")).json() == {"status": "ok", "offline": True}


async def test_guessing_keys_is_limited_too() -> None:
    async with endpoint(keys=(KEY,), rate="3/minute") as client:
        statuses = [(await client.get("/v1/models")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        right = {"Authorization": f"Bearer {KEY}"}
        assert (await client.get("/v1/models", headers=right)).status_code == 200


async def test_the_rate_is_limited_by_key_and_the_refusal_names_help() -> None:
    async with endpoint(key=KEY, keys=(KEY, OTHER_KEY), rate="2/minute") as client:
        for _ in range(2):
            await say(client, HARMLESS)
        done = await client.post("/v1/chat/completions", json=body(HARMLESS))
        assert done.status_code == 429
        assert 1 <= int(done.headers["retry-after"]) <= 60
        assert "emergency number" in done.json()["error"]["message"]
        other = {"Authorization": f"Bearer {OTHER_KEY}"}
        assert (await client.get("/v1/models", headers=other)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"messages": []}, 400, "messages"),
        ({"messages": "hello"}, 400, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, 400, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 5}]}, 400, "messages.0.content.str"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": ""}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": "x" * 50_001}]}, 400, "messages"),
        ({"model": "gpt-4o"}, 404, "model"),
        ({"n": 2}, 400, "n"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format"),
        ({"tool_choice": "required"}, 400, "tool_choice"),
        ({"raise": {"budget": 99}}, 400, "raise.budget"),
        ({"raise": {"country": "XX"}}, 400, "raise.country"),
        ({"user": "x" * 257}, 400, None),
        ({"metadata": {"thread_id": 5}}, 400, None),
        ({"stream": "perhaps"}, 400, "stream"),
    ],
)
async def test_bad_bodies_are_refused_in_openais_shape(
    fields: dict[str, Any], status: int, param: str | None
) -> None:
    async with endpoint() as client:
        done = await client.post("/v1/chat/completions", json=body("Hello") | fields)
        assert done.status_code == status, done.text
        error = done.json()["error"]
        assert error["type"] == "invalid_request_error"
        assert error["param"] == param
        assert error["message"]


@pytest.mark.parametrize("cut", [r"\ud83d", r"\ude2d", r"\ud83d\ud83d", r"\ude2d\ud83d\ude2d"])
async def test_a_text_cut_within_an_emoji_is_read(cut: str) -> None:
    sent = json.dumps(body(f"{ACUTE} CUT")).replace("CUT", cut)
    async with endpoint() as client:
        headers = {"Content-Type": "application/json"}
        done = await client.post("/v1/chat/completions", content=sent, headers=headers)
        assert done.json()["raise"]["crisis"], done.text


def test_other_escapes_stay_as_they_are() -> None:
    said = 'a \\ud83d "quoted" \\ \n \U0001f62d ü'
    for ascii_only in (True, False):
        sent = json.dumps(body(said), ensure_ascii=ascii_only).encode()
        assert read_chat_request(sent).messages[0].text == said


async def test_null_stands_for_a_field_that_is_left_out() -> None:
    names = ("stream", "stream_options", "n", "user", "metadata", "response_format", "tool_choice")
    fields: dict[str, Any] = dict.fromkeys((*names, "raise"))
    parts = [{"type": "image_url", "text": None}, {"type": "text", "text": HARMLESS}]
    messages = [{"role": "user", "content": parts, "name": None}]
    async with endpoint() as client:
        done = await client.post(
            "/v1/chat/completions", json=body(HARMLESS) | fields | {"messages": messages}
        )
        assert done.status_code == 200, done.text
        wish: dict[str, Any] = {"raise": {"question_id": None, "country": None, "language": None}}
        assert (await say(client, HARMLESS, **wish))["raise"]["kind"] == "reply"


@pytest.mark.parametrize(
    "content",
    [b"", b"no json", b"[" * 100_000, b'{"model": "\\ud800"}', b"\xff\xfe", b"null", b"NaN"],
)
async def test_what_is_no_json_is_refused(content: bytes) -> None:
    async with endpoint() as client:
        headers = {"Content-Type": "application/json"}
        done = await client.post("/v1/chat/completions", content=content, headers=headers)
        assert done.status_code == 400
        assert done.json()["error"]["code"] == "invalid_body"


async def test_too_large_bodies_are_not_read() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            assert read < 1_000
            yield b" " * 1_000

    async with endpoint(max_bytes=10_000) as client:
        headers = {"Content-Type": "application/json"}
        done = await client.post("/v1/chat/completions", content=endless(), headers=headers)
        assert done.status_code == 413
        done = await client.post("/v1/chat/completions", json=body("x" * 20_000))
        assert done.status_code == 413
        assert done.json()["error"]["code"] == "request_too_large"


async def test_pages_elsewhere_cannot_post_unasked() -> None:
    sent = json.dumps(body("Hello"))
    async with endpoint(origins=("https://front.example",), hosts=("serve",)) as client:
        plain = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
        done = await client.post("/v1/chat/completions", content=sent, headers=plain)
        assert done.status_code == 415
        preflight = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        }
        for origin, status in (("https://evil.example", 400), ("https://front.example", 200)):
            done = await client.options(
                "/v1/chat/completions", headers=preflight | {"Origin": origin}
            )
            assert done.status_code == status
        done = await client.get("/v1/models", headers={"Host": "rebound.example"})
        assert done.status_code == 400


async def test_unknown_paths_are_told_as_openai_tells_them() -> None:
    async with endpoint() as client:
        assert (await client.get("/v1/chat/completions")).status_code == 405
        done = await client.post("/v1/embeddings", json={})
        assert done.status_code == 404
        assert "error" in done.json()


def test_settings_are_checked() -> None:
    for wrong in ({"rate": "often"}, {"keys": ("short",)}, {"max_bytes": 1}, {"colour": "red"}):
        with pytest.raises(ValueError, match=r"."):
            ServeSettings.model_validate(wrong)
    assert KEY not in repr(ServeSettings.model_validate({"keys": (KEY,)}))


async def test_a_slow_body_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    async with endpoint(body_seconds=0.05) as client:
        headers = {"Content-Type": "application/json"}
        done = await client.post("/v1/chat/completions", content=slow(), headers=headers)
        assert done.status_code == 408
