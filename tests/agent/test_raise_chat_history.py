"""Guards RaiseChat where earlier messages come with a call: nothing lost, nothing taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from scripted_roles import SENSITIVE

from raise_penguin.agent import RaiseChat
from raise_penguin.agent.chat_input import read_input
from raise_penguin.agent.replay import Replay
from raise_penguin.graphs import RaiseState


def told(message: AIMessage) -> dict[str, Any]:
    return message.response_metadata["raise_penguin"]


def test_a_dict_may_hold_plain_words() -> None:
    said = read_input({"history": None, "messages": "Hi there"})
    assert (said.words, said.history) == ("Hi there", [])


def test_words_after_what_was_too_long_to_read_are_not_lost_in_a_transcript() -> None:
    talk = RaiseChat()
    transcript: list[Any] = [HumanMessage("x" * 50_000), HumanMessage(SENSITIVE)]
    first = talk.invoke(transcript)
    second = talk.invoke([*transcript, first, HumanMessage("worn out")])
    assert [told(one)["attribute"] for one in (first, second)] == [
        told(one)["attribute"]
        for one in (first, talk.invoke([transcript[1], first, HumanMessage("worn out")]))
    ]
    assert told(second)["attribute"] != told(first)["attribute"]


async def test_calls_at_once_read_a_thread_back_from_its_history_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The later one would else take back what the earlier one was told."""
    read, answered = Replay.state, asyncio.Event()
    times: list[int] = []

    async def late(self: Replay, transcript: Sequence[BaseMessage]) -> RaiseState:
        times.append(len(transcript))
        if len(times) > 1:
            await answered.wait()
        return await read(self, transcript)

    monkeypatch.setattr(Replay, "state", late)
    asked = RaiseChat().invoke(SENSITIVE)
    times.clear()
    talk = RaiseChat()
    given = [HumanMessage(SENSITIVE), asked, HumanMessage("worn out")]
    click: RunnableConfig = {
        "configurable": {"thread_id": "t", "question_id": told(asked)["question_id"]}
    }
    first = asyncio.create_task(talk.ainvoke(given, click))
    second = asyncio.create_task(talk.ainvoke(given, click))
    assert told(await first)["kind"] == "question"
    answered.set()
    assert told(await second).get("repeated")
    assert times == [2]
