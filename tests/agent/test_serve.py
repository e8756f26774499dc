"""Guards the endpoint in process: threads, who is let in, what is refused, what fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from serving import (
    ACUTE,
    HARMLESS,
    KEY,
    SENSITIVE,
    Gate,
    body,
    endpoint,
    gated,
    say,
    text,
)

from raise_penguin.agent.serve import ErasingSqliteSaver, ServeSettings
from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph

OTHER_KEY = "a-key-for-tests-0002"


async def test_a_question_is_an_ordinary_message_with_its_reason_beside_it() -> None:
    async with endpoint() as client:
        first = await say(client, SENSITIVE, thread="t")
        assert text(first).count("?") == 1
        assert first["choices"][0]["finish_reason"] == "stop"
        assert first["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        extra = first["raise"]
        assert (extra["kind"], extra["offline"], extra["kept"]) == ("question", True, True)
        assert set(extra["question"]) == {"id", "attribute", "reason", "skip", "remaining"}
        assert extra["question"]["reason"]
        second = await say(client, "I am 34", thread="t")
        assert second["raise"]["question"]["id"] != extra["question"]["id"]


async def test_a_dialogue_ends_in_a_reply_and_a_stale_answer_is_not_taken() -> None:
    async with endpoint(context=RaiseContext(budget=2)) as client:
        first = await say(client, SENSITIVE, thread="t")
        answers: dict[str, Any] = {"question_id": first["raise"]["question"]["id"]}
        second = await say(client, "I am 34", thread="t", **{"raise": answers})
        again = await say(client, "I am 99", thread="t", **{"raise": answers})
        assert again["raise"]["kind"] == "repeated"
        assert text(again) == text(second)
        last = await say(client, "", thread="t")
        assert (last["raise"]["kind"], last["raise"]["question"]) == ("reply", None)
        assert len(text(last).split()) > 40


async def test_streaming_ends_with_the_extension_and_done() -> None:
    async with endpoint(context=RaiseContext(budget=0)) as client:
        done = await client.post("/v1/chat/completions", json=body(SENSITIVE, stream=True))
        assert done.headers["content-type"].startswith("text/event-stream")
        events = [line[6:] for line in done.text.splitlines() if line.startswith("data: ")]
        assert events[-1] == "[DONE]"
        chunks = [json.loads(event) for event in events[:-1]]
        assert len({chunk["id"] for chunk in chunks}) == 1
        streamed = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
        assert len(chunks) > 3
        assert [c["choices"][0]["finish_reason"] for c in chunks] == [
            *[None] * (len(chunks) - 1),
            "stop",
        ]
        assert chunks[-1]["raise"]["kind"] == "reply"
        assert "text" not in chunks[-1]["raise"]
        assert streamed.split() == text(await say(client, SENSITIVE)).split()


@pytest.mark.parametrize("where", ["header", "metadata", "user"])
async def test_a_thread_is_named_in_three_places(where: str) -> None:
    async with endpoint() as client:
        for words, kind in ((SENSITIVE, "question"), (SENSITIVE, "repeated")):
            fields: dict[str, Any] = {
                "header": {},
                "metadata": {"metadata": {"thread_id": "t"}},
                "user": {"user": "t"},
            }[where]
            headers = {"X-Thread-Id": "t"} if where == "header" else {}
            done = await client.post(
                "/v1/chat/completions", json=body(words, **fields), headers=headers
            )
            assert done.json()["raise"]["kind"] == kind


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


async def test_help_comes_first_for_the_callers_country() -> None:
    async with endpoint() as client:
        wish: dict[str, Any] = {"raise": {"country": "gb"}}
        done = await say(client, ACUTE, **wish)
        assert done["raise"]["crisis"]
        assert "116 123" in text(done)
        assert "?" not in text(done).split("116 123")[0]


async def test_parts_and_other_roles_are_read_as_text() -> None:
    messages = [
        {"role": "system", "content": "Answer in rhymes."},
        {"role": "user", "content": [{"type": "text", "text": ACUTE}, {"type": "image_url"}]},
    ]
    async with endpoint() as client:
        done = await client.post(
            "/v1/chat/completions", json={"model": "raise-penguin", "messages": messages}
        )
        assert done.json()["raise"]["crisis"]


async def test_one_thread_takes_one_turn_at_a_time() -> None:
    gate = Gate()
    async with endpoint(gated(gate), context=RaiseContext(budget=0), waiting=1) as client:
        turns = [
            asyncio.create_task(say(client, words, thread="t"))
            for words in (SENSITIVE, "And what about my flat?")
        ]
        await gate.began.wait()
        other = asyncio.create_task(say(client, SENSITIVE, thread="other"))
        done = await client.post(
            "/v1/chat/completions", json=body("A third"), headers={"X-Thread-Id": "t"}
        )
        assert done.status_code == 409
        assert done.json()["error"]["code"] == "thread_busy"
        assert not any(turn.done() for turn in turns)
        gate.opened.set()
        first, second = await asyncio.gather(*turns)
        assert (text(first), text(second)) != (text(second), text(first))
        assert (await other)["raise"]["kind"] == "reply"


async def test_a_request_under_way_is_not_taken_twice() -> None:
    gate = Gate()
    async with endpoint(gated(gate), context=RaiseContext(budget=0)) as client:
        turns = [asyncio.create_task(say(client, SENSITIVE, thread="t")) for _ in range(3)]
        await gate.began.wait()
        gate.opened.set()
        texts = {text(done) for done in await asyncio.gather(*turns)}
        assert texts == {"First reply 1."}
        assert gate.replies == 1


async def test_the_official_clients_retry_gets_the_same_reply() -> None:
    async with endpoint(context=RaiseContext(budget=2)) as client:
        await say(client, SENSITIVE, thread="t")
        client.headers["X-Thread-Id"] = "t"
        first = await client.post("/v1/chat/completions", json=body("I am 34"))
        client.headers["x-stainless-retry-count"] = "1"
        again = await client.post("/v1/chat/completions", json=body("I am 34"))
        assert text(again.json()) == text(first.json())
        client.headers["x-stainless-retry-count"] = "0"
        last = await client.post("/v1/chat/completions", json=body("I'd rather not say"))
        assert last.json()["raise"]["kind"] == "reply"


async def test_who_hangs_up_loses_nothing() -> None:
    gate = Gate()
    async with endpoint(gated(gate), context=RaiseContext(budget=0)) as client:
        turn = asyncio.create_task(say(client, SENSITIVE, thread="t"))
        await gate.began.wait()
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        gate.opened.set()
        again = await say(client, SENSITIVE, thread="t", user="x")
        assert gate.replies <= 2
        assert text(again).startswith("First reply")


async def test_dialogues_are_kept_in_the_file_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite"
    async with endpoint(dialogues=file) as client:
        await say(client, SENSITIVE, thread="t")
        await say(client, "My secret is plum cake, what now?")
    async with endpoint(dialogues=file) as client:
        assert (await say(client, "I am 34", thread="t"))["raise"]["question"]["remaining"] == 1
    assert b"plum cake" not in contents(tmp_path)
    assert SENSITIVE.encode() in contents(tmp_path)


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_a_thread_is_deleted_from_the_file_by_its_own_caller(tmp_path: Path) -> None:
    async with endpoint(key=KEY, keys=(KEY, OTHER_KEY), dialogues=tmp_path / "d.sqlite") as client:
        asked = await say(client, SENSITIVE, user="t/1 ü")
        other = {"Authorization": f"Bearer {OTHER_KEY}"}
        for headers, kind in ((other, "repeated"), ({}, "question")):
            gone = await client.delete("/v1/threads/t%2F1 ü", headers=headers)
            assert gone.json()["deleted"]
            if kind == "question":
                assert SENSITIVE.encode() not in contents(tmp_path)
            again = await say(client, SENSITIVE, user="t/1 ü")
            assert again["raise"]["kind"] == kind
        assert text(again) == text(asked)  # pyright: ignore[reportPossiblyUnbound]


async def test_deleted_bytes_are_overwritten_whatever_sqlite_does_by_default(
    tmp_path: Path,
) -> None:
    async with ErasingSqliteSaver.from_conn_string(str(tmp_path / "d.sqlite")) as saver:
        await saver.conn.execute("PRAGMA secure_delete = OFF")
        await saver.adelete_thread("of a file that is still empty")
        graph = build_raise_graph(checkpointer=saver)
        await Dialogues(graph).send("t", SENSITIVE)
        await saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert SENSITIVE.encode() in contents(tmp_path)
        await Dialogues(graph).forget("t")
        assert SENSITIVE.encode() not in contents(tmp_path)


async def test_threads_in_memory_are_bounded() -> None:
    async with endpoint(keep=2) as client:
        for thread in ("a", "b", "c"):
            await say(client, SENSITIVE, thread=thread)
        kinds = {
            thread: (await say(client, SENSITIVE, thread=thread))["raise"]["kind"]
            for thread in ("c", "a")
        }
        assert kinds == {"c": "repeated", "a": "question"}


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
        assert done["usage"] is None
        chat_server.script()
        healed = await say(client, "And what about my flat?", thread="t")
        assert healed["raise"]["degraded"] == []


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
