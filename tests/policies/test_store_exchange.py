"""Guards plans in and out: JSON lines without loss, other programs' tables without running them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import HashEmbedder, plan

from raise_penguin.penguin.errors import DataError
from raise_penguin.policies.exchange import read_plans, write_plans
from raise_penguin.policies.plan import Branch
from raise_penguin.policies.records import Cost, PlanRecord, Provenance
from raise_penguin.policies.retrieval import Neighbour, Retrieval
from raise_penguin.policies.store import PolicyStore

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"
IDS = ("age", "gender", "health_status", "own_attribute")
SCORES = st.floats(1, 5)
COUNTS = st.integers(0, 10**6)

provenances = st.builds(
    Provenance,
    planner=st.text(max_size=5),
    models=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    prompts=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    depth=COUNTS,
    budget=st.none() | st.integers(10**6),
    evaluations=COUNTS,
    people=st.none() | COUNTS,
    seed=st.none() | COUNTS,
    unscored=COUNTS,
    cost=st.none()
    | st.builds(Cost, calls=COUNTS, tokens=st.none() | COUNTS, money=st.none() | st.floats(0, 1e6)),
    made=st.none() | st.dates(min_value=date(2020, 1, 1)),
    source=st.text(max_size=5),
)
branches: st.SearchStrategy[Branch] = st.deferred(
    lambda: st.builds(
        Branch,
        attribute=st.sampled_from(IDS),
        gain=st.floats(-4, 4),
        by_value=st.dictionaries(st.text(max_size=4), branches, max_size=2),
        otherwise=st.none() | branches,
    )
)


@st.composite
def records(draw: st.DrawFn) -> PlanRecord:
    path = tuple(draw(st.permutations(IDS)))[: draw(st.integers(0, len(IDS)))]

    def numbers(each: st.SearchStrategy[float]) -> st.SearchStrategy[list[float]]:
        return st.just([]) | st.lists(each, min_size=len(path) + 1, max_size=len(path) + 1)

    return PlanRecord(
        query=draw(st.text(max_size=20).filter(str.strip)),
        domain=draw(st.text(max_size=5)),
        situation=draw(st.text(max_size=5)),
        path=path,
        values=tuple(draw(numbers(SCORES))),
        provenance=draw(provenances),
        errors=tuple(draw(numbers(st.floats(0, 1e9)))),
        scores=draw(st.dictionaries(st.frozensets(st.sampled_from(IDS)), SCORES, max_size=4)),
        tree=draw(st.none() | branches),
        replaced=tuple(draw(st.lists(provenances, max_size=2))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans=st.lists(records(), max_size=4, unique_by=lambda one: one.query))
def test_plans_survive_the_file_and_the_store(
    plans: list[PlanRecord], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("plans")
    write_plans(folder / "p.jsonl", plans)
    assert read_plans(folder / "p.jsonl").records == plans
    with PolicyStore.create(folder / "p.sqlite", HashEmbedder()) as store:
        store.add(plans)
        assert store.records() == plans


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "queries", "path"),
    [
        (
            "User Query,Best Path\nI feel stressed,\"['Emotional State','Profession']\"\n",
            ["I feel stressed"],
            ("emotional_state", "profession"),
        ),
        (
            "User Query,Best Path\n\"{'query_id': 'May I quit?'}\",\"['age']\"\n",
            ["May I quit?"],
            ("age",),
        ),
        (
            'User Query,Best Path\n"[{""query"": ""a?""}, {""query"": ""b?""}]","[""Age""]"\n',
            ["a?", "b?"],
            ("age",),
        ),
        (
            "User Query,Attribute Path,Path Length\nq?,\"['Past Self-Harm History', 'Age']\",2\n",
            ["q?"],
            ("past_self_harm_history", "age"),
        ),
        (
            "episode,query,attributes,budget,path,final_reward,tag,seed\n"
            "0,q?,age | gender,4,gender -> Mental Health Status,0.2000,,42\n",
            ["q?"],
            ("gender", "mental_health_status"),
        ),
    ],
)
def test_tables_of_the_public_code(
    text: str, queries: list[str], path: tuple[str, ...], tmp_path: Path
) -> None:
    found = read_plans(table(tmp_path / "t.csv", text))
    assert [record.query for record in found.records] == queries
    for record in found.records:
        assert record.path == path
        assert (record.values, record.errors, record.scores) == ((), (), {})
        made = record.provenance
        assert (made.planner, made.evaluations, made.budget, made.people) == (
            "imported", 0, None, None,
        )  # fmt: skip
        assert made.source == "t.csv:2"
        assert made.seed == (42 if "seed" in text else None)
    if "final_reward" in text:
        (reasons,) = found.unused.values()
        assert any(reason.startswith("final_reward") for reason in reasons)


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        ("q?,\"__import__('os').system('touch {marker}')\"", "no list"),
        ("q?,\"[__import__('os').system('touch {marker}')]\"", "no list"),
        ("q?,\"['mood']\"", "no attribute 'mood'"),
        ("q?,\"['Age', 'age']\"", "twice"),
        ("q?,[]", "empty"),
        ("q?,Age", "no list"),
        (",\"['Age']\"", "no message"),
        ("q?,\"['Age']\",more", "3 cells"),
        ("fine,\"['Age']\"", "stands at .*t.csv:2 already"),
    ],
)
def test_broken_rows_are_named_and_may_be_put_aside(cells: str, named: str, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    row = cells.replace("{marker}", str(marker))
    text = f"User Query,Best Path\nfine,\"['Age']\"\n{row}\nlast,\"['Gender']\"\n"
    path = table(tmp_path / "t.csv", text)
    with pytest.raises(DataError, match=rf"t\.csv:3: .*{named}"):
        read_plans(path)
    found = read_plans(path, skip_invalid=True)
    assert [record.query for record in found.records] == ["fine", "last"]
    assert [one.where for one in found.broken] == [f"{path}:3"]
    assert not marker.exists()


def test_a_length_that_does_not_fit_and_a_broken_line_are_named(tmp_path: Path) -> None:
    wrong = "User Query,Attribute Path,Path Length\nq?,['Age'],3\n"
    with pytest.raises(DataError, match="Path Length is 3"):
        read_plans(table(tmp_path / "t.csv", wrong))
    write_plans(tmp_path / "p.jsonl", [plan("one")])
    whole = (tmp_path / "p.jsonl").read_text(encoding="utf-8")
    for damage, named in (
        (whole[:50], "not JSON"),
        (whole.replace('"path":["age","gender"]', '"path":["age"]'), "values has 3"),
        ('{"query": "q"}', "no plan: domain"),
        ("[1]", "no object"),
    ):
        with pytest.raises(DataError, match=rf"p\.jsonl:2: .*{named}"):
            read_plans(table(tmp_path / "p.jsonl", whole + damage + "\n"))
    with pytest.raises(DataError, match="no such file"):
        read_plans(tmp_path / "missing.jsonl")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"values":[2.0', '"values":[1000000000.0', r"values.0: 1e\+09 is no mean score.* 1 to 5"),
        ('"values":[2.0', '"values":[0.9', r"values.0: 0.9 is no mean score"),
        ('"values":[2.0', '"values":[NaN', r"values.0: .*finite"),
        ('"age":3.0', '"age":5.1', r"scores.*: 5.1 is no mean score"),
        ('"errors":[0.1', '"errors":[-0.1', r"errors.0: .*greater than or equal to 0"),
        ('"query":"one"', '"query":" "', r"query: the message is empty"),
        ('"query":"one"', '"query":"so \\ud83d"', r"half of a character"),
        ('"domain":"career"', '"domain":"\\ud83d"', r"half of a character"),
        ('"gain":0.8', '"gain":7', r"tree: asking age gains 7 points"),
        ('"gain":0.8', '"gain":NaN', r"tree: asking age gains nan points"),
        ('"evaluations":9', '"evaluations":11', r"provenance.evaluations: 11 of 10 allowed"),
    ],
)
def test_numbers_that_cannot_be_are_named_and_put_aside(
    old: str, new: str, named: str, tmp_path: Path
) -> None:
    write_plans(tmp_path / "p.jsonl", [plan("one"), plan("two")])
    whole = (tmp_path / "p.jsonl").read_text(encoding="utf-8")
    assert old in whole
    path = table(tmp_path / "p.jsonl", whole.replace(old, new, 1))
    with pytest.raises(DataError, match=rf"p\.jsonl:1: .*{named}.*--skip-invalid"):
        read_plans(path)
    found = read_plans(path, skip_invalid=True)
    assert [record.query for record in found.records] == ["two"]
    assert [one.where for one in found.broken] == [f"{path}:1"]


def test_an_imported_plan_gives_its_order_to_retrieval_and_no_invented_reward() -> None:
    near = Neighbour(
        query="q", domain="", situation="", path=("gender", "age"), values=(), similarity=0.9
    )
    retrieval = Retrieval([near])
    assert not retrieval.knows_gains
    first = retrieval.best({}, ["age", "gender", "profession"])
    assert first is not None
    assert first.attribute == "gender"


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="no reference files beside the repository")
def test_the_reference_files() -> None:
    paths = read_plans(REFERENCE / "MCTS_path.csv").records
    assert [len(record.path) for record in paths] == [3, 2, 3]
    log = read_plans(REFERENCE / "mcts_search_log.csv", skip_invalid=True)
    assert [one.where.rsplit(":")[-1] for one in log.broken] == ["2"]
    assert "social_support" in log.broken[0].problem
