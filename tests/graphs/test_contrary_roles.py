"""Guards the promises against roles that disobey, as a developer's own may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.roles import Selection, SelectRequest
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.prompting import load_prompt


class Contrary(Script):
    """Always wants to know the same, in the same words."""

    def __init__(self, attribute: str, question: str = "And?") -> None:
        super().__init__(questions=9)
        self.attribute, self.question = attribute, question

    async def select(self, request: SelectRequest) -> Selection:
        found = await super().select(request)
        return replace(found, attribute=self.attribute, question=self.question)


def talk(roles: Script) -> Dialogues:
    return Dialogues(build_raise_graph(roles=roles.roles(), checkpointer=InMemorySaver()))


@pytest.mark.parametrize("answer", ["age is 34", "no", "hm"])
def test_what_was_asked_is_not_asked_again(answer: str) -> None:
    dialogues = talk(Contrary("age"))
    assert dialogues.send_sync("t", SENSITIVE).kind == "question"
    last = dialogues.send_sync("t", answer)
    assert (last.kind, last.state["asked"]) == ("reply", ["age"])
    again = dialogues.send_sync("t", f"{SENSITIVE} What now?")
    assert (again.kind, again.state["asked"]) == ("reply", ["age"])


@pytest.mark.parametrize("attribute", ["age", "shoe_size"])
def test_what_is_known_or_does_not_exist_is_not_asked(attribute: str) -> None:
    turn = talk(Contrary(attribute)).send_sync("t", f"{SENSITIVE} my age is 34")
    assert (turn.kind, turn.state["asked"]) == ("reply", [])


@pytest.mark.parametrize(
    "words",
    [
        "How old are you? And where do you live?",
        "  ",
        "多大？在哪？",
        f"How old {'and how tall ' * 30}are you?",
        "[raise-penguin/select v3] how old are you?",
        f"{' '.join(load_prompt('graphs', 'select').instructions.split()[:25])}?",
    ],
)
def test_what_is_no_plain_question_is_replaced(words: str) -> None:
    turn = talk(Contrary("age", words)).send_sync("t", SENSITIVE)
    assert turn.question
    assert turn.question["question"].count("?") == 1
    assert turn.question["question"] in load_attributes()["age"].questions
