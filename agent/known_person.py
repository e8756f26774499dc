"""What is known about a person, put before a host's own agent: as data, never as instructions."""

from __future__ import annotations

from collections.abc import Mapping

from langchain_core.messages import SystemMessage

from ..penguin.attributes import load_attributes
from ..penguin.facts import Fact, known_facts
from ..penguin.prompting import load_prompt


def known_person(query: str, facts: Mapping[str, Fact], *, sensitive: bool) -> str:
    """Instructions and a fence of data for a system message.

    Args:
        query: The person's message, with what they added to it.
        facts: What is known, declined or unclear.
        sensitive: Whether the message at hand is sensitive, so that the answer must be careful.
    """
    labels = {item.id: item.label for item in load_attributes().values()}
    known = known_facts(facts)
    data = {
        "message": query,
        "known": {labels.get(name, name): value for name, value in known.items()},
        "declined_or_unclear": [labels.get(name, name) for name in facts if name not in known],
    }
    if not sensitive:
        del data["message"]
    instructions, fence = load_prompt("agent", "known_person").messages(
        data, {"sensitive": sensitive}
    )
    return f"{instructions.text}\n{fence.text}"


def with_known_person(given: SystemMessage | None, text: str) -> SystemMessage:
    """The host's system message with the text after it."""
    if given is None:
        return SystemMessage(text)
    if isinstance(given.content, str):
        return SystemMessage(f"{given.content}\n\n{text}")
    return SystemMessage([*given.content, {"type": "text", "text": text}])
