"""The conditions that are compared: what the writer of the reply may know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from ..graphs.dialogues import Dialogues
from ..graphs.roles import ReplyRequest, Responder
from ..penguin.controls import helps_with_harm
from ..penguin.errors import RaisePenguinError
from ..penguin.facts import Facts, profile_facts
from ..penguin.scenario import Scenario
from ..penguin.users.faithfulness import Fault, check_answer
from ..penguin.users.protocol import SimulatedUser
from .dialogue import Dialogue, Said

UserFactory = Callable[[Scenario], SimulatedUser]
"""Makes the simulated person behind a scenario."""

MOST_TURNS = 20
"""More answers than any budget allows: the agent does not end, which is its failure."""


class Condition(Protocol):
    """A way to answer a scenario."""

    @property
    def name(self) -> str:
        """Its name in tables."""
        ...

    async def run(self, scenario: Scenario) -> Dialogue:
        """Hold the dialogue. A failure is recorded in it, not raised."""
        ...


class Direct:
    """The reply is written at once, from fixed knowledge: nothing, or the whole profile.

    Args:
        name: "context-free" or "context-rich".
        responder: Writes the reply.
        facts: What it may know of a scenario's person.
    """

    def __init__(self, name: str, responder: Responder, facts: Callable[[Scenario], Facts]) -> None:
        self.name = name
        self._responder = responder
        self._facts = facts

    async def run(self, scenario: Scenario) -> Dialogue:
        """Write the reply."""
        started = time.perf_counter()
        request = ReplyRequest(query=scenario.query, domain="", facts=self._facts(scenario))
        try:
            reply = "".join([piece async for piece in self._responder.write(request)]).strip()
        except RaisePenguinError as error:
            return _record(scenario, self.name, started, error=str(error), calls=1)
        turns = (Said(role="person", text=scenario.query), Said(role="agent", text=reply))
        return _record(scenario, self.name, started, turns=turns, reply=reply, calls=1)


class Raise:
    """The RAISE graph talks with a simulated person until it replies.

    Args:
        dialogues: The graph, with a checkpointer.
        user: Makes the person behind a scenario.
        by_design: Faults that the person's behaviours are made of; they are not recorded.
    """

    name = "raise"

    def __init__(
        self,
        dialogues: Dialogues,
        user: UserFactory,
        by_design: Callable[[Scenario], frozenset[Fault]] = lambda _: frozenset(),
    ) -> None:
        self._dialogues = dialogues
        self._user = user
        self._by_design = by_design

    async def run(self, scenario: Scenario) -> Dialogue:
        """Hold the dialogue."""
        started = time.perf_counter()
        turns = [Said(role="person", text=scenario.query)]
        faults, before = list[str](), set[str]()
        user, thread = self._user(scenario), f"eval/{scenario.id}"
        try:
            turn = await self._dialogues.send(thread, scenario.query)
            while turn.kind == "question" and turn.question:
                turns.append(Said(role="agent", text=turn.text, reason=turn.question["reason"]))
                if len(turns) > 2 * MOST_TURNS:
                    raise RaisePenguinError(f"the agent still asks after {MOST_TURNS} answers")
                answer = await user.answer(turn.text)
                attribute = turn.question["attribute"]
                found = check_answer(
                    scenario.profile, attribute, answer, told_before=frozenset(before)
                )
                faults += [
                    f"{one.fault}: {one.attribute}"
                    for one in found
                    if one.fault not in self._by_design(scenario)
                ]
                before.add(attribute)
                turns.append(Said(role="person", text=answer))
                if user.left:
                    return _record(
                        scenario,
                        self.name,
                        started,
                        turns=tuple(turns),
                        user_faults=tuple(faults),
                        left=True,
                    )
                turn = await self._dialogues.send(thread, answer, question_id=turn.question["id"])
        except RaisePenguinError as error:
            return _record(
                scenario,
                self.name,
                started,
                turns=tuple(turns),
                user_faults=tuple(faults),
                error=str(error),
            )
        finally:
            await self._dialogues.forget(thread)
        turns.append(Said(role="agent", text=turn.text))
        asked = tuple(turn.state["asked"])
        return _record(
            scenario,
            self.name,
            started,
            turns=tuple(turns),
            reply=turn.text,
            asked=asked,
            user_faults=tuple(faults),
            harm=helps_with_harm(scenario.harm, turn.text) if scenario.harm else "",
            help_first=turn.state["outcome"] == "crisis" and not asked,
            calls=turn.state.get("calls", 0),
            degraded=tuple(entry["role"] for entry in turn.state.get("degraded", [])),
        )


def no_facts(scenario: Scenario) -> Facts:
    """Nothing is known of the person."""
    del scenario
    return {}


def all_facts(scenario: Scenario) -> Facts:
    """Everything is known of the person."""
    return profile_facts(scenario.profile.values)


def _record(scenario: Scenario, condition: str, started: float, **found: object) -> Dialogue:
    return Dialogue.model_validate(
        {
            "scenario": scenario.id,
            "condition": condition,
            "kind": scenario.kind,
            "domain": scenario.domain,
            "profile": scenario.profile.id,
            "seconds": round(time.perf_counter() - started, 4),
            **found,
        }
    )
