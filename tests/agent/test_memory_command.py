"""Guards `raise-penguin memory` and `chat --remember`: asked, kept, shown, erased, from files."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.sqlite import SqliteStore
from typer.testing import CliRunner

from raise_penguin.agent.cli import app
from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.penguin.errors import SettingsError, StoreError

TOLD = "I'm 31 and I'm a nurse. What is a good pasta recipe?"
ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, words: str = "") -> str:
    done = CliRunner().invoke(app, list(arguments), input=words)
    if done.exception:
        raise done.exception
    return done.output


def test_chat_remembers_and_the_command_shows_and_forgets(tmp_path: Path) -> None:
    store, talks = str(tmp_path / "kept.sqlite"), str(tmp_path / "talks.sqlite")
    chat = ("chat", "--database", talks, "--remember", store, "--person", "ann")
    told = run(*chat, words=f"{TOLD}\nyes\n/quit\n")
    assert "May I remember this for next time? age: 25-34" in told
    assert "I remember this from now on" in told
    shown = run("memory", "show", "--store", store, "--person", "ann")
    assert re.match(r"age: 25-34 \(told on \S+, kept until \S+\)\nwork: health care", shown)
    assert run("memory", "show", "--store", store, "--person", "bob") == "nothing is kept\n"
    one = ("memory", "forget", "--store", store, "--person", "ann")
    done = run(*one, "--attribute", "profession", "--dialogues", talks)
    assert done == "facts deleted: 1; dialogues cleaned: 1\n"
    assert b"nurse" not in (tmp_path / "talks.sqlite").read_bytes()
    assert run("memory", "sweep", "--store", store) == "expired facts deleted: 0\n"
    assert "not looked at" in run(*one, "--attribute", "age")
    assert run(*one, "--dialogues", talks) == "facts deleted: 0; dialogues deleted: 1\n"
    assert b"pasta" not in (tmp_path / "talks.sqlite").read_bytes()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no file"):
        run("memory", "show", "--store", str(tmp_path / "none.sqlite"), "--person", "ann")
    with pytest.raises(SettingsError, match="memory is on without a person"):
        run("chat", "--remember", str(tmp_path / "kept.sqlite"))
    (tmp_path / "text").write_text("no database, and long enough to be none: " * 30)
    with pytest.raises(StoreError, match="cannot be used"):
        run("memory", "show", "--store", str(tmp_path / "text"), "--person", "ann")


def test_the_page_shows_what_the_example_prints(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "memory.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed.endswith("words left in the files: []\n")
    page = (ROOT / "docs" / "memory.md").read_text(encoding="utf-8")
    assert undated(printed) in undated(page)


def test_the_code_of_the_page_runs() -> None:
    page = (ROOT / "docs" / "memory.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", page, re.S)
    names: dict[str, Any] = {}
    exec(code[0], names)
    assert names["memory"].show_sync("customer-17") == []


def undated(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)


def test_a_store_of_the_command_is_one_of_the_graph(tmp_path: Path) -> None:
    with SqliteStore.from_conn_string(str(tmp_path / "kept.sqlite")) as store:
        store.setup()
        graph = build_raise_graph(checkpointer=InMemorySaver(), memory_store=store)
        talk = Dialogues(graph, context=RaiseContext(memory=True, person="ann", budget=0))
        talk.send_sync("t", TOLD)
        talk.send_sync("t", "yes")
    shown = run("memory", "show", "--store", str(tmp_path / "kept.sqlite"), "--person", "ann")
    assert shown.startswith("age: 25-34")
