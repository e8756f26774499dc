"""What the tests of Studio say and look at."""

from __future__ import annotations

from typing import Any

SENSITIVE = (
    "I have been thinking about handing in my notice on Friday without anything else lined up. "
    "Is that a terrible idea?"
)
ACUTE = "I am going to kill myself tonight."
SMALL_TALK = "What is a good pasta recipe?"


def message(text: str) -> dict[str, Any]:
    """A run's input."""
    return {"messages": [{"role": "user", "content": text}]}


def waiting(client: Any, thread: str) -> dict[str, Any] | None:
    """What the interrupt of a thread shows, with its id and schema; None where nothing waits."""
    state = client.threads.get_state(thread)
    shown = [one for task in state["tasks"] for one in task["interrupts"]]
    assert len(shown) <= 1
    return shown[0] if shown else None


def asking(client: Any, **run: Any) -> str:
    """A new thread in which a question waits."""
    thread = client.threads.create()["thread_id"]
    result = client.runs.wait(thread, "raise", input=message(SENSITIVE), **run)
    assert result["outcome"] == "asking"
    return str(thread)


def finish(client: Any, thread: str, answer: str = "I'd rather not say") -> dict[str, Any]:
    """Give an answer, then decline until nothing waits; the last result."""
    result: dict[str, Any] = {}
    for answer_now in (answer, *("I'd rather not say",) * 4):
        if waiting(client, thread) is None:
            return result
        result = client.runs.wait(thread, "raise", command={"resume": answer_now})
    raise AssertionError("it asks more than its budget")
