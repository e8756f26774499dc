"""Guards `raise-penguin explain` and the options that decide what is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from raise_penguin.agent.cli import app
from raise_penguin.penguin.errors import SettingsError

MESSAGE = "I want to hand in my notice on Friday with nothing else lined up. Bad idea?"


def explain(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["explain", *arguments], env={"COLUMNS": "100"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_each_turn_stands_beside_what_was_decided() -> None:
    shown = explain(MESSAGE, "Why do you ask?", "worried")
    parts = [line.split()[0] for line in shown.splitlines() if line[:1].strip()]
    assert parts[:4] == ["you", "triage", "select", "agent"]
    assert parts.count("you") == parts.count("agent") == 3
    assert "question-1 stands (the person asked why, and was told)" in shown
    assert "learnt emotional_state: known" in shown


def test_a_script_is_a_turn_a_line(tmp_path: Path) -> None:
    script = tmp_path / "talk.txt"
    script.write_text(f"{MESSAGE}\n\nworried\n", encoding="utf-8")
    assert explain("--script", str(script)) == explain(MESSAGE, "worried")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--never-ask", "emotional_state"], "asks for mental_health_status"),
        (["--budget", "0"], "asks no more"),
        (["--stopping", "scale"], "is too little (scale)"),
        (["--language", "de"], "überspringen"),
        (["--selection", "policy"], "asks for"),
    ],
)
def test_options_change_what_is_asked(options: list[str], said: str) -> None:
    assert said in explain(MESSAGE, *options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--never-ask", "shoe_size"], "no attribute shoe_size; use some of: age"),
        (["--stopping", "never"], "stopping"),
        (["--selection", "dice"], "selection"),
    ],
)
def test_a_wrong_option_is_one_plain_sentence(options: list[str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as caught:
        explain(MESSAGE, *options)
    assert "\n" not in str(caught.value)


def test_nothing_to_play_says_what_to_give() -> None:
    with pytest.raises(SettingsError, match="--script FILE"):
        explain()


def test_an_evaluation_takes_the_same_options(tmp_path: Path) -> None:
    command = ["eval", "run", "--out", str(tmp_path / "run"), "--limit", "2", "--no-controls"]
    options = ["--conditions", "raise", "--never-ask", "emotional_state", "--stopping", "scale"]
    assert CliRunner().invoke(app, [*command, *options]).exit_code == 0
    kept = (tmp_path / "run").glob("*")
    assert any("emotional_state" in path.read_text(errors="replace") for path in kept)
    with pytest.raises(SettingsError, match="no attribute shoe"):
        CliRunner().invoke(
            app,
            ["eval", "run", "--out", str(tmp_path / "other"), "--never-ask", "shoe"],
            catch_exceptions=False,
        )
