"""When a model fails, rules stand in: the person is answered all the same, and it is marked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from langgraph.errors import GraphBubbleUp

from .state import Degradation

T = TypeVar("T")


async def with_stand_in(
    role: str,
    call: Callable[[], Awaitable[T]],
    stand_in: Callable[[], Awaitable[T]],
    *,
    time_limit: float,
) -> tuple[T, list[Degradation]]:
    """Ask a role; let its rules answer if the model fails or takes too long.

    Args:
        role: Name for the record.
        call: Asks the model (or the rules, where the role is offline).
        stand_in: Asks the offline rules.
        time_limit: Seconds for the whole call, repair and retries included.

    Returns:
        The result, and what to record: empty where the model itself answered.
    """
    try:
        async with asyncio.timeout(time_limit):
            return await call(), []
    except GraphBubbleUp:
        raise  # an interrupt or a command of the graph, not a failure
    except Exception as error:  # noqa: BLE001 - any provider's error; a person is waiting
        late = isinstance(error, TimeoutError) and not str(error)
        told = f"longer than {time_limit:g} s" if late else str(error)
        cause = " ".join(f"{type(error).__name__}: {told}".split())[:300]
        return await stand_in(), [Degradation(role=role, cause=cause)]
