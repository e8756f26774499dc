"""Guards our own formats: what is written is read back, what is broken is named by its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.formats.loading import import_file, load_scenarios
from raise_penguin.penguin.formats.writing import manifest, write_scenarios
from raise_penguin.penguin.people import control_scenarios, demo_scenarios
from raise_penguin.penguin.profile import Profile, known_values
from raise_penguin.penguin.scenario import Scenario

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
WORDS = TEXT.filter(lambda text: text == text.strip() and text[:1] not in ("{", "[", "("))


def people(
    values: st.SearchStrategy[str], name: st.SearchStrategy[str]
) -> st.SearchStrategy[Profile]:
    known = st.dictionaries(st.sampled_from(list(load_attributes())), values)
    domain = st.sampled_from(["", "career", "a domain of somebody's own"])
    return st.builds(
        Profile, id=name, situation=st.text("ab ", max_size=9), domain=domain, values=known
    )


@st.composite
def scenario_sets(draw: st.DrawFn) -> list[Scenario]:
    """Sets as any program may make them: ids differ, a scenario has its person's domain."""
    ids = draw(st.lists(TEXT, unique=True, max_size=6))
    made: list[Scenario] = []
    for name in ids:
        profile = draw(people(TEXT, TEXT))
        made.append(
            Scenario(
                id=name,
                kind=draw(st.sampled_from(["sensitive", "harmless", "legitimising"])),
                style=draw(st.sampled_from(["message", "post", ""])),
                split=draw(st.sampled_from(["train", "validation", "test", ""])),
                template=draw(st.text(max_size=5)),
                harm=draw(st.text(max_size=5)),
                domain=profile.domain,
                query=draw(TEXT),
                profile=profile,
            )
        )
    return made


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@given(scenarios=scenario_sets())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_our_formats_keep_everything(
    suffix: str, scenarios: list[Scenario], tmp_path: Path
) -> None:
    path = tmp_path / f"s{suffix}"
    write_scenarios(path, scenarios)
    assert import_file(path).scenarios == scenarios


@given(st.lists(people(WORDS, TEXT), max_size=4, unique_by=lambda one: one.id), st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_reference_format_keeps_people_and_queries(
    tmp_path: Path, some: list[Profile], data: st.DataObject
) -> None:
    queries = [data.draw(st.lists(WORDS, min_size=1, max_size=3)) for _ in some]
    path = tmp_path / "s.json"
    write_scenarios(
        path,
        [
            Scenario(id=f"{number}/{place}", domain="", query=query, profile=one)
            for number, one in enumerate(some)
            for place, query in enumerate(queries[number])
        ],
    )
    read = import_file(path).scenarios
    assert [one.query for one in read] == [query for asked in queries for query in asked]
    firsts = {one.profile.id: one.profile for one in read}
    assert [one.values for one in firsts.values()] == [known_values(one.values) for one in some]
    assert [one.situation for one in firsts.values()] == [one.situation for one in some]


def test_demo_and_control_sets_survive_each_of_our_formats(tmp_path: Path) -> None:
    scenarios = [*demo_scenarios(), *control_scenarios()]
    for suffix in (".jsonl", ".parquet"):
        write_scenarios(tmp_path / f"s{suffix}", scenarios)
        assert load_scenarios(tmp_path / f"s{suffix}") == scenarios


def test_a_set_has_one_hash_whatever_its_format(tmp_path: Path) -> None:
    scenarios = demo_scenarios()
    write_scenarios(tmp_path / "s.parquet", scenarios)
    again = load_scenarios(tmp_path / "s.parquet")
    assert manifest(again) == manifest(scenarios)
    assert manifest(scenarios[1:])["sha256"] != manifest(scenarios)["sha256"]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("s.json", "", "neither JSON"),
        ("s.json", "{", "s.json:1: not JSON"),
        ("s.json", "[1]", "s.json:1: record 1: no object"),
        ("s.json", "[", "s.json:1: not JSON"),
        ("s.json", '[\n{"Queries": []}\n]', "s.json:2: record 1: no known format"),
        ("s.json", '[{"User_Profile": {}, "Queries": [{}]}]', "query 1 is empty"),
        ("s.json", '[{"User_Profile": {"Age": []}, "Queries": ["q"]}]', "Age is no text"),
        ("s.json", "\udcff", "is not in UTF-8: save it as UTF-8"),
        ("s.json", "[" * 100_000, "nested too deeply"),
        ("s.json", '[{"query": "q"}, \n {"query": }]', "s.json:2: not JSON"),
        ("s.json", '[{"query": "q"}] x', "more after the end"),
        ("s.json", '{"some": [{"query": "q"}]} {}', "more after the end"),
        ("s.json", '[{"query": "q"} {"query": "q"}]', "expected ',' or ']'"),
        ("s.jsonl", '{"query": "q"}\n{', "s.jsonl:2: not JSON"),
        ("s.jsonl", '{"query": "q"}\n3', "s.jsonl:2: no object"),
        ("s.csv", 'query,age\n"x",1\ny\n', "s.csv:3: 1 cells under 2 names"),
        ("s.csv", 'query,age\n"x"y,1\n', "s.csv:2: no CSV"),
        ("s.parquet", "PAR1 and nothing more", "no Parquet file that can be read"),
    ],
)
def test_what_is_broken_is_named_by_file_and_place(
    name: str, content: str, named: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, errors="surrogateescape")
    with pytest.raises(DataError) as caught:
        load_scenarios(tmp_path / name)
    assert named in str(caught.value)


