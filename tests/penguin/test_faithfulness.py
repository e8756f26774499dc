"""Guards the guard: every fault of a simulated person is found, and sound people have none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.building import build_scenarios
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.users.behaviours import load_behaviours
from raise_penguin.penguin.users.faithfulness import (
    Fault,
    check_answer,
    measure_faithfulness,
)
from raise_penguin.penguin.users.offline import OfflineUser
from raise_penguin.penguin.users.protocol import SimulatedUser
from raise_penguin.penguin.users_command import app

ANA = Profile(
    id="ana",
    values={
        "age": "25-34",
        "gender": "Female",
        "marital_status": "Divorced",
        "profession": "Social Media Influencer",
        "economic_status": "Difficult",
    },
)


@pytest.mark.parametrize(
    ("asked", "answer", "faults"),
    [
        ("age", "I'm 29.", set[str]()),
        ("age", "I'd rather not say.", set[str]()),
        ("age", "No idea.", set[str]()),
        ("age", "I'm 58.", {"contradiction"}),
        ("profession", "I post things online for a living.", set[str]()),
        ("profession", "I'm a nurse.", {"contradiction"}),
        ("health_status", "I have diabetes.", {"invention"}),
        ("health_status", "I don't know.", set[str]()),
        ("age", "I'm 29 and I'm divorced.", {"leak"}),
        ("age", "I'm 29. I'm a woman. I'm divorced. Money is tight.", {"leak", "front-loading"}),
        ("age", "Thank you for sharing. How can I help you?", {"helper's voice"}),
        ("age", "As an AI I have no age.", {"helper's voice"}),
        ("age", "According to my profile I'm 29.", {"helper's voice"}),
        ("age", "I'm 29. ###STOP###", {"left"}),
        ("age", "I'm 29. [END]", {"left"}),
        ("age", "I'm 29. <|end|>", {"left"}),
    ],
)
def test_each_fault_is_found(asked: str, answer: str, faults: set[str]) -> None:
    assert {one.fault for one in check_answer(ANA, asked, answer)} == faults


def test_telling_again_is_no_leak() -> None:
    again = "I'm 29, and as I said, I'm divorced."
    assert check_answer(ANA, "age", again, told_before=frozenset({"marital_status"})) == []


class Inventing(OfflineUser):
    """Answers what the profile does not hold."""

    def __init__(self, profile: Profile, seed: int) -> None:
        made_up = {item.id: item.values[0].value for item in load_attributes().values()}
        super().__init__(Profile(id="x", values=made_up | profile.values), seed=seed)


class EndingEarly(OfflineUser):
    """Is gone after the first answer."""

    async def answer(self, question: str) -> str:
        self.left = True
        return await super().answer(question)


class TellingAll(OfflineUser):
    """Tells everything, whatever is asked."""

    async def answer(self, question: str) -> str:
        questions = [item.questions[0] for item in load_attributes().values()]
        return " ".join([await super(TellingAll, self).answer(one) for one in questions])


class Helping(OfflineUser):
    """Speaks as the helper."""

    async def answer(self, question: str) -> str:
        return f"I understand, thank you for sharing. {await super().answer(question)}"


def made_by(user: type[OfflineUser], *behaviours: str) -> Callable[[Profile, int], SimulatedUser]:
    def make(profile: Profile, seed: int) -> SimulatedUser:
        return user(profile, seed=seed, behaviours=behaviours)

    return make


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (Inventing, "invention"),
        (made_by(EndingEarly), "left"),
        (made_by(TellingAll), "front-loading"),
        (made_by(Helping), "helper's voice"),
        (made_by(OfflineUser, "lying"), "contradiction"),
    ],
)
async def test_broken_users_are_caught(
    broken: Callable[[Profile, int], SimulatedUser], fault: Fault
) -> None:
    found = await measure_faithfulness(broken, [ANA], answers=60)
    assert found.rate(fault) > 0.05
    assert any(finding.fault == fault for _, finding in found.examples)
    sound = await measure_faithfulness(made_by(OfflineUser), [ANA], answers=60)
    assert not any(sound.faulty.values()), sound.examples


@pytest.fixture(scope="module")
def people() -> list[Profile]:
    """Of some of them little is known."""
    scenarios = build_scenarios(0, people=20, posts=20)
    found = list({one.profile.id: one.profile for one in scenarios}.values())
    assert any(len(person.values) < 10 for person in found)
    return found


async def sound_people(people: list[Profile], behaviour: str, answers: int) -> None:
    found = await measure_faithfulness(
        made_by(OfflineUser, behaviour),
        people,
        answers=answers,
    )
    assert found.answers >= answers
    by_design = load_behaviours()[behaviour].faults
    faulty = {fault for fault, count in found.faulty.items() if count}
    assert faulty == set(by_design), [
        one for one in found.examples if one[1].fault not in by_design
    ]


@pytest.mark.parametrize("behaviour", list(load_behaviours()))
async def test_offline_people_have_only_the_faults_of_their_behaviour(
    behaviour: str, people: list[Profile]
) -> None:
    await sound_people(people, behaviour, 300)


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", list(load_behaviours()))
async def test_and_so_they_do_in_many_answers(behaviour: str, people: list[Profile]) -> None:
    """``raise-penguin penguin users check --answers 10000`` is the full measurement."""
    await sound_people(people, behaviour, 3_000)


def test_the_command_prints_each_behaviour_and_its_faults() -> None:
    done = CliRunner().invoke(
        app, ["check", "--answers", "60", "--behaviours", "terse, lying", "--json"]
    )
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output)["behaviours"]
    assert set(figures) == {"terse", "lying"}
    assert figures["terse"]["contradiction"] == 0
    assert figures["lying"]["contradiction"] > 0
    shown = CliRunner().invoke(
        app, ["check", "--answers", "60", "--behaviours", "lying", "--examples", "1"]
    )
    assert "lying: contradiction (" in shown.output
    assert "By design: lying (contradiction)." in shown.output
