"""Guards discovery: hidden needs are found with true evidence, what is covered is not proposed.

Each set in ``exchanges/`` hides two needs among replies that the ten attributes cover and harmless
ones. The patterns were mended on ``tuning.jsonl`` and ``held_out.jsonl``; on ``unseen.jsonl``
(longer replies, written later) only how a proposal is worded was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.controls import load_controls
from raise_penguin.penguin.discovery.conditions import find_conditions
from raise_penguin.penguin.discovery.exchanges import Exchange, read_exchanges
from raise_penguin.penguin.discovery.grouping import Needs, group_needs
from raise_penguin.penguin.discovery.model import propose_with_model
from raise_penguin.penguin.discovery.proposal import propose
from raise_penguin.penguin.discovery.writing import write_proposals
from raise_penguin.penguin.embedding import WordLlamaEmbedder
from raise_penguin.penguin.errors import DataError

COMMAND = Path(sys.executable).with_name("raise-penguin")
SETS = Path(__file__).with_name("exchanges")
EMBEDDER = WordLlamaEmbedder()
LOADS = """
import asyncio
from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.network import load_network
from raise_penguin.penguin.profile import Profile
from raise_penguin.penguin.reading import read_facts
from raise_penguin.penguin.users.offline import OfflineUser
added = list(load_attributes().values())[10:]
assert load_network()[-1].attribute == added[-1].id
for item in added:
    for value in item.values:
        for said in value.said:
            assert read_facts(said, asked=item.id, source="answer")[item.id]["value"] == value.value
        for question in item.questions:
            person = OfflineUser(Profile(id="p", values={item.id: value.value}))
            answer = asyncio.run(person.answer(question))
            fact = read_facts(answer, asked=item.id, source="answer")[item.id]
            assert fact["value"] == value.value, (question, answer)
print(*(item.id for item in added))
"""


def needs(exchanges: list[Exchange], least: int = 3) -> Needs:
    conditions = [condition for one in exchanges for condition in find_conditions(one)]
    return group_needs(conditions, EMBEDDER, least=least)


def found_in(name: str) -> Needs:
    return needs(list(read_exchanges(SETS / name).exchanges))


def clauses(reply: str, query: str = "What now?") -> list[str]:
    return [one.clause for one in find_conditions(Exchange("x", query, reply))]


def test_the_ways_in_which_conditions_are_put() -> None:
    assert clauses("It depends on whether you have children.") == ["you have children"]
    assert clauses("Unless you have a co-signer, wait.") == ["you have a co-signer"]
    assert clauses("If you’re pregnant, ask first.") == ["you are pregnant"]
    assert clauses("People with a disability should call ahead.") == ["you have a disability"]
    assert clauses("It depends on where you live.") == ["where you live"]
    assert clauses("Do you have dependants?") == ["you have dependants"]
    assert clauses("In your country, the law may differ.") == ["your country"]
    assert clauses("Fine.", "Does it matter that I have two kids?") == ["you have two kids"]


def test_wishes_plans_and_small_talk_are_no_conditions() -> None:
    assert clauses("If you want, I can go on. If you have time, read it. Are you sure?") == []
    assert (
        clauses("If you leave, pack first. When you are ready, call. If you're in doubt, ask.")
        == []
    )


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("tuning.jsonl", "kids disability"),
        ("held_out.jsonl", "pregnant visa"),
        ("unseen.jsonl", "country medication"),
    ],
)
def test_both_hidden_needs_are_found_and_nothing_that_is_covered(name: str, wanted: str) -> None:
    found = found_in(name)
    proposals = propose(found.groups)
    assert [one.attribute.id for one in proposals] == wanted.split()
    assert len(found.covered) >= 6
    texts = {one.id: f"{one.query} {one.reply}" for one in read_exchanges(SETS / name).exchanges}
    for proposal in proposals:
        assert proposal.support >= 3
        assert {one.message[0] for one in proposal.evidence}.isdisjoint({"t", "g", "a", "h"})
        for one in proposal.evidence:
            assert one.quote in texts[one.message]


def test_what_all_say_of_the_ten_is_covered() -> None:
    """Each attribute's own values as conditions, in four replies each: nothing is proposed."""
    clauses = [
        "if you are married", "if you are a student", "if you have depression", "if you are lonely",
        "if you have cancer", "if you have a PhD", "if you are broke", "if you are a woman",
    ]  # fmt: skip
    replies = [
        Exchange(f"{clause}{n}", "And now?", f"{start} {clause}, {end}.")
        for clause in clauses
        for n, (start, end) in enumerate(
            [("Yes, but", "wait"), ("Mostly", "ask first"), ("Go", "slowly"), ("Only", "then")]
        )
    ]
    assert needs(replies).groups == []


def test_harmless_controls_and_one_sentence_in_all_replies_yield_nothing() -> None:
    controls = [Exchange(one.id, one.text) for one in load_controls()]
    assert needs(controls, least=2).groups == []
    refrain = [Exchange(str(n), one.query, "If you have a boat, sell it.")
               for n, one in enumerate(controls)]  # fmt: skip
    assert needs(refrain, least=2).groups == []


