"""Guards ``raise-penguin penguin``: each command does what it says and names what it could not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from raise_penguin.agent.cli import app
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.formats.loading import load_scenarios
from raise_penguin.penguin.formats.writing import manifest

SAMPLES = Path(__file__).parent / "formats_samples"
SMALL = ["--people", "2", "--posts", "3", "--domains", "career, life"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["penguin", *map(str, arguments)])


def said(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, done.output or done.exception
    return done.output


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("set") / "penguin.jsonl"
    said("build", "--seed", "0", "--out", path, *SMALL)
    return path


def test_build_writes_a_manifest_of_what_it_wrote(built: Path, tmp_path: Path) -> None:
    scenarios = load_scenarios(built)
    found: dict[str, Any] = json.loads(built.with_name("penguin.jsonl.manifest.json").read_text())
    assert found == manifest(scenarios, seed=0)
    assert found["by_domain"] == {"career": 23, "life": 23}
    assert set(found) >= {"version", "seed", "sha256", "scenarios", "people", "by_split"}
    said("build", "--out", tmp_path / "p.parquet", *SMALL)
    assert load_scenarios(tmp_path / "p.parquet") == scenarios
    said("build", "--out", tmp_path / "folder", "--people", "1", "--posts", "1")
    assert (tmp_path / "folder" / "data" / "test.parquet").is_file()
    assert "sha256" in json.loads((tmp_path / "folder" / "penguin.manifest.json").read_text())


def test_build_names_a_domain_or_a_suffix_that_it_does_not_know(tmp_path: Path) -> None:
    assert "no domain weather" in str(
        run("build", "--out", tmp_path / "s.jsonl", "--domains", "weather").exception
    )
    assert "write to one of .jsonl" in str(run("build", "--out", tmp_path / "s.xml").exception)


def test_a_domain_named_twice_is_built_once(tmp_path: Path) -> None:
    out = tmp_path / "s.jsonl"
    said("build", "--out", out, "--people", "1", "--posts", "1", "--domains", "life,life")
    assert len(load_scenarios(out)) == 11


@pytest.mark.parametrize("name", ["set.jsonl", "folder"])
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / name
    done = run("build", "--out", out, "--people", "1", "--posts", "0", "--domains", "life")
    assert isinstance(done.exception, DataError)
    assert "cannot be written" in str(done.exception)


def test_validate_accepts_a_built_set_and_names_what_is_wrong(built: Path, tmp_path: Path) -> None:
    assert "46 scenarios and 0 people" in said("validate", built)
    lines = built.read_text().splitlines()
    broken = tmp_path / "broken.jsonl"
    for text, named in (
        ([*lines, lines[0]], "broken.jsonl:47: scenario"),
        ([*lines, "{"], "broken.jsonl:47: not JSON"),
        (
            [lines[0].replace('"train"', '"test"'), *lines[1:]],
            "2 people or situations in two splits",
        ),
    ):
        broken.write_text("\n".join(text))
        done = run("validate", broken)
        assert isinstance(done.exception, DataError)
        assert named in done.output


def test_stats_and_sample_show_the_set(built: Path) -> None:
    figures = json.loads(said("stats", built, "--json"))
    assert (figures["scenarios"], figures["names_own_value"]) == (46, 0)
    assert "largest frame" in said("stats", built)
    shown = said("sample", built, "-n", "4", "--seed", "7")
    assert shown.count("person: ") == 4
    assert "risk: " in shown
    assert shown == said("sample", built, "-n", "4", "--seed", "7")
    assert shown != said("sample", built, "-n", "4", "--seed", "8")
    for line in said("sample", built, "-n", "3", "--split", "train").splitlines():
        assert not line.startswith(("message", "post")) or line.endswith("train]")
    done = run("sample", built, "--split", "tset")
    assert "no scenario is in the split 'tset'; there are: test, train" in str(done.exception)


def test_convert_there_and_back(built: Path, tmp_path: Path) -> None:
    said("convert", built, tmp_path / "s.parquet")
    said("convert", tmp_path / "s.parquet", tmp_path / "s.jsonl")
    assert (tmp_path / "s.jsonl").read_bytes() == built.read_bytes()
    assert "46 scenarios" in said("convert", built, tmp_path / "s.json")
    assert len(load_scenarios(tmp_path / "s.json")) == 46


def test_import_says_by_record_what_it_could_not_use(tmp_path: Path) -> None:
    told = said("import", SAMPLES / "3_results.csv", "--out", tmp_path / "s.jsonl")
    assert "wrote 3 scenarios" in told
    assert "2  Step 1 Response: a reply or its score" in told
    unused = json.loads((tmp_path / "s.jsonl.unused.json").read_text())
    assert [where.rpartition(":")[2] for where in unused] == ["2", "4"]
    told = said("import", SAMPLES / "1_profiles.json", "--out", tmp_path / "p.jsonl")
    assert "2 records are people without a query" in told


def test_import_names_a_broken_record_or_puts_it_aside(tmp_path: Path) -> None:
    source = tmp_path / "posts.jsonl"
    source.write_text('{"query": "Do I stay?"}\n{"query": ""}\n{"age": \n{"query": "Do I go?"}\n')
    out = tmp_path / "s.jsonl"
    done = run("import", source, "--out", out)
    assert isinstance(done.exception, DataError)
    assert "posts.jsonl:2: it holds no query" in str(done.exception)
    assert not out.exists()
    told = said("import", source, "--out", out, "--skip-invalid")
    assert "2 broken records are in" in told
    lines = (tmp_path / "s.jsonl.rejected.jsonl").read_text().splitlines()
    aside = [json.loads(line) for line in lines]
    assert [one["where"].rpartition(":")[2] for one in aside] == ["2", "3"]
    assert [one["record"] for one in aside] == [{"query": ""}, {"line": '{"age": \n'}]
    assert [one.query for one in load_scenarios(out)] == ["Do I stay?", "Do I go?"]


def test_import_of_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("")
    done = run("import", tmp_path / "e.csv", "--out", tmp_path / "s.jsonl")
    assert "holds no record" in str(done.exception)
    assert not (tmp_path / "s.jsonl").exists()


def test_users_check_reports_each_behaviour() -> None:
    told = json.loads(
        said("users", "check", "--answers", "12", "--behaviours", "cooperative", "--json")
    )
    assert told["model"] == "offline"
    assert told["behaviours"]["cooperative"]["answers"] >= 12
