"""Guards whose fault it is: a broken simulated person is caught, and never charged to the agent."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from rich.console import Console

from raise_penguin.evals.conditions import Raise
from raise_penguin.evals.report import print_summary
from raise_penguin.evals.results import Results
from raise_penguin.evals.runner import run_evaluation
from raise_penguin.evals.settings import EvalSettings
from raise_penguin.evals.summary import Row, Summary, summarise
from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.crisis.danger import detect_danger
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.judging.offline import OfflineJudge
from raise_penguin.penguin.people import demo_scenarios, spread
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.scenario import Scenario
from raise_penguin.penguin.users.faithfulness import Fault
from raise_penguin.penguin.users.offline import OfflineUser
from raise_penguin.penguin.users.protocol import SimulatedUser

SCENARIOS = spread([one for one in demo_scenarios() if not detect_danger(one.query)], 14)
"""Nobody is asked anything after a message that is taken for danger."""
BROKEN = {one.profile.id for one in SCENARIOS[::2]}


class Inventing(OfflineUser):
    """Knows nothing, and makes something up."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(Profile(id=profile.id, values=INVENTED))


INVENTED = {item.id: item.values[-1].value for item in load_attributes().values()}


class EndingEarly(OfflineUser):
    """Says the word that ends a dialogue elsewhere."""

    async def answer(self, question: str) -> str:
        return f"{await super().answer(question)} ###STOP###"


class Leaving(OfflineUser):
    """Is gone at the first question."""

    async def answer(self, question: str) -> str:
        self.left = True
        return "Bye."


class TellingAll(OfflineUser):
    """Tells the whole profile at the first question."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._everything = [item.questions[0] for item in load_attributes().values()]

    async def answer(self, question: str) -> str:
        return " ".join([await super(TellingAll, self).answer(one) for one in self._everything])


class Helping(OfflineUser):
    """Speaks as the assistant."""

    async def answer(self, question: str) -> str:
        return f"Thank you for sharing. {await super().answer(question)} How can I help you?"


async def measured(
    folder: Path,
    broken: Callable[[Profile], SimulatedUser],
    scenarios: list[Scenario] = SCENARIOS,
    by_design: frozenset[Fault] = frozenset(),
) -> Summary:
    """Half of the people are broken, the others are sound."""

    def user(scenario: Scenario) -> SimulatedUser:
        make = broken if scenario.profile.id in BROKEN else OfflineUser
        return make(scenario.profile)

    talk = Dialogues(build_raise_graph(checkpointer=InMemorySaver()), durability="exit")
    settings = EvalSettings(conditions=("raise",), limit=len(scenarios), controls=False)
    with Results.start(folder, settings) as results:
        condition = Raise(talk, user, lambda _: by_design)
        await run_evaluation(scenarios, [condition], OfflineJudge(), results)
        return summarise(results)


def unknowing(scenarios: list[Scenario]) -> list[Scenario]:
    """The same messages from people of whom nothing is known."""
    return [
        one.model_copy(update={"profile": Profile(id=one.profile.id, values={})})
        for one in scenarios
    ]


def own_figures(row: Row) -> dict[str, object]:
    """What is said of the agent, without the time it took."""
    return row.model_dump(exclude={"spoilt", "left", "user_faults", "seconds"})


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (Inventing, "contradiction"),
        (EndingEarly, "left"),
        (TellingAll, "front-loading"),
        (Helping, "helper's voice"),
        (Leaving, ""),
    ],
)
async def test_a_broken_person_is_caught_and_changes_nothing_of_the_agents(
    broken: Callable[[Profile], SimulatedUser], fault: str, tmp_path: Path
) -> None:
    row = (await measured(tmp_path / "broken", broken)).rows[0]
    sound_only = [one for one in SCENARIOS if one.profile.id not in BROKEN]
    sound = (await measured(tmp_path / "sound", OfflineUser, sound_only)).rows[0]
    assert row.spoilt == len(BROKEN)
    assert row.left == (len(BROKEN) if broken is Leaving else 0)
    if fault:
        assert row.user_faults[fault] == len(BROKEN)
    assert row.failed == 0
    assert row.n == row.scored == len(sound_only)
    assert own_figures(row) == own_figures(sound)
    assert sound.spoilt == 0
    assert sound.user_faults == {}


async def test_inventions_where_nothing_is_known(tmp_path: Path) -> None:
    row = (await measured(tmp_path, Inventing, unknowing(SCENARIOS))).rows[0]
    assert row.user_faults["invention"] == len(BROKEN) == row.spoilt


async def test_the_report_names_the_faults_and_whom_they_are_charged_to(tmp_path: Path) -> None:
    summary = await measured(tmp_path, Helping)
    out = io.StringIO()
    print_summary(Console(file=out, width=200), summary, tmp_path / "transcripts.jsonl")
    assert (
        f"helper's voice in {len(BROKEN)}; {len(BROKEN)} set aside, charged to the person and not "
        "the agent" in out.getvalue()
    )


async def test_what_a_behaviour_does_by_design_is_no_fault(tmp_path: Path) -> None:
    row = (await measured(tmp_path, Inventing, by_design=frozenset({"contradiction"}))).rows[0]
    assert row.spoilt == 0
    assert row.n == len(SCENARIOS)