def test_the_folder_is_loaded_read_and_answered_from(tmp_path: Path) -> None:
    for name in ("tuning.jsonl", "held_out.jsonl", "unseen.jsonl"):
        folder = tmp_path / name
        write_proposals(folder, propose(found_in(name).groups))
        text = (folder / "attributes.yaml").read_text(encoding="utf-8")
        assert "messages need it" in text
        loaded = subprocess.run(
            [sys.executable, "-W", "error", "-c", LOADS],
            env=os.environ | {"RAISE_PENGUIN_DATA": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert loaded.returncode == 0, loaded.stderr
        assert len(loaded.stdout.split()) == 2
        with pytest.raises(DataError, match="holds attributes already"):
            write_proposals(folder, [])


def run(*arguments: str) -> str:
    done = subprocess.run(
        [COMMAND, "penguin", "discover", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_counts_and_says_when_nothing_is_found(tmp_path: Path) -> None:
    shown = run("--data", str(SETS / "held_out.jsonl"), "--out", str(tmp_path / "out"))
    assert "25 messages, 25 with a reply" in shown
    assert "pregnant: needed by 7 messages" in shown
    assert (tmp_path / "out" / "evidence.yaml").exists()
    lines = (json.dumps({"query": one.text}) for one in load_controls()[:20])
    (tmp_path / "controls.jsonl").write_text("\n".join(lines), encoding="utf-8")
    nothing = run("--data", str(tmp_path / "controls.jsonl"), "--out", str(tmp_path / "none"))
    assert "Nothing found" in nothing
    assert "No reply" in nothing
    assert not (tmp_path / "none").exists()


async def test_a_model_proposes_and_only_true_evidence_stays(chat_server: Any) -> None:
    exchanges = read_exchanges(SETS / "held_out.jsonl").exchanges
    found = await propose_with_model(exchanges, chat_server.model(), embedder=EMBEDDER, least=3)
    assert [one.attribute.id for one in found.proposals] == ["pregnancy"]
    proposal = found.proposals[0]
    assert proposal.support == 6
    assert all(one.quote == "pregnant" for one in proposal.evidence)
    assert found.dropped["fewer than 3 messages with evidence"] == 1
    assert found.dropped["a quote that does not stand in the data"] >= 2
    assert r"\(a\+\)\+\$" in proposal.attribute.values[0].signs[1]


def test_the_command_asks_a_model_over_http(chat_server: Any, tmp_path: Path) -> None:
    shown = run(
        "--data", str(SETS / "held_out.jsonl"), "--model", "openai:test",
        "--base-url", chat_server.base_url, "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert "read by openai:test" in shown
    assert "pregnancy: needed by 6 messages" in shown
    assert "thrown away" in shown
    assert chat_server.counts() == {"discover": 2, "total": 2}
    assert "Pregnancy" in (tmp_path / "out" / "attributes.yaml").read_text(encoding="utf-8")


async def test_a_model_that_answers_rubbish_proposes_nothing(chat_server: Any) -> None:
    chat_server.script(forever="malformed")
    exchanges = read_exchanges(SETS / "tuning.jsonl").exchanges
    found = await propose_with_model(exchanges, chat_server.model(), embedder=EMBEDDER, least=3)
    assert found.proposals == []
    assert found.dropped == {"an answer that is no proposal": 2}


@given(st.text(max_size=300))
def test_any_text_is_read_without_error(text: str) -> None:
    for one in find_conditions(Exchange("x", text, f"If you have {text}")):
        assert one.content
        assert one.quote


WORDS = st.sampled_from(
    ["a", "an", "the", "any", "boat", "two", "kids's", "3", "where", "own-it", "visa", "no", "é"]
)
STARTS = st.sampled_from(
    ["If you have", "Unless you are", "depends on your", "I need to know where", "if there are",
     "if someone", "What is your", "Do you live"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(STARTS, st.lists(WORDS, min_size=1, max_size=5)), max_size=6))
def test_whatever_is_found_fits_the_schema(said: list[tuple[str, list[str]]]) -> None:
    exchanges = [
        Exchange(f"{n}/{again}", "?", f"{'So. ' * again}{start} {' '.join(words)}, {again}?")
        for n, (start, words) in enumerate(said)
        for again in range(2)
    ]
    proposals = propose(needs(exchanges, least=2).groups)
    ids = [one.attribute.id for one in proposals]
    assert len(set(ids)) == len(ids)
    for one in proposals:
        for question in one.attribute.questions:
            assert one.attribute.asked_pattern.search(question)
            assert question.count("?") == 1


def test_no_shipped_attribute_is_proposed_twice() -> None:
    taken = set(load_attributes())
    for name in ("tuning.jsonl", "held_out.jsonl"):
        assert taken.isdisjoint(one.attribute.id for one in propose(found_in(name).groups))


def test_the_documented_run_is_what_the_command_prints(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "discover.md").read_text(encoding="utf-8")
    documented = page.split("```text\n")[1].split("\n```")[0]
    out = tmp_path / "needs"
    shown = run("--data", str(SETS / "unseen.jsonl"), "--out", str(out))
    assert shown.strip().replace(str(out), "needs") == documented