def test_an_unknown_attribute_is_named(tmp_path: Path) -> None:
    line = demo_scenarios()[0].model_dump_json().replace('"age"', '"shoe_size"')
    (tmp_path / "s.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(DataError, match=r"s\.jsonl:2: .*no attribute shoe_size; use some of: age"):
        load_scenarios(tmp_path / "s.jsonl")


def test_a_missing_file_a_folder_and_a_scenario_twice(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_scenarios(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="is no file"):
        load_scenarios(tmp_path)
    write_scenarios(tmp_path / "s.jsonl", [demo_scenarios()[0]] * 2)
    with pytest.raises(DataError, match=r"s\.jsonl:2: .*twice"):
        load_scenarios(tmp_path / "s.jsonl")
    write_scenarios(tmp_path / "s.jsonl", [])
    with pytest.raises(DataError, match="no scenarios"):
        load_scenarios(tmp_path / "s.jsonl")


def test_broken_records_can_be_put_aside(tmp_path: Path) -> None:
    good = demo_scenarios()[:2]
    lines = [good[0].model_dump_json(), '{"a": ', good[1].model_dump_json(), '{"b": 1}']
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    found = import_file(tmp_path / "s.jsonl", skip_invalid=True)
    assert found.scenarios == good
    assert [raw.where.rpartition(":")[2] for raw in found.broken] == ["2", "4"]


def test_lines_are_told_from_one_object_by_content(tmp_path: Path) -> None:
    record = {"query": "Do I stay?", "age": "40"}
    (tmp_path / "lines.txt").write_text(f"{json.dumps(record)}\n{json.dumps(record)}\n")
    (tmp_path / "one.json").write_text(json.dumps({"metadata": {}, "phase1_scenarios": [record]}))
    (tmp_path / "record.json").write_text(json.dumps(record))
    counts = [len(load_scenarios(tmp_path / n)) for n in ("lines.txt", "one.json", "record.json")]
    assert counts == [2, 1, 1]


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    write_scenarios(path, demo_scenarios()[:1])
    before = path.read_bytes()

    class Full:
        def __iter__(self) -> Full:
            return self

        def __next__(self) -> Scenario:
            raise OSError("no space left")

    with pytest.raises(DataError, match="cannot be written"):
        write_scenarios(path, Full())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(DataError, match="write to one of"):
        write_scenarios(tmp_path / "s.xml", [])
