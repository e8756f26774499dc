"""The agent below RunnableWithMessageHistory, and from a bare transcript with no thread at all.

Run it with ``python examples/history.py``. LangChain itself advises against
RunnableWithMessageHistory by now; with a ``thread_id`` RaiseChat needs no history beside it.
"""

from __future__ import annotations

import warnings
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig

from raise_penguin.agent import RaiseChat

MESSAGE = "We keep fighting about money and I am thinking of moving out. Should I?"
ANSWERS = ("worn out", "just about getting by", "I'd rather not say")


def with_history(chat: RaiseChat) -> None:
    """LangChain keeps the messages; the session's id names the dialogue."""
    warnings.filterwarnings("ignore", message=".*MessageHistory.* deprecated")
    from langchain_core.chat_history import InMemoryChatMessageHistory
    from langchain_core.runnables.history import RunnableWithMessageHistory

    histories: dict[str, InMemoryChatMessageHistory] = {}

    def history(session_id: str) -> InMemoryChatMessageHistory:
        return histories.setdefault(session_id, InMemoryChatMessageHistory())

    talk: Any = RunnableWithMessageHistory(chat, history)
    config: RunnableConfig = {"configurable": {"session_id": "ana"}}
    for words in (MESSAGE, *ANSWERS):
        print(f"you    {words}\nagent  {talk.invoke([HumanMessage(words)], config).text}")
    print(f"{len(histories['ana'].messages)} messages kept\n")


def from_a_transcript(chat: RaiseChat) -> None:
    """A front end that sends the whole text every time: what was asked is read back from it."""
    transcript: list[tuple[str, str]] = [("user", MESSAGE)]
    for answer in ANSWERS:
        reply: AIMessage = chat.invoke(transcript)
        transcript += [("assistant", reply.text), ("user", answer)]
    print(chat.invoke(transcript).text)


def main() -> None:
    """Hold the same dialogue in both ways."""
    chat = RaiseChat()
    with_history(chat)
    from_a_transcript(chat)


if __name__ == "__main__":
    main()
