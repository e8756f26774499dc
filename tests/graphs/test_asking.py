"""Guards what a model may ask a person: one question, for what was chosen, naming no means."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.asking import fit_to_ask
from raise_penguin.graphs.roles import Selection, SelectRequest
from raise_penguin.graphs.wording import LANGUAGES, Speech
from raise_penguin.penguin.attributes import load_attributes


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("formal", [True, False])
def test_every_written_question_may_be_put(code: str, formal: bool) -> None:
    for name in load_attributes():
        others = set(load_attributes()) - {name}
        assert fit_to_ask(Speech(code, formal).question(name), name, others), name


@pytest.mark.parametrize(
    ("question", "name", "closed", "fit"),
    [
        ("May I ask how old you are?", "age", [], True),
        ("How does this sit with you these days?", "emotional_state", [], True),
        ("How are you feeling about your job?", "emotional_state", [], True),
        ("How are you feeling about your job?", "emotional_state", ["profession"], False),
        ("Have you ever hurt yourself on purpose?", "age", [], False),
        (
            "How old are you, and have you harmed yourself?",
            "age",
            ["past_self_harm_history"],
            False,
        ),
        ("How old are you? And are you married?", "age", [], False),
        ("Have you ever hurt yourself, say with a razor?", "past_self_harm_history", [], False),
        (
            "Hast du dich schon einmal mit einer Klinge verletzt?",
            "past_self_harm_history",
            [],
            False,
        ),
        ("你以前用刀片伤害过自己吗？", "past_self_harm_history", [], False),
        ("Have you ever hurt yourself? " + "Tell me. " * 40, "past_self_harm_history", [], False),
        ("", "age", [], False),
    ],
)
def test_other_questions(question: str, name: str, closed: list[str], fit: bool) -> None:
    assert fit_to_ask(question, name, closed) is fit


@dataclass
class Nosy(Script):
    """Chooses the age, and asks for something else."""

    words: str = "Have you ever hurt yourself on purpose?"

    async def select(self, request: SelectRequest) -> Selection:
        return Selection(
            facts={},
            danger="",
            completeness=0,
            attribute="age",
            question=self.words,
            reason="it helps",
        )


@pytest.mark.parametrize("mode", ["interrupt", "message"])
async def test_a_question_for_another_attribute_is_replaced_by_the_written_one(mode: str) -> None:
    graph = build_raise_graph(roles=Nosy().roles(), checkpointer=InMemorySaver())
    context = RaiseContext.model_validate(
        {"mode": mode, "never_ask": ["past_self_harm_history"], "budget": 3}
    )
    turn = await Dialogues(graph, context=context).send("t", SENSITIVE)
    assert turn.question
    assert turn.question["question"] == Speech("en").question("age")
