"""Guards the adaptors: our people in real openevals and Inspect runs, and the examples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raise_penguin.penguin.people import demo_scenarios, spread
from raise_penguin.penguin.reading import read_facts
from raise_penguin.penguin.users.adapters import as_callable, inspect_user, openevals_user
from raise_penguin.penguin.users.offline import OfflineUser

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCENARIO = demo_scenarios()[0]
AGE = "How old are you?"


def tells_age(answer: str, values: dict[str, str]) -> bool:
    return read_facts(answer, asked="age", source="answer")["age"]["value"] == values["age"]


def test_a_plain_function_outside_an_event_loop() -> None:
    assert tells_age(as_callable(OfflineUser(SCENARIO.profile))(AGE), SCENARIO.profile.values)


async def test_a_plain_function_inside_an_event_loop() -> None:
    assert tells_age(as_callable(OfflineUser(SCENARIO.profile))(AGE), SCENARIO.profile.values)


class Asking:
    """An application that always asks for the age."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, message: Any, *, thread_id: str) -> dict[str, str]:
        assert thread_id
        self.heard.append(message["content"])
        return {"role": "assistant", "content": AGE}


def test_in_openevals() -> None:
    from openevals.simulators import run_multiturn_simulation

    app = Asking()
    result = run_multiturn_simulation(app=app, user=openevals_user(SCENARIO), max_turns=3)  # pyright: ignore[reportArgumentType]
    roles = [message["role"] for message in result["trajectory"]]  # pyright: ignore[reportArgumentType]
    assert roles == ["user", "assistant"] * 3
    assert app.heard[0] == SCENARIO.query
    assert all(tells_age(answer, SCENARIO.profile.values) for answer in app.heard[1:])


async def test_in_openevals_asynchronously() -> None:
    from openevals.simulators import run_multiturn_simulation_async

    app = Asking()
    await run_multiturn_simulation_async(app=app, user=openevals_user(SCENARIO), max_turns=2)  # pyright: ignore[reportArgumentType]
    assert tells_age(app.heard[1], SCENARIO.profile.values)


def test_who_has_left_openevals_says_no_more() -> None:
    from openevals.simulators import run_multiturn_simulation

    person, app = OfflineUser(SCENARIO.profile, behaviours=["impatient"]), Asking()

    def has_left(trajectory: list[Any], *, turn_counter: int) -> bool:
        del trajectory, turn_counter
        return person.left

    run_multiturn_simulation(
        app=app,  # pyright: ignore[reportArgumentType]
        user=openevals_user(SCENARIO, person),
        max_turns=9,
        stopping_condition=has_left,
    )
    assert person.left
    assert len(app.heard) == 4, "the message, two answers and the farewell"


@pytest.mark.timeout(180)
def test_in_inspect() -> None:
    """In a process of its own: Inspect sets up logging and loops for good."""
    done = run_example("inspect_user.py")
    scenarios = spread(demo_scenarios(), 2)
    for one in scenarios:
        block = done.split(one.id)[1].split("demo/")[0]
        lines = [line.strip() for line in block.strip().splitlines()]
        assert [line.split("  ")[0] for line in lines] == ["user", "assistant", "user", "assistant"]
        assert lines[0].endswith(one.query)
        assert lines[1].endswith(AGE)
        assert tells_age(lines[2].partition("  ")[2], one.profile.values)
        assert lines[3].endswith("Here is my advice.")


def test_the_inspect_solver_is_one() -> None:
    from inspect_ai.solver import Solver

    assert isinstance(inspect_user(), Solver)


def run_example(name: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain_user.py", "What is your gender?"),
        ("openevals_user.py", "Here is my advice."),
    ],
)
def test_the_examples_run(name: str, shown: str) -> None:
    assert shown in run_example(name)
