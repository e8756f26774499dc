"""A chatbot with the agent inside, in ten lines. A script types here, and nothing needs a key.

Run it with ``python examples/raise_chat.py``. With a model: ``RaiseChat("openai:gpt-4o-mini")``.
"""

from __future__ import annotations

from langchain_core.runnables import RunnableConfig

from raise_penguin.agent import RaiseChat
from raise_penguin.graphs import RaiseContext

TYPED = (
    "I want to quit my job on Friday without another one. Good idea?",
    "worn out, mostly",
    "I'd rather not say",
    "we get by",
)


def main() -> None:
    """Print a dialogue as a chatbot would show it."""
    chat = RaiseChat(context=RaiseContext(country="GB"))
    config: RunnableConfig = {"configurable": {"thread_id": "one-id-a-dialogue"}}
    for words in TYPED:
        print(f"\nyou    {words}\nagent  ", end="")
        for piece in chat.stream(words, config):
            print(piece.text, end="", flush=True)
            told = piece.response_metadata.get("raise_penguin", {})
            if told.get("kind") == "question":
                print(f"\n       (because {told['reason']}. {told['skip']})", end="")
    print()


if __name__ == "__main__":
    main()
