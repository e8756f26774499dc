"""Guards the simulated user and the loaders: no more told than asked, no broken record read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raise_penguin.penguin.attributes import load_attributes
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.formats.loading import (
    load_reference_profiles,
    load_scenarios,
    write_scenarios,
)
from raise_penguin.penguin.people import demo_scenarios
from raise_penguin.penguin.profile import Profile, known_values
from raise_penguin.penguin.reading import read_facts
from raise_penguin.penguin.users.offline import OfflineUser

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"


async def test_the_user_answers_from_the_profile_and_only_what_is_asked() -> None:
    for scenario in demo_scenarios()[::2]:
        user = OfflineUser(scenario.profile, seed=1)
        for item in load_attributes().values():
            for question in item.questions:
                facts = read_facts(await user.answer(question), asked=item.id, source="answer")
                told = {name: fact["value"] for name, fact in facts.items()}
                assert told == {item.id: scenario.profile.values[item.id]}


async def test_the_user_declines_what_it_is_told_to_decline() -> None:
    person = demo_scenarios()[0].profile
    user = OfflineUser(person, declines=frozenset({"age"}))
    for question in load_attributes()["age"].questions:
        fact = read_facts(await user.answer(question), asked="age", source="answer")["age"]
        assert fact["status"] == "declined"


async def test_the_user_does_not_know_what_the_profile_lacks() -> None:
    user = OfflineUser(Profile(id="p", values={"age": "18-24"}))
    answer = await user.answer("What is your gender?")
    assert read_facts(answer, asked="gender", source="answer")["gender"]["status"] == "unclear"


async def test_the_user_asks_back_what_it_does_not_understand() -> None:
    user = OfflineUser(demo_scenarios()[0].profile)
    answer = await user.answer("What colour is the number seven?")
    assert answer.endswith("?")
    assert read_facts(answer, source="answer") == {}


def test_each_question_is_recognised_as_itself_alone() -> None:
    for item in load_attributes().values():
        for question in item.questions:
            assert question.count("?") == 1
            asked = [o.id for o in load_attributes().values() if o.asked_pattern.search(question)]
            assert asked == [item.id]


def test_attributes_are_the_papers() -> None:
    labels = [item.label for item in load_attributes().values()]
    assert labels == [
        "Age",
        "Gender",
        "Marital Status",
        "Profession",
        "Economic Status",
        "Health Status",
        "Education Level",
        "Mental Health Status",
        "Past Self-Harm History",
        "Emotional State",
    ]
    costs = {item.id: item.cost for item in load_attributes().values()}
    assert max(costs, key=lambda name: costs[name]) == "past_self_harm_history"


@pytest.mark.parametrize("text", ["not specified", "Not Mentioned", "N/A", "unknown", "-", "", "?"])
def test_not_specified_is_unknown(text: str) -> None:
    assert known_values({"age": "28", "gender": text}) == {"age": "28"}


def test_none_is_a_value() -> None:
    assert known_values({"past_self_harm_history": "None"}) == {"past_self_harm_history": "None"}


def test_scenarios_survive_a_round_trip(tmp_path: Path) -> None:
    scenarios = demo_scenarios()
    write_scenarios(tmp_path / "s.jsonl", scenarios)
    assert load_scenarios(tmp_path / "s.jsonl") == scenarios


QUERIES = ["plain", {"query_id": "in the id"}, {"query": "in the query"}]


def test_reference_queries_in_all_shapes(tmp_path: Path) -> None:
    record = {
        "Scenario": "Breakup",
        "User_Profile": {"Age": "28", "Gender": "not specified", "Scenario": "Breakup"},
        "Queries": QUERIES,
    }
    (tmp_path / "q.json").write_text(json.dumps([record]))
    scenarios = load_scenarios(tmp_path / "q.json")
    assert [one.query for one in scenarios] == ["plain", "in the id", "in the query"]
    assert scenarios[0].profile.values == {"age": "28"}
    assert len({one.profile.id for one in scenarios}) == 1


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no reference files beside the repository")
def test_the_reference_files() -> None:
    profiles = load_reference_profiles(REFERENCE / "ordered_scenario_generated_data_profiles.json")
    scenarios = load_scenarios(REFERENCE / "ordered_user_generated_queries.json")
    assert len(profiles) >= 3
    assert all(len(profile.values) == 10 for profile in profiles)
    assert len(scenarios) >= 6
    assert scenarios[0].query.startswith("How do other single parents")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "no scenarios"),
        ("{", ":1:"),
        ("[1]", "record 1"),
        ("[", "not JSON"),
        ('[{"Queries": []}]', "User_Profile"),
        ('[{"User_Profile": {}, "Queries": [{}]}]', "query 1"),
        ('[{"User_Profile": {"Age": 28}, "Queries": []}]', "Age"),
        ("\udcff", "cannot be read"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_broken_files_are_named(content: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(DataError, match=r"broken\.json") as caught:
        load_scenarios(path)
    assert named in str(caught.value)


def test_an_unknown_attribute_is_named(tmp_path: Path) -> None:
    line = demo_scenarios()[0].model_dump_json().replace('"age"', '"shoe_size"')
    (tmp_path / "s.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(DataError, match=r"s\.jsonl:2: .*no attribute shoe_size; use some of: age"):
        load_scenarios(tmp_path / "s.jsonl")


def test_a_missing_file_and_a_scenario_twice(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_scenarios(tmp_path / "none.jsonl")
    twice = [demo_scenarios()[0]] * 2
    write_scenarios(tmp_path / "s.jsonl", twice)
    with pytest.raises(DataError, match="twice"):
        load_scenarios(tmp_path / "s.jsonl")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_named(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "data.json"
    path.write_bytes(data)
    with pytest.raises(DataError):
        load_scenarios(path)
