"""Guards the turns of the endpoint in process: questions, streams, threads, who hangs up."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from serving import (
    ACUTE,
    SENSITIVE,
    Gate,
    body,
    endpoint,
    gated,
    say,
    text,
)

from raise_penguin.graphs import RaiseContext


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


async def test_a_message_that_was_refused_before_is_read_with_the_next() -> None:
    async with endpoint(context=RaiseContext(country="GB")) as client:
        messages = [{"role": "user", "content": words} for words in (ACUTE, "hello?")]
        asked = {"model": "raise-penguin", "messages": messages}
        for headers in ({"X-Thread-Id": "t"}, {}):
            done = await client.post("/v1/chat/completions", json=asked, headers=headers)
            assert done.json()["raise"]["crisis"]


async def test_a_message_that_was_taken_before_is_no_part_of_the_next() -> None:
    async with endpoint() as client:
        first = await say(client, SENSITIVE, thread="t")
        messages = [{"role": "user", "content": words} for words in (SENSITIVE, "I am 34")]
        sent = {"model": "raise-penguin", "messages": messages}
        headers = {"X-Thread-Id": "t"}
        done = await client.post("/v1/chat/completions", json=sent, headers=headers)
        assert done.json()["raise"]["question"]["id"] != first["raise"]["question"]["id"]
        sent["messages"] = [{"role": "user", "content": words} for words in ("x" * 50_000, "no")]
        done = await client.post("/v1/chat/completions", json=sent, headers=headers)
        assert done.status_code == 200


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
