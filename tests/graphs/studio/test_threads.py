"""Guards threads on the running server: answers of every shape, crises, modes, two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from development_server import DevelopmentServer
from langgraph_sdk import get_sync_client
from talking import ACUTE, SENSITIVE, SMALL_TALK, asking, finish, message, waiting

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("resume", "status"),
    [
        ("I'd rather not say", "declined"),
        ("", "declined"),
        ([], "declined"),
        ({"text": ""}, "declined"),
        ({"text": "I'd rather not say"}, "declined"),
        ({"question_id": "question-1", "text": "I'd rather not say"}, "declined"),
        ({"something": "else"}, "declined"),
        (0, "unclear"),
        ("hm", "unclear"),
    ],
    ids=str,
)
def test_an_answer_of_any_shape_is_taken_once(client: Any, resume: Any, status: str) -> None:
    thread = asking(client)
    before = waiting(client, thread)
    assert before is not None
    client.runs.wait(thread, "raise", command={"resume": resume})
    state = client.threads.get_state(thread)["values"]
    assert state["facts"][before["value"]["attribute"]]["status"] == status
    after = waiting(client, thread)
    assert after is None or after["value"]["attribute"] != before["value"]["attribute"]


@pytest.mark.parametrize(
    "resume", [None, {}, {"question_id": "question-9", "text": "x"}, {"a" * 32: "x"}], ids=str
)
def test_what_answers_nothing_leaves_the_question_waiting(client: Any, resume: Any) -> None:
    thread = asking(client)
    before = waiting(client, thread)
    client.runs.wait(thread, "raise", command={"resume": resume})
    after = waiting(client, thread)
    assert before is not None
    assert after is not None
    assert after["value"] == before["value"]
    assert finish(client, thread)["outcome"] == "answered"


def test_questions_as_messages_by_a_setting_of_the_context(client: Any) -> None:
    thread = client.threads.create()["thread_id"]
    settings = {"context": {"mode": "message", "budget": 2}}
    result = client.runs.wait(thread, "raise", input=message(SENSITIVE), **settings)
    for _ in range(3):
        assert waiting(client, thread) is None
        if result["outcome"] != "asking":
            break
        assert result["messages"][-1]["content"] == result["pending"]["question"]
        words = message("I'd rather not say")
        result = client.runs.wait(thread, "raise", input=words, **settings)
    assert result["outcome"] == "answered"
    assert 1 <= len(client.threads.get_state(thread)["values"]["asked"]) <= 2


def test_an_assistant_keeps_settings(client: Any) -> None:
    assistant = client.assistants.create("raise", context={"budget": 0}, name="asks nothing")
    thread = client.threads.create()["thread_id"]
    result = client.runs.wait(thread, assistant["assistant_id"], input=message(SENSITIVE))
    assert result["outcome"] == "answered"


def test_a_run_without_a_thread(client: Any) -> None:
    result = client.runs.wait(None, "raise", input=message(SMALL_TALK))
    assert result["outcome"] == "answered"


@pytest.mark.parametrize("when", ["first", "as an answer"])
def test_help_comes_first_in_a_crisis_and_the_talk_goes_on(client: Any, when: str) -> None:
    context = {"country": "GB"}
    if when == "first":
        thread = client.threads.create()["thread_id"]
        result = client.runs.wait(thread, "raise", input=message(ACUTE), context=context)
    else:
        thread = asking(client, context=context)
        result = client.runs.wait(thread, "raise", command={"resume": ACUTE}, context=context)
    assert result["outcome"] == "crisis"
    assert waiting(client, thread) is None
    said = result["messages"][-1]["content"]
    assert "116 123" in said
    assert "?" not in said[: said.index("116 123")]
    result = client.runs.wait(thread, "raise", input=message(SMALL_TALK), context=context)
    assert result["messages"][-2]["content"] == SMALL_TALK
    assert result["messages"][-1]["type"] == "ai"


def test_a_new_message_while_a_question_waits_is_its_answer(client: Any) -> None:
    thread = asking(client)
    client.runs.wait(thread, "raise", input=message("I'm 34, if that is what you ask"))
    state = client.threads.get_state(thread)["values"]
    assert state["facts"]["age"]["status"] == "known"
    assert finish(client, thread)["outcome"] == "answered"


def test_two_threads_at_once_know_nothing_of_each_other(studio: DevelopmentServer) -> None:
    def talk(answer: str) -> dict[str, Any]:
        with get_sync_client(url=studio.url) as client:
            thread = asking(client)
            finish(client, thread, answer)
            state: Any = client.threads.get_state(thread)
            return state["values"]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(talk, ["I'm 34", "I'm 71"])
    assert first["facts"]["age"]["evidence"] == "I'm 34"
    assert second["facts"]["age"]["evidence"] == "I'm 71"
    for state, other in ((first, "71"), (second, "34")):
        assert not any(other in str(message["content"]) for message in state["messages"])
        assert state["outcome"] == "answered"


def test_two_answers_at_the_same_time_are_never_mixed(client: Any) -> None:
    thread = asking(client)
    taken = client.runs.create(thread, "raise", command={"resume": "I'm 34"})
    queued = client.runs.create(thread, "raise", command={"resume": "I'm 34"})
    for run in (taken, queued):
        client.runs.join(thread, run["run_id"])
    state = client.threads.get_state(thread)["values"]
    assert len(state["asked"]) == len(set(state["asked"]))
    answers = [one["id"] for one in state["messages"] if one["type"] == "human"][1:]
    assert len(answers) == len(set(answers))
    assert finish(client, thread)["outcome"] == "answered"


def test_the_same_answer_sent_twice_counts_once_where_it_names_its_question(client: Any) -> None:
    thread = asking(client)
    answer = {"question_id": "question-1", "text": "I'm 34"}
    runs = [client.runs.create(thread, "raise", command={"resume": answer}) for _ in range(2)]
    for run in runs:
        client.runs.join(thread, run["run_id"])
    state = client.threads.get_state(thread)["values"]
    answers = [one["id"] for one in state["messages"] if one["type"] == "human"][1:]
    assert answers == ["answer-to-question-1"]
    shown = waiting(client, thread)
    assert shown is not None
    assert shown["value"]["id"] == "question-2"


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ({"input": message("  ")}, "the message is empty"),
        ({"input": message(SENSITIVE), "context": {"budget": -1}}, "greater than or equal to 0"),
        ({"input": message(SENSITIVE), "context": {"model": "nonsense"}}, "names no provider"),
        ({"input": message(SENSITIVE), "context": {"model": "openai:x"}}, "OPENAI_API_KEY"),
    ],
    ids=["empty", "budget", "model", "key"],
)
def test_what_is_wrong_is_told_in_words(client: Any, run: dict[str, Any], told: str) -> None:
    thread = client.threads.create()["thread_id"]
    result = client.runs.wait(thread, "raise", raise_error=False, **run)
    assert told in result["__error__"]["message"]
