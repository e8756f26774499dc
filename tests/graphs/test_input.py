"""Guards the door: what cannot be read ends in a named error and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import RaiseContext, build_raise_graph
from raise_penguin.penguin.errors import MessageError

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CONFIG: Any = {"configurable": {"thread_id": "t"}}
UNREADABLE: dict[str, Any] = {
    "empty": "",
    "blank": " \n\t ",
    "control characters": "\x00\x01",
    "200 kB": "x" * 200_000,
    "a picture": [PICTURE],
    "a picture with words": [{"type": "text", "text": "look"}, PICTURE],
    "no block": [],
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("mode", ["interrupt", "message"])
async def test_unreadable_input_is_a_named_error_and_not_stored(content: Any, mode: str) -> None:
    saver = InMemorySaver()
    graph = build_raise_graph(roles=Script().roles(), checkpointer=saver)
    context = RaiseContext.model_validate({"mode": mode})
    for message in ({"role": "user", "content": content}, HumanMessage(content)):
        with pytest.raises(MessageError):
            await graph.ainvoke({"messages": [message]}, CONFIG, context=context)
    assert list(saver.list(CONFIG)) == []


@pytest.mark.parametrize("messages", [5, [5], [{"role": "user"}], [{"content": "x"}], [None]])
async def test_no_messages_are_a_named_error(messages: Any) -> None:
    saver = InMemorySaver()
    graph = build_raise_graph(roles=Script().roles(), checkpointer=saver)
    with pytest.raises(MessageError, match="no list of messages"):
        await graph.ainvoke({"messages": messages}, CONFIG)
    assert list(saver.list(CONFIG)) == []


async def test_an_unreadable_message_leaves_an_open_dialogue_as_it_was() -> None:
    graph = build_raise_graph(roles=Script().roles(), checkpointer=InMemorySaver())
    await graph.ainvoke({"messages": [("user", SENSITIVE)]}, CONFIG)
    before = await graph.aget_state(CONFIG)
    for content in UNREADABLE.values():
        with pytest.raises(MessageError):
            await graph.ainvoke({"messages": [HumanMessage(content)]}, CONFIG)
    assert (await graph.aget_state(CONFIG)).values == before.values


async def test_a_history_with_pictures_in_it_is_no_hindrance() -> None:
    graph = build_raise_graph(roles=Script().roles(), checkpointer=InMemorySaver())
    history = [HumanMessage([PICTURE]), AIMessage("A cat."), HumanMessage(SENSITIVE)]
    result = await graph.ainvoke({"messages": history}, CONFIG)
    assert result["query"] == SENSITIVE


async def test_text_blocks_are_read() -> None:
    graph = build_raise_graph(roles=Script().roles(), checkpointer=InMemorySaver())
    blocks: Any = [{"type": "text", "text": SENSITIVE}, "and more"]
    result = await graph.ainvoke({"messages": [HumanMessage(blocks)]}, CONFIG)
    assert result["query"] == f"{SENSITIVE}\nand more"
