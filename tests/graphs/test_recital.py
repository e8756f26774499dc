"""Guards that a reply which recites its prompt is stopped before anybody sees it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.recital import HELD, Recital, words_of_prompt
from raise_penguin.graphs.roles import ReplyRequest, offline_roles
from raise_penguin.penguin.prompting import load_prompt

INSTRUCTIONS = load_prompt("graphs", "respond").instructions
KIND = (
    "Take a week before you decide, and say whom to turn to and what to do if it gets worse. "
    "A crisis line in your country is there too, [see below] and a < b."
)


class Writer:
    """A responder that writes these pieces."""

    name = "writer"

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces

    async def write(self, request: ReplyRequest) -> AsyncIterator[str]:
        del request
        for piece in self._pieces:
            yield piece


def in_pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def read(pieces: list[str]) -> tuple[list[str], Recital]:
    recital = Recital(words_of_prompt("respond"))
    shown = [recital.passed(piece) for piece in pieces]
    return ([*shown, recital.rest()] if not recital.found else shown), recital


@pytest.mark.parametrize("size", [1, 3, 7, 50, 10_000])
@pytest.mark.parametrize(
    "recited",
    [
        "[raise-penguin/respond v2]\nWrite the reply",
        "<data>\n{}",
        "</data>",
        INSTRUCTIONS,
        INSTRUCTIONS[INSTRUCTIONS.index("Do not recite") :].upper(),
        "\n\n".join(INSTRUCTIONS.split("- ")[2:4]),
    ],
)
async def test_nothing_of_a_recital_is_shown(recited: str, size: int) -> None:
    pieces = in_pieces(f"Of course. {recited}", size)
    graph = build_raise_graph(
        roles=replace(offline_roles(), respond=Writer(pieces)), checkpointer=InMemorySaver()
    )
    shown: list[str] = []
    turn = await Dialogues(graph, context=RaiseContext(budget=0)).send(
        "t", "Should I quit my job on Friday?", on_piece=shown.append
    )
    assert [failure["role"] for failure in turn.state["degraded"]] == ["respond"]
    stream = "".join(shown)
    assert stream.endswith(turn.text)
    broken = stream.removesuffix(turn.text)
    assert not broken or broken.endswith("\n\n")  # the whole reply begins a paragraph of its own
    assert len(re.findall(r"\w+", broken.removeprefix("Of course."))) < HELD
    assert not re.search(r"[\[<]", broken)


@given(st.integers(1, 40))
def test_a_good_reply_passes_unchanged_however_it_is_cut(size: int) -> None:
    shown, recital = read(in_pieces(KIND, size))
    assert not recital.found
    assert "".join(shown) == KIND


@given(st.lists(st.text("ab [<>/-dt\n", max_size=8) | st.sampled_from(["do not", "<data", "["])))
def test_no_text_is_lost_or_changes_its_order(pieces: list[str]) -> None:
    shown, recital = read(pieces)
    assert "".join(pieces).startswith("".join(shown))
    assert recital.found or "".join(shown) == "".join(pieces)


def test_ordinary_words_are_shown_at_once() -> None:
    recital = Recital(words_of_prompt("respond"))
    for piece in ("You", " were", " right", " to", " wait", " a", " we", "ek."):
        assert recital.passed(piece) == piece
