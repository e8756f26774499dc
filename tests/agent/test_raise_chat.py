"""Guards RaiseChat: every way a Runnable is called, with a thread and from a bare transcript."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.history import RunnableWithMessageHistory
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from scripted_roles import SENSITIVE, Script, worded

from raise_penguin.agent import RaiseChat, chat_turns
from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.roles import ReplyRequest
from raise_penguin.penguin.errors import MessageError, SettingsError

DANGER = "I want to kill myself tonight"


def chat(script: Script | None = None, **more: Any) -> RaiseChat:
    return RaiseChat(roles=script.roles() if script else None, **more)


def thread(name: str = "t", **more: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": name, **more}}


def told(message: AIMessage) -> dict[str, Any]:
    return message.response_metadata["raise_penguin"]


def test_a_dialogue_in_a_thread() -> None:
    script = Script()
    talk = chat(script)
    first = talk.invoke(SENSITIVE, thread())
    assert first.text == worded("age")
    assert told(first) == {
        "kind": "question",
        "offline": False,
        "degraded": [],
        "question_id": "question-1",
        "attribute": "age",
        "reason": "it changes the answer",
        "skip": "You may skip this question: say so, and I will go on without it.",
        "remaining": 2,
    }
    assert talk.invoke("age is 34", thread()).text == "What about gender?"
    last = talk.invoke("no", thread())
    assert (last.text, told(last)["kind"]) == ("Here is a reply.", "reply")
    assert script.calls == {"triage": 1, "select": 3, "respond": 1}


@pytest.mark.parametrize(
    "given",
    [
        SENSITIVE,
        HumanMessage(SENSITIVE),
        [HumanMessage(SENSITIVE)],
        [("system", "You are a pirate."), ("user", SENSITIVE)],
        {"messages": [{"role": "user", "content": SENSITIVE}]},
        {"input": SENSITIVE},
        {"input": [HumanMessage(SENSITIVE)], "history": []},
        {"input": SENSITIVE, "history": None},
        ChatPromptTemplate.from_messages([("user", "{text}")]).invoke({"text": SENSITIVE}),
        [HumanMessage([{"type": "text", "text": SENSITIVE}])],
        [HumanMessage("x" * 50_000), HumanMessage(SENSITIVE)],
    ],
)
def test_every_shape_of_input(given: Any) -> None:
    assert chat(Script()).invoke(given).text == worded("age")


@pytest.mark.parametrize(
    "given", ["", [], [AIMessage("Hi")], {"question": "x"}, 3, [SystemMessage("x")]]
)
def test_inputs_without_words_of_a_person_are_refused(given: Any) -> None:
    with pytest.raises(MessageError):
        chat(Script()).invoke(given)


async def test_sync_async_stream_and_batch_say_the_same() -> None:
    talk = RaiseChat()
    whole = talk.invoke(SENSITIVE)
    assert (await talk.ainvoke(SENSITIVE)) == whole
    assert talk.batch([SENSITIVE, SENSITIVE]) == [whole, whole]
    assert await talk.abatch([SENSITIVE]) == [whole]
    streamed = list(talk.stream(SENSITIVE))
    heard = [piece async for piece in talk.astream(SENSITIVE)]
    for pieces in (streamed, heard):
        assert "".join(piece.text for piece in pieces) == whole.text
        assert told(pieces[-1]) == told(whole)
        assert all(isinstance(piece, AIMessageChunk) for piece in pieces)


async def test_the_reply_streams_as_it_is_written() -> None:
    gate = asyncio.Event()

    class Slow(Script):
        async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
            del request
            yield "Here is "
            await gate.wait()
            yield "a reply."

    stream = chat(Slow(questions=0)).astream(SENSITIVE, thread())
    assert (await anext(stream)).text == "Here is"
    gate.set()
    assert [piece.text async for piece in stream] == [" a reply.", ""]
    sync = [piece.text for piece in chat(Script(questions=0)).stream(SENSITIVE, thread())]
    assert sync == ["Here is", " a reply.", ""]


async def test_a_model_that_fails_half_way_leaves_the_whole_text_in_the_metadata() -> None:
    class Breaking(Script):
        async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
            del request
            yield "Half of "
            raise ConnectionError("gone")

    talk = chat(Breaking(questions=0))
    pieces = [piece async for piece in talk.astream(SENSITIVE, thread())]
    assert pieces[0].text == "Half of"
    assert told(pieces[-1])["degraded"] == ["respond"]
    assert "Half of" not in told(pieces[-1])["streamed"]
    assert len(told(pieces[-1])["streamed"].split()) > 20


async def test_events_name_the_runnable_and_carry_its_pieces() -> None:
    events = [
        event
        async for event in chat(Script(questions=0)).astream_events(SENSITIVE, version="v2")
        if event["name"] == "RaiseChat"
    ]
    assert [event["event"] for event in events] == [
        *("on_chain_start", "on_chain_stream", "on_chain_stream", "on_chain_stream", "on_chain_end")
    ]
    assert [event["data"]["chunk"].text for event in events[1:-1]] == ["Here is", " a reply.", ""]


def test_in_a_chain() -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{text}")])
    chain = prompt | chat(Script(questions=0)) | StrOutputParser()
    assert chain.invoke({"text": SENSITIVE}) == "Here is a reply."
    assert list(chain.stream({"text": SENSITIVE}))[:2] == ["Here is", " a reply."]


def test_with_config() -> None:
    talk = chat(Script()).with_config(thread())
    talk.invoke(SENSITIVE)
    assert talk.invoke("age is 34").text == "What about gender?"


@pytest.mark.parametrize("keys", ["messages", "input and history"])
@pytest.mark.filterwarnings("ignore:.*MessageHistory.* deprecated")
def test_with_message_history(keys: str) -> None:
    stores: dict[str, InMemoryChatMessageHistory] = {}

    def history(session_id: str) -> InMemoryChatMessageHistory:
        return stores.setdefault(session_id, InMemoryChatMessageHistory())

    script = Script()
    by_key = keys != "messages"
    talk: Any = RunnableWithMessageHistory(
        chat(script),
        history,
        input_messages_key="input" if by_key else None,
        history_messages_key="history" if by_key else None,
    )
    config: RunnableConfig = {"configurable": {"session_id": "s"}}
    for words, reply in (
        (SENSITIVE, worded("age")),
        ("age is 34", "What about gender?"),
        ("no", "Here is a reply."),
    ):
        given: Any = {"input": words} if by_key else [HumanMessage(words)]
        assert talk.invoke(given, config).text == reply
    assert [m.type for m in stores["s"].messages] == ["human", "ai"] * 3
    assert script.calls == {"triage": 1, "select": 3, "respond": 1}


def test_a_prompt_with_a_place_for_history_keeps_the_thread() -> None:
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), ("user", "{input}")])
    chain = prompt | chat(Script())
    past: list[Any] = []
    for words in (SENSITIVE, "age is 34", "no"):
        reply = chain.invoke({"history": past, "input": words}, thread())
        past += [HumanMessage(words), reply]
    assert past[-1].text == "Here is a reply."


def test_a_streamed_question_counts_as_asked_in_a_transcript() -> None:
    talk = RaiseChat()
    transcript: list[Any] = [("user", SENSITIVE)]
    asked: list[str] = []
    for answer in ("worn out", "no", "getting by"):
        pieces: list[Any] = list(talk.stream(transcript))
        streamed: Any = sum(pieces[1:], pieces[0])
        asked.append(told(streamed)["attribute"])
        transcript += [streamed, ("user", answer)]
    assert len(set(asked)) == 3
    assert told(talk.invoke(transcript))["kind"] == "reply"


@pytest.mark.parametrize("metadata", ["kept", "lost"])
async def test_a_bare_transcript_asks_nothing_twice(metadata: str) -> None:
    """A front end that sends everything each time, and no thread."""
    talk = RaiseChat()
    kept: list[Any] = [HumanMessage(SENSITIVE)]
    asked: list[str] = []
    for answer in ("I'm 34", "I'd rather not say", "just about getting by", "thanks"):
        reply = await talk.ainvoke(kept)
        if told(reply)["kind"] != "question":
            break
        asked.append(told(reply)["attribute"])
        kept += [reply if metadata == "kept" else ("ai", reply.text), HumanMessage(answer)]
    assert told(reply)["kind"] == "reply"  # pyright: ignore[reportPossiblyUnbound]
    assert 1 <= len(asked) == len(set(asked)) <= 3


ANSWERS = st.lists(
    st.sampled_from(
        ["I'm 34", "no", "I'd rather not say", "I am a nurse", "", "why do you ask?", "single", "?"]
    ),
    min_size=3,
    max_size=3,
)


@settings(max_examples=15, deadline=None)
@given(answers=ANSWERS)
def test_a_transcript_reads_as_the_thread_did(answers: list[str]) -> None:
    """Offline, the questions are the same whether a thread was kept or not."""
    talk = RaiseChat()
    config = thread(str(answers))
    past: list[Any] = []
    for words in (SENSITIVE, *answers):
        kept = talk.invoke(words or "(nothing)", config)
        past.append(("user", words or "(nothing)"))
        assert talk.invoke(past) == kept
        past.append(("ai", kept.text))
        if told(kept)["kind"] != "question":
            break
    talk.forget(str(answers))


def test_a_models_own_question_in_a_transcript_counts_as_asked() -> None:
    """Not worded by rules, metadata lost: known by what it asks for, or by its place."""
    script = Script(questions=3)
    past = [
        *(("user", SENSITIVE), ("ai", "May I ask how old you are, roughly?"), ("user", "I'm 34")),
        *(("ai", "And what kind of work is it that you do?"), ("user", "nurse")),
    ]
    reply = chat(script).invoke(past)
    assert script.requests[0].asked == ["age", "profession"]
    assert script.requests[0].answered == "profession"
    assert script.requests[0].facts["age"]["status"] == "known"
    assert told(reply)["attribute"] not in {"age", "profession"}
    assert script.calls == {"select": 1}


def test_a_thread_that_the_saver_lost_is_read_back() -> None:
    script = Script()
    past = [HumanMessage(SENSITIVE), chat(Script()).invoke(SENSITIVE), HumanMessage("age is 34")]
    talk = chat(script)
    assert talk.invoke(past, thread()).text == "What about gender?"
    assert talk.invoke("no", thread()).text == "Here is a reply."
    assert script.calls == {"select": 2, "respond": 1}


@pytest.mark.parametrize("config", [thread(), {}], ids=["thread", "transcript"])
def test_help_in_a_crisis_comes_through_unchanged(config: Any) -> None:
    script = Script()
    context = RaiseContext(country="GB")
    graph = build_raise_graph(checkpointer=InMemorySaver())
    expected = Dialogues(graph, context=context).send_sync("t", DANGER).text
    talk = chat(script, context=context)
    reply = talk.invoke(DANGER, config)
    assert reply.text == expected
    assert told(reply)["kind"] == "crisis"
    assert "".join(piece.text for piece in talk.stream(DANGER, thread("other"))) == expected
    assert script.calls == {}
    after = [("user", DANGER), ("ai", reply.text), ("user", "thank you")]
    again = talk.invoke(after)
    assert again.text, "the talk goes on"
    assert again.text != reply.text


def test_offline_is_said() -> None:
    assert told(RaiseChat().invoke("hello"))["offline"] is True
    assert told(RaiseChat("offline").invoke("hello"))["offline"] is True
    assert told(chat(Script()).invoke("hello"))["offline"] is False


def test_settings_for_one_call() -> None:
    talk = RaiseChat()
    assert "116 123" in talk.invoke(DANGER, thread(raise_context={"country": "GB"})).text
    budget = {"raise_context": RaiseContext(budget=0)}
    assert told(talk.invoke(SENSITIVE, {"configurable": budget}))["kind"] == "reply"
    with pytest.raises(SettingsError, match="raise_context"):
        talk.invoke(SENSITIVE, {"configurable": {"raise_context": {"budgte": 0}}})


def test_a_double_click_answers_once() -> None:
    talk = chat(Script())
    talk.invoke(SENSITIVE, thread())
    once = thread(question_id="question-1")
    second = talk.invoke("age is 34", once)
    again = talk.invoke("age is 34", once)
    assert again.text == second.text
    assert told(again)["repeated"] is True


async def test_messages_at_once_in_a_thread_wait_for_each_other() -> None:
    script = Script()
    talk = chat(script)
    await talk.ainvoke(SENSITIVE, thread())
    replies = await talk.abatch(["age is 34", "no"], [thread(), thread()])
    assert {reply.text for reply in replies} == {"What about gender?", "Here is a reply."}
    assert script.calls == {"triage": 1, "select": 3, "respond": 1}


async def test_savers_of_every_kind(tmp_path: Path) -> None:
    with SqliteSaver.from_conn_string(str(tmp_path / "a.sqlite")) as saver:
        talk = chat(Script(), checkpointer=saver)
        talk.invoke(SENSITIVE, thread())
        assert list(talk.stream("age is 34", thread()))[-1].text == "What about gender?"
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "b.sqlite")) as saver:
        talk = chat(Script(), checkpointer=saver)
        await talk.ainvoke(SENSITIVE, thread())
        assert (await talk.ainvoke("age is 34", thread())).text == "What about gender?"
        await talk.aforget("t")
        assert (await talk.ainvoke(SENSITIVE, thread())).text == worded("age")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_turns, "MOST_THREADS", 2)
    talk = chat(Script())
    for name in ("a", "b", "a", "c"):
        talk.invoke(SENSITIVE if name != "a" else f"{SENSITIVE} really", thread(name))
    assert told(talk.invoke("age is 34", thread("a")))["question_id"] == "question-2"
    assert told(talk.invoke("age is 34", thread("b"))).get("question_id") == "question-1", (
        "forgotten"
    )


@pytest.mark.parametrize("saver", [None, InMemorySaver()], ids=["no saver", "saver"])
async def test_inside_a_node_of_a_host_graph_the_dialogue_is_its_own(saver: Any) -> None:
    """The host's checkpointer and namespace are not taken for the dialogue's."""
    talk = chat(Script())

    async def node(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        return {"messages": [await talk.ainvoke(state["messages"], config)]}

    builder: Any = StateGraph(MessagesState)
    builder.add_node("talk", node)
    builder.add_edge(START, "talk")
    host = builder.compile(checkpointer=saver)
    messages: list[Any] = []
    for words in (SENSITIVE, "age is 34", "no"):
        new = [HumanMessage(words)]
        result = await host.ainvoke({"messages": new if saver else messages + new}, thread("host"))
        messages = result["messages"]
    assert messages[-1].text == "Here is a reply."
    assert len(messages) == 6


async def test_a_stream_that_is_left_early_is_finished_by_the_next_turn() -> None:
    script = Script(questions=0)
    talk = chat(script)
    stream = talk.astream(SENSITIVE, thread())
    await anext(stream)
    await stream.aclose()
    assert (await talk.ainvoke(SENSITIVE, thread())).text == "Here is a reply."
    assert script.calls["triage"] == 1
