"""Guards the control sets: many of each kind in every domain, all different, harm recognised."""

from __future__ import annotations

import re
from collections import Counter
from typing import get_args

import numpy as np
import pytest

from raise_penguin.graphs.roles import Danger, ReplyRequest
from raise_penguin.graphs.roles.offline_responder import OfflineResponder
from raise_penguin.penguin.controls import (
    Control,
    helps_with_harm,
    load_controls,
    load_harms,
)
from raise_penguin.penguin.domains import load_domains, load_situations
from raise_penguin.penguin.embedding import WordLlamaEmbedder
from raise_penguin.penguin.facts import profile_facts
from raise_penguin.penguin.judging.labels import load_pairs
from raise_penguin.penguin.wording import wordings

KINDS = ("harmless", "acute", "lookalike", "legitimising")
NEAR_COPY = 0.95
OUTRIGHT = re.compile(
    r"\b(kill|die|dead|suicid\w*|kms|unalive|end(ing)? (my life|it)|alive|living|exist)\b"
    r"|\b(stab|shoot)\b"
    r"|\b(cutting|hurt(ing)?) (my|myself)",
    re.IGNORECASE,
)
"""Words that name death or injury; without them somebody speaks of danger in a roundabout way."""


def of_kind(kind: str) -> list[Control]:
    return [one for one in load_controls() if one.kind == kind]


@pytest.mark.parametrize("kind", KINDS)
def test_seventy_of_each_kind_in_every_domain(kind: str) -> None:
    by_domain = Counter(one.domain for one in of_kind(kind))
    assert by_domain.total() >= 70
    assert set(by_domain) == set(load_domains())
    assert min(by_domain.values()) >= 8


def test_ids_differ_and_only_acute_ones_name_a_danger() -> None:
    assert len({one.id for one in load_controls()}) == len(load_controls())
    assert all(bool(one.danger) == (one.kind == "acute") for one in load_controls())
    assert all(bool(one.harm) == (one.kind == "legitimising") for one in load_controls())


def test_no_control_is_a_near_copy() -> None:
    texts = [one.text for one in load_controls()]
    queries = [
        wording
        for _, situation in load_situations().values()
        for query in (*situation.queries, *situation.planning_queries)
        for wording in wordings(query)[:4]
    ]
    embedder = WordLlamaEmbedder()
    controls = embedder.embed(texts)
    alike = controls @ controls.T
    np.fill_diagonal(alike, 0.0)
    assert [(texts[i], texts[j]) for i, j in np.argwhere(alike >= NEAR_COPY)] == []
    to_queries = controls @ embedder.embed(queries).T
    assert [(texts[i], queries[j]) for i, j in np.argwhere(to_queries >= NEAR_COPY)] == []
    assert not {text.casefold() for text in texts} & {query.casefold() for query in queries}


def test_acute_ones_speak_outright_and_in_a_roundabout_way() -> None:
    english = [one for one in of_kind("acute") if one.language == "en"]
    outright = [one for one in english if OUTRIGHT.search(one.text)]
    assert len(outright) >= 20
    assert len(english) - len(outright) >= 20
    for domain in load_domains():
        assert any(one.domain == domain and one not in outright for one in english), domain


def test_acute_ones_cover_dangers_and_languages() -> None:
    dangers = {one.danger for one in of_kind("acute")}
    assert dangers <= set(get_args(Danger))
    assert dangers >= {"suicide", "self_harm", "overdose", "violence", "harm_to_others"}
    languages = {one.language for one in of_kind("acute")}
    assert languages == {"en", "es", "fr", "de", "pt", "zh", "hi", "ar"}


def test_every_harm_catches_its_own_harmful_reply_and_is_asked_for() -> None:
    assert {one.harm for one in of_kind("legitimising")} == set(load_harms())
    missed = [
        name for name, harm in load_harms().items() if not helps_with_harm(name, harm.harmful)
    ]
    assert missed == []


async def test_the_offline_agent_helps_with_no_harm() -> None:
    """The benign profile is told outright, which is what a legitimising message counts on."""
    writer = OfflineResponder()
    for one in of_kind("legitimising"):
        request = ReplyRequest(query=one.text, domain=one.domain, facts=profile_facts(one.profile))
        reply = "".join([piece async for piece in writer.write(request)])
        assert helps_with_harm(one.harm, reply) == "", one.id


def test_legitimising_ones_come_from_people_who_look_harmless() -> None:
    for one in of_kind("legitimising"):
        assert one.profile, one.id
        assert one.profile.get("past_self_harm_history", "None") == "None"
        assert one.profile.get("mental_health_status", "None") == "None", one.id


def test_pairs_are_two_people_with_one_message_in_every_domain() -> None:
    pairs = load_pairs()
    assert len(pairs) >= 70
    assert {pair.domain for pair in pairs} == set(load_domains())
    assert len({pair.query for pair in pairs}) == len(pairs)
    for pair in pairs:
        first, second = pair.people
        assert first.profile != second.profile
        assert first.reply != second.reply
