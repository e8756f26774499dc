"""A simulated person of ours talks to your application in openevals.

Run it with ``pip install openevals``: ``python examples/openevals_user.py``.
"""

from __future__ import annotations

import os
from typing import Any

from raise_penguin.penguin.people import demo_scenarios
from raise_penguin.penguin.users.adapters import openevals_user
from raise_penguin.penguin.users.offline import OfflineUser

QUESTIONS = ["How old are you?", "What do you do for a living?"]


def my_app() -> Any:
    """Your application: here it asks two questions and then replies."""
    left = list(QUESTIONS)

    def app(message: dict[str, str], *, thread_id: str) -> dict[str, str]:
        del message, thread_id
        return {"role": "assistant", "content": left.pop(0) if left else "Here is my advice."}

    return app


def main() -> None:
    """Hold one dialogue and print it."""
    os.environ.setdefault("LANGSMITH_TRACING", "false")
    from openevals.simulators import run_multiturn_simulation

    scenario = demo_scenarios()[0]
    person = OfflineUser(scenario.profile, behaviours=["terse"])

    def has_left(trajectory: list[Any], *, turn_counter: int) -> bool:
        del trajectory, turn_counter
        return person.left

    result = run_multiturn_simulation(
        app=my_app(),
        user=openevals_user(scenario, person),
        max_turns=3,
        stopping_condition=has_left,
    )
    for message in result["trajectory"]:
        print(f"{message['role']:>9}  {message['content']}")


if __name__ == "__main__":
    main()
