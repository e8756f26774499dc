"""Guards how danger rules are written and measured: the notation, the spellings, the counts."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from raise_penguin.agent.cli import app
from raise_penguin.graphs.crisis.danger import (
    detect_danger,
    read_danger,
    read_phrases,
)
from raise_penguin.graphs.crisis.measuring import tallies, wilson
from raise_penguin.graphs.crisis.message_set import load_messages
from raise_penguin.graphs.crisis.phrases import Words, phrasing
from raise_penguin.graphs.crisis.reader import readers
from raise_penguin.graphs.crisis.record import hear
from raise_penguin.graphs.crisis.spelling import (
    LONGEST_SENTENCE,
    folded,
    near_misses,
    undisguised,
    words_of,
)
from raise_penguin.penguin.errors import DataError


@pytest.mark.parametrize(
    ("phrase", "text", "fits"),
    [
        ("(want|wish) to die", "i wish to die", True),
        ("want [so much] to die", "want so much to die", True),
        ("want [so much] to die", "want to die", True),
        ("self harm~", "self harming", True),
        ("took … pills", "took all of my pills", True),
        ("took … pills", "took pills", True),
        ("<me> die", "he die", False),
        ("die", "diesel", False),
    ],
)
def test_the_notation(phrase: str, text: str, fits: bool) -> None:
    found = phrasing([phrase], {"me": "(i|we)"})
    assert found is not None
    assert bool(found.search(Words(text))) is fits


@pytest.mark.parametrize("phrase", ["die+", "a.b", "<nothing>", "(a"])
def test_other_signs_are_refused(phrase: str) -> None:
    with pytest.raises(DataError):
        _ = getattr(phrasing([phrase], {}), "pattern", None)


def test_every_phrase_of_every_language_can_be_read() -> None:
    for reader in readers():
        every = [*reader.markers.values(), *reader.frames.values(), *reader.moves.values()]
        every += reader.care.values()
        for sign in reader.signs:
            every += [sign.phrasing, *sign.beside]
        assert all(one.pattern for one in every)
        assert all(one.needles is None or one.needles for one in every)


def test_one_form_for_every_spelling() -> None:
    assert words_of(undisguised(folded("“K1lllll\u200b mYself”!"))) == "kill myself"
    assert words_of(undisguised(folded("s.u.i.c.i.d.e"))) == "suicide"
    assert words_of(folded("J’ai"), apostrophe=" ") == "j ai"
    assert near_misses(["suicide"])["sucide"] == "suicide"
    assert "suicide" not in near_misses(["suicide", "suicider"])


def test_levels_whom_it_is_about_and_no_evidence_in_the_record() -> None:
    assert read_danger("I will kill myself tonight").level == "immediate"
    assert read_danger("I wish I was never born").level == "low"
    friend = read_danger("My friend says she wants to die and won't answer, what do I do?")
    assert (friend.danger, friend.about) == ("suicide", "other")
    record = hear(None, "I will kill myself tonight")
    assert record is not None
    assert "kill" not in str(record)


def test_intervals_are_wilsons() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10)[0] == 0.0


def test_what_the_rules_see_of_the_labelled_messages_does_not_shrink() -> None:
    """The target of .95 at 5 % is not met (docs/safety.md); this holds what is there."""
    [found] = tallies(load_messages("held_out"), lambda _: "all")
    assert (found.acute, found.calm) == (320, 320)
    assert found.seen >= 240
    assert found.alarms <= 68
    [ordinary] = tallies(load_messages("ordinary"), lambda _: "all")
    assert (ordinary.acute, ordinary.calm) == (240, 240)
    assert ordinary.seen >= 218
    assert ordinary.alarms <= 22
    [phrases] = tallies(load_messages("tuning"), lambda _: "all", read_phrases)
    assert phrases.seen / phrases.acute > 0.94


def test_commands_tell_what_is_lacking() -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["crisis", "show", "--country", "GB", "--danger", "suicide"])
    assert "116 123" in shown.output
    lacking = runner.invoke(app, ["crisis", "show", "--danger", "boredom"])
    assert "no danger 'boredom'" in str(lacking.exception)


def test_a_denial_is_heard_wherever_it_stands_in_a_long_sentence() -> None:
    middle = LONGEST_SENTENCE // 2
    for place in range(middle - 25, middle + 5):
        long = ("we talked " * middle)[:place] + " i would never kill myself and i am well and glad"
        assert not read_phrases(long).danger, place


def test_an_ordinary_thread_keeps_no_record() -> None:
    assert hear(None, "Should I quit my job?") is None
    assert detect_danger("") == ""
