"""Our simulated people in other harnesses: a plain callable, openevals, Inspect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ..scenario import Scenario
from .offline import OfflineUser
from .protocol import SimulatedUser

if TYPE_CHECKING:
    from inspect_ai.solver import Solver


def as_callable(user: SimulatedUser) -> Callable[[str], str]:
    """A user as a plain function from question to answer, inside an event loop or out of one.

    Example:
        >>> from raise_penguin.penguin.profile import Profile
        >>> ask = as_callable(OfflineUser(Profile(id="p", values={"age": "18-24"})))
        >>> isinstance(ask("How old are you?"), str)
        True
    """

    def answer(question: str) -> str:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(_answer(user, question))
        with ThreadPoolExecutor(max_workers=1) as apart:
            return apart.submit(asyncio.run, _answer(user, question)).result()

    return answer


def openevals_user(scenario: Scenario, user: SimulatedUser | None = None) -> Callable[..., Any]:
    """A user for ``openevals.simulators.run_multiturn_simulation``.

    Its first turn is the scenario's message; then it answers the application's last message. A
    person who has left says nothing more; end on ``user.left`` with a stopping condition.

    Args:
        scenario: The message and the person behind it.
        user: Who answers; an offline cooperative person when omitted.
    """
    person = user or OfflineUser(scenario.profile)
    ask = as_callable(person)

    def turn(trajectory: list[Any], *, turn_counter: int = 0, **_: Any) -> dict[str, str]:
        if turn_counter == 0 or not trajectory:
            return {"role": "user", "content": scenario.query}
        answer = "" if person.left else ask(str(_content(trajectory[-1])))
        return {"role": "user", "content": answer}

    return turn


def inspect_user(*, questions: int = 3, seed: int = 0) -> Solver:
    """An Inspect solver: the model under test asks, and the person of the sample answers.

    A sample's input is the message; its metadata holds ``profile``, as our scenarios write it.

    Args:
        questions: Most turns of the person after the message.
        seed: Chooses the wording.
    """
    from inspect_ai.model import ChatMessageUser
    from inspect_ai.solver import Generate, TaskState, solver

    from ..profile import Profile

    @solver
    def simulated_person() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            person = OfflineUser(Profile.model_validate(state.metadata["profile"]), seed=seed)
            state = await generate(state)
            for _ in range(questions):
                if person.left or "?" not in state.output.completion:
                    break
                answer = await person.answer(state.output.completion)
                state.messages.append(ChatMessageUser(content=answer))
                state = await generate(state)
            return state

        return solve

    return simulated_person()


async def _answer(user: SimulatedUser, question: str) -> str:
    return await user.answer(question)


def _content(message: Any) -> Any:
    return message["content"] if isinstance(message, dict) else message.content  # pyright: ignore[reportUnknownVariableType]
