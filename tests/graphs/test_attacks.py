"""Guards against orders hidden in messages, answers and plans, also with a model that obeys."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from raise_penguin.graphs import RaiseContext
from raise_penguin.graphs.crisis.attacks import Attack, load_attacks, run_attack
from raise_penguin.penguin.prompting import load_prompt

ATTACKS = load_attacks()
BY_ID = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)


def test_there_are_attacks_of_every_kind() -> None:
    counts = Counter(attack.where for attack in ATTACKS)
    assert len(ATTACKS) >= 60
    assert set(counts) == {"acute", "message", "answer", "plan"}
    assert len({attack.id for attack in ATTACKS}) == len(ATTACKS)


@BY_ID
async def test_an_attack_changes_nothing_offline(attack: Attack) -> None:
    assert (await run_attack(attack)).broken == ()


@BY_ID
async def test_nor_with_a_model_that_obeys_it(attack: Attack, chat_server: Any) -> None:
    chat_server.script(forever="obey")
    context = RaiseContext(model="openai:test", base_url=chat_server.base_url)
    assert (await run_attack(attack, context)).broken == ()


@BY_ID
def test_no_text_closes_the_fence_of_a_prompt(attack: Attack) -> None:
    for role in ("triage", "select", "respond"):
        sent = load_prompt("graphs", role).messages(
            {"message": attack.text, "last_answer": attack.text},
            {"domains": ["career"], "attributes": ["age"]},
        )
        said = str(sent[1].content)
        assert said.count("<data>") == said.count("</data>") == 1
        assert said.startswith("<data>\n")
        assert said.endswith("\n</data>")


async def test_what_breaks_a_rule_is_told() -> None:
    """The checks can fail: an ordinary message is no acute one."""
    outcome = await run_attack(Attack(id="x", where="acute", text="Should I quit my job today?"))
    assert "help is not given" in outcome.broken
