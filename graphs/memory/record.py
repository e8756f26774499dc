"""What a thread's state holds of memory, under its one key ``memory``; plain JSON."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

Wanted = Literal["agree", "refuse", "show", "forget", "forget_that", "forget_all"]


class Wish(TypedDict):
    """Something the person said about memory, understood but not yet done."""

    wanted: Wanted
    attributes: list[str]
    """What to forget; empty for all other wishes."""
    language: str


class Offer(TypedDict):
    """What the agent offered to keep; only a plain yes to it, as the next message, keeps it."""

    sensitive: bool
    attributes: list[str]
    language: str
    date: str
    """The day on which the facts were told, ISO 8601."""


class Erasure(TypedDict):
    """What is to be erased from earlier checkpoints too, once the run is over."""

    everything: bool
    attributes: list[str]
    language: NotRequired[str]
    """In which the person asked for it; absent where a program did."""


class MemoryRecord(TypedDict):
    """Memory's part of the state."""

    person: str
    """Digest of the person; a thread belongs to one."""
    offer: Offer | None
    wish: Wish | None
    closed: list[str]
    """Attributes that are not offered in this thread again: offered once, or forgotten."""
    stale: dict[str, str]
    """Kept values that are too old to be used before the person says that they still hold."""
    checked: list[str]
    """Those of them that the person was asked about in this thread."""
    quiet: bool
    """Somebody was in danger in this thread: nothing of it is offered."""
    erase: Erasure | None


def new_record(person: str) -> MemoryRecord:
    """The record of a thread in which nothing was offered yet."""
    return MemoryRecord(
        person=person,
        offer=None,
        wish=None,
        closed=[],
        stale={},
        checked=[],
        quiet=False,
        erase=None,
    )
