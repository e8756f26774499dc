"""Guards the import of the nine public formats: all that can be used is, the rest is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from raise_penguin.penguin.formats.loading import import_file, load_reference_profiles
from raise_penguin.penguin.formats.shapes import background_values, literal, query_texts

SAMPLES = Path(__file__).parent / "formats_samples"
REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"

# file: scenarios, people without a query, values known of the first person, what was not used
EXPECTED: dict[str, tuple[int, int, int, str]] = {
    "1_profiles.json": (0, 2, 10, ""),
    "2_queries.json": (6, 0, 10, ""),
    "3_results.csv": (3, 0, 10, "Step 1 Response: a reply or its score"),
    "3_results_readme.csv": (1, 0, 10, "score: was never parsed by the code that wrote it"),
    "4_paths.csv": (3, 0, 0, "Best Path: a plan, which is no part of a scenario"),
    "5_agent_paths.csv": (1, 0, 0, "profile: the record has none"),
    "6_search_log.csv": (1, 0, 0, "final_reward: a plan, which is no part of a scenario"),
    "7_posts.json": (2, 0, 8, "past_self_harm_history: the source has no such field"),
    "7_posts.jsonl": (2, 0, 8, "subreddit: kept by the source only"),
    "7_posts.csv": (1, 0, 8, "past_self_harm_history: the source has no such field"),
    "8_phase1.json": (1, 0, 10, "generation_phase: replies, scores and notes of the source"),
    "8_phase2.json": (2, 0, 10, "response_context_rich: replies, scores and notes of the source"),
    "8_phase3.json": (2, 0, 10, "safe_response: replies, scores and notes of the source"),
    "8_combined.json": (5, 0, 10, "annotation_phase: replies, scores and notes of the source"),
    "9_user_safety.json": (2, 0, 1, "risk_scenario: kept by the source only"),
}


def test_there_is_a_sample_of_each_format() -> None:
    assert set(EXPECTED) == {path.name for path in SAMPLES.iterdir()}
    assert {name[0] for name in EXPECTED} == set("123456789")


@pytest.mark.parametrize("name", EXPECTED)
def test_each_format_is_read(name: str) -> None:
    scenarios, people, known, unused = EXPECTED[name]
    found = import_file(SAMPLES / name)
    assert (len(found.scenarios), len(found.profiles)) == (scenarios, people)
    first = found.scenarios[0].profile if found.scenarios else found.profiles[0]
    assert len(first.values) == known
    reasons = {reason for several in found.unused.values() for reason in several}
    assert unused in reasons or not (unused or reasons)
    assert not any("not specified" in one.profile.values.values() for one in found.scenarios)
    assert all(where.startswith(str(SAMPLES / name)) for where in found.unused)


def test_queries_in_all_shapes_lose_nothing() -> None:
    queries = [one.query for one in import_file(SAMPLES / "2_queries.json").scenarios]
    assert queries == [
        "Do I tell the staff first?",
        "Which bill can wait?",
        "Is it time to close?",
        "Who do I ask about it?",
        "How do others decide?",
        "Do I sell the oven?",
    ]
    paths = [one.query for one in import_file(SAMPLES / "4_paths.csv").scenarios]
    assert paths == ["Is it time to close?", "Do I sell the oven?", "Which bill can wait?"]


def test_one_person_is_one_cluster() -> None:
    scenarios = import_file(SAMPLES / "2_queries.json").scenarios
    assert len({one.profile.id for one in scenarios}) == 3
    assert len({one.id for one in scenarios}) == 6


def test_domains_of_other_names_are_found() -> None:
    domains = [one.domain for one in import_file(SAMPLES / "8_combined.json").scenarios]
    assert domains == ["life", "life", "education", "education", "financial"]
    assert [one.domain for one in import_file(SAMPLES / "7_posts.json").scenarios] == [
        "relationship",
        "career",
    ]


def test_published_records_as_parquet(tmp_path: Path) -> None:
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    row = {"query": "Do I stay?", "source": "career", "age": "40", "gender": "not specified"}
    parquet.write_table(arrow.Table.from_pylist([row]), tmp_path / "posts.parquet")
    (one,) = import_file(tmp_path / "posts.parquet").scenarios
    assert (one.query, one.domain, one.profile.values) == ("Do I stay?", "career", {"age": "40"})


def test_a_line_of_background_keeps_commas_inside_values() -> None:
    line = (
        "Age: 45-54 years, Gender: Male, Economic Status: Stable, but not for long, "
        "Past Self-Harm History: None. Emotional State: Lonely, and glad of it.."
    )
    assert background_values(line) == {
        "age": "45-54 years",
        "gender": "Male",
        "economic_status": "Stable, but not for long",
        "past_self_harm_history": "None",
        "emotional_state": "Lonely, and glad of it",
    }


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch {path}')",
        "[__import__('os').system('touch {path}')]",
        "{{'query_id': __import__('os').system('touch {path}')}}",
        "(lambda: open('{path}', 'w'))()",
        "[x for x in [open('{path}', 'w')]]",
    ],
)
def test_a_literal_is_never_run(text: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    code = text.format(path=planted)
    assert literal(code) is None
    assert query_texts(code) == [code]
    cell = code.replace('"', '""')
    (tmp_path / "p.csv").write_text(f'User Query,Best Path\n"{cell}","{cell}"\n')
    assert [one.query for one in import_file(tmp_path / "p.csv").scenarios] == [code]
    assert not planted.exists()


def test_escapes_in_a_literal_warn_nobody() -> None:
    assert query_texts(r"['what does \d mean']") == [r"what does \d mean"]


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no reference files beside the repository")
def test_the_reference_files() -> None:
    profiles = load_reference_profiles(REFERENCE / "ordered_scenario_generated_data_profiles.json")
    assert len(profiles) >= 3
    assert all(len(profile.values) == 10 for profile in profiles)
    for name in ("ordered_user_generated_queries.json", "compared_data.csv"):
        scenarios = import_file(REFERENCE / name).scenarios
        assert len(scenarios) >= 6
        assert scenarios[0].query.startswith("How do other single parents")
        assert len(scenarios[0].profile.values) == 10
    assert len(import_file(REFERENCE / "MCTS_path.csv").scenarios) == 3
    assert len(import_file(REFERENCE / "mcts_search_log.csv").scenarios) == 1
