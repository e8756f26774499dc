"""Guards the counts of tokens: those that the models' servers told, and no number else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from langchain_openai import ChatOpenAI
from serving import ACUTE, SENSITIVE, body, endpoint, say

from raise_penguin.graphs import RaiseContext, build_raise_graph


def graph_of(chat_server: Any, **settings: Any) -> Any:
    model: Any = ChatOpenAI
    opened = model(model="test", base_url=chat_server.base_url, api_key="none", **settings)
    return build_raise_graph(opened)


async def streamed(client: httpx.AsyncClient, **fields: Any) -> list[dict[str, Any]]:
    done = await client.post("/v1/chat/completions", json=body(SENSITIVE, stream=True, **fields))
    events = [line[6:] for line in done.text.splitlines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


async def test_all_calls_of_a_turn_are_counted(chat_server: Any) -> None:
    graph = graph_of(chat_server, stream_usage=True)
    async with endpoint(graph, context=RaiseContext(budget=0)) as client:
        done = await say(client, SENSITIVE, thread="t")
        calls = chat_server.counts()["total"]
        assert calls > 1
        assert done["usage"] == {
            "prompt_tokens": calls,
            "completion_tokens": calls,
            "total_tokens": 2 * calls,
        }
        assert done["raise"]["usage_note"] == "as the models' servers told it"
        again = await say(client, SENSITIVE, thread="t")
        assert again["usage"]["total_tokens"] == 2 * (chat_server.counts()["total"] - calls)


async def test_a_call_whose_server_tells_nothing_is_named_and_not_guessed(chat_server: Any) -> None:
    graph = graph_of(chat_server, stream_usage=False)  # the reply is streamed
    async with endpoint(graph, context=RaiseContext(budget=0)) as client:
        done = await say(client, SENSITIVE, thread="t")
        calls = chat_server.counts()["total"]
        assert done["usage"]["prompt_tokens"] == calls - 1
        assert done["raise"]["usage_note"].startswith(f"as told for {calls - 1} of {calls} model")


async def test_where_nothing_was_told_there_is_no_count(chat_server: Any) -> None:
    chat_server.script(forever="401")
    graph = graph_of(chat_server, max_retries=0)
    async with endpoint(graph, context=RaiseContext(budget=0)) as client:
        done = await say(client, SENSITIVE, thread="t")
        assert "usage" not in done
        assert done["raise"]["usage_note"].startswith("not counted")


async def test_help_by_rules_uses_no_tokens_of_any_model(chat_server: Any) -> None:
    async with endpoint(graph_of(chat_server)) as client:
        done = await say(client, ACUTE, thread="t")
        assert done["usage"]["total_tokens"] == 0
        assert done["raise"]["usage_note"] == "no model was called"


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_stream_tells_it_in_a_chunk_of_its_own_when_asked(
    chat_server: Any, wanted: bool
) -> None:
    graph = graph_of(chat_server, stream_usage=True)
    async with endpoint(graph, context=RaiseContext(budget=0)) as client:
        chunks = await streamed(client, stream_options={"include_usage": wanted})
        if wanted:
            last = chunks.pop()
            assert last["choices"] == []
            assert last["usage"]["prompt_tokens"] == chat_server.counts()["total"]
            assert {chunk["usage"] for chunk in chunks} == {None}
        assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
        assert chunks[-1]["raise"]["kind"] == "reply"
        assert wanted or not [chunk for chunk in chunks if "usage" in chunk]
