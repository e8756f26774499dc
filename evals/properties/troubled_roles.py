"""Roles that fail or disobey: the graph has to keep its promises whoever plays them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ...graphs.roles import (
    ReplyRequest,
    Roles,
    Selection,
    SelectRequest,
    Triage,
    offline_roles,
)
from ...penguin.attributes import load_attributes
from ...penguin.errors import StructuredAnswerError
from .faults import CURRENT, Faults
from .plans import Trouble

T = TypeVar("T")
FAILURES: tuple[type[Exception], ...] = (
    ConnectionError,
    TimeoutError,
    StructuredAnswerError,
    ValueError,
    KeyError,
    RecursionError,
)
NO_ATTRIBUTE = "shoe_size"


class TroubledRoles:
    """The offline roles, as troubled as the dialogue that calls them wants.

    What goes wrong depends on what is asked alone, so that a turn taken again goes wrong again.
    """

    name = "troubled"

    def __init__(self) -> None:
        self._rules = offline_roles()

    def roles(self) -> Roles:
        """All three."""
        return Roles(triage=self, select=self, respond=self)

    async def triage(self, message: str) -> Triage:
        """Read one message."""
        draw, trouble = await _called("triage", message)
        found = await self._rules.triage.triage(message)
        if trouble == "contrary" and draw < 0.3:  # noqa: PLR2004
            return replace(found, domain="no-such-domain", reason="\n?")
        return found

    async def select(self, request: SelectRequest) -> Selection:
        """Read the answer and choose, or disobey."""
        key = f"{request.query}/{request.answer}/{','.join(request.asked)}"
        draw, trouble = await _called("select", key)
        found = await self._rules.select.select(request)
        if trouble != "contrary" or draw > 0.7:  # noqa: PLR2004
            return found
        asked, known = list(request.asked), [*request.facts, *found.facts]
        wrong = _one_of([*asked, *known, *load_attributes(), NO_ATTRIBUTE], key)
        return replace(
            found,
            attribute=wrong,
            completeness=_one_of((-1, 0, 1, 9), key),
            question=_one_of(
                ("", "What is it? And how old are you? And where?", f"Tell me about {wrong}.", "?"),
                key,
            ),
        )

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        """Write the reply, perhaps half of it."""
        draw, trouble = await _called("respond", request.query, half=True)
        if trouble == "contrary" and draw < 0.3:  # noqa: PLR2004
            yield "  \n"
            return
        pieces = [piece async for piece in self._rules.respond.write(request)]
        if trouble == "failing" and draw < 0.5:  # noqa: PLR2004
            yield pieces[0]
            raise _failure(request.query)
        for piece in pieces:
            yield piece


async def _called(role: str, key: str, *, half: bool = False) -> tuple[float, Trouble]:
    """A draw for what is asked of a role, and the trouble it is in; raises where it fails at once.

    Args:
        role: Which one.
        key: What is asked.
        half: The role fails half-way, by itself.
    """
    faults = CURRENT.get()
    trouble: Trouble = faults.breaks.trouble if faults else "none"
    if faults:
        await faults.role_call()
    if trouble == "hanging":
        _note(faults, role)
        await asyncio.sleep(3600)
    draw = _draw(f"{role}/{key}")
    if trouble == "failing" and draw < 0.5:  # noqa: PLR2004
        _note(faults, role)
        if not half:
            raise _failure(key)
    return draw, trouble


def _note(faults: Faults | None, role: str) -> None:
    if faults:
        faults.failed_roles.add(role)


def _failure(key: str) -> Exception:
    return _one_of(FAILURES, key)("the model is not itself")


def _one_of(choices: Sequence[T], key: str) -> T:
    return choices[int(_draw(key) * len(choices))]


def _draw(key: str) -> float:
    digest = hashlib.sha256(key.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
