"""Guards that an attribute and a domain are added by data alone, through the whole chain.

``tests/extension`` is what a user writes, by the recipes in CONTRIBUTING.md: an eleventh attribute
(who depends on the person) and an eighth domain (housing). The real commands run on it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("raise-penguin")
DATA = Path(__file__).with_name("extension")
CHILDREN = "call the council's homelessness team at once"
"""What the added guidance says to somebody with children, and nothing else says."""


def command(data: Path, *words: str, wrong: bool = False) -> str:
    """Run ``raise-penguin`` in a process of its own with that data."""
    done = subprocess.run(
        [COMMAND, *words],
        env=os.environ | {"RAISE_PENGUIN_DATA": str(data), "COLUMNS": "150"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode != 0) is wrong, done.stderr
    return done.stderr if wrong else done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built set of the new domain and a policy planned for it."""
    folder = tmp_path_factory.mktemp("extension")
    shown = command(
        DATA, "penguin", "build", "--domains", "housing", "--people", "6", "--posts", "4",
        "--out", str(folder / "housing.jsonl"),
    )  # fmt: skip
    assert '"housing": 64' in shown
    command(
        DATA, "plan", "run", "--situations", "housing_notice,housing_mould", "--depth", "3",
        "--evaluations", "60", "--people", "4", "--out", str(folder / "policy.sqlite"),
    )  # fmt: skip
    return folder


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_people_are_drawn_with_the_new_attribute(built: Path) -> None:
    people = {one["profile"]["id"]: one["profile"] for one in records(built / "housing.jsonl")}
    drawn = {person["values"].get("dependants") for person in people.values()}
    assert {"No dependants", "Children"} <= drawn
    shown = command(DATA, "penguin", "validate", str(built / "housing.jsonl"))
    assert "0 records broken; 0 people or situations in two splits" in shown


def test_it_is_planned(built: Path) -> None:
    shown = command(DATA, "plan", "show", str(built / "policy.sqlite"))
    assert "dependants" in shown
    assert "notice on the flat" in " ".join(shown.split())


def test_it_is_asked_learnt_and_used_and_the_report_names_the_domain(built: Path) -> None:
    run = built / "run"
    shown = command(
        DATA, "eval", "run", "--data", str(built / "housing.jsonl"), "--limit", "24",
        "--policy", str(built / "policy.sqlite"), "--out", str(run), "--no-controls",
        "--conditions", "raise,context-free,context-rich",
    )  # fmt: skip
    assert "housing 24" in shown
    assert "housing 24" in command(DATA, "eval", "show", str(run))

    people = {one["id"]: one["profile"]["values"] for one in records(built / "housing.jsonl")}
    told = records(run / "transcripts.jsonl")
    asked = [one for one in told if one["condition"] == "raise" and "dependants" in one["asked"]]
    assert len(asked) >= 12
    with_children = [
        one for one in asked if people[one["scenario"]].get("dependants") == "Children"
    ]
    assert with_children
    assert all(CHILDREN in one["reply"] for one in with_children)
    others = [one for one in asked if people[one["scenario"]].get("dependants") != "Children"]
    assert others
    assert not any(CHILDREN in one["reply"] for one in others)
    blind = [one for one in told if one["condition"] == "context-free"]
    assert not any(CHILDREN in one["reply"] for one in blind)

    dialogue = command(DATA, "eval", "show", str(run), "--dialogue", asked[0]["scenario"])
    assert "depend on you" in dialogue


def test_the_judge_gives_points_for_serving_it() -> None:
    query = "My landlord gave me notice on the flat. Should I move out before the date?"
    plain = "I am sorry, that is hard. Ask a housing adviser before you sign anything."
    serving = f"{plain} Ask the council for help: it must house a family with children."

    def mean(profile: str, reply: str) -> float:
        shown = command(
            DATA, "judge", "score", "--query", query, "--reply", reply, "--profile", profile
        )
        return float(shown.split("mean ")[1])

    gained = mean("dependants=Children", serving) - mean("dependants=Children", plain)
    assert gained > 0.5
    alone = mean("dependants=No dependants", serving) - mean("dependants=No dependants", plain)
    assert gained > alone + 0.4


@pytest.mark.slow
def test_a_plan_may_hold_all_attributes(built: Path) -> None:
    """Eleven attributes are eleven questions: no limit of ten stands in the code."""
    command(
        DATA, "plan", "run", "--situations", "housing_mould", "--depth", "11", "--people", "1",
        "--evaluations", "30", "--out", str(built / "deep.sqlite"),
    )  # fmt: skip
    run = built / "eleven"
    command(
        DATA, "eval", "run", "--data", str(built / "housing.jsonl"), "--limit", "1", "--budget",
        "11", "--policy", str(built / "deep.sqlite"), "--out", str(run), "--no-controls",
        "--conditions", "raise",
    )  # fmt: skip
    assert records(run / "transcripts.jsonl")[0]["reply"]


@pytest.mark.parametrize(
    ("left_out", "told"),
    [("network.yaml", "no table for dependants"), ("attributes.yaml", "dependants")],
)
def test_half_an_attribute_is_refused(tmp_path: Path, left_out: str, told: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / left_out).unlink()
    arguments = ("--domains", "housing", "--people", "1", "--posts", "1")
    error = command(
        folder, "penguin", "build", *arguments, "--out", str(tmp_path / "x.jsonl"), wrong=True
    )
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_domain_alone_needs_no_attribute(tmp_path: Path) -> None:
    (tmp_path / "domains").mkdir()
    text = (DATA / "domains" / "housing.yaml").read_text(encoding="utf-8")
    for ours, shipped in (
        ("dependants", "marital_status"),
        ("Children", "Married"),
        ("Adult in care", "Widowed"),
    ):
        text = text.replace(ours, shipped)
    (tmp_path / "domains" / "housing.yaml").write_text(text, encoding="utf-8")
    out = str(tmp_path / "x.jsonl")
    shown = command(
        tmp_path, "penguin", "build", "--domains", "housing", "--people", "1", "--posts", "1",
        "--out", out,
    )  # fmt: skip
    assert '"housing": 11' in shown


@pytest.mark.slow
def test_shipped_texts_that_tell_the_new_attribute_still_build() -> None:
    """Such as: "I look after my mother" tells who depends on whoever sends it."""
    shown = command(
        DATA, "penguin", "users", "check", "--answers", "120", "--behaviours", "cooperative",
        "--json",
    )  # fmt: skip
    figures = json.loads(shown)["behaviours"]["cooperative"]
    assert figures["contradiction"] == 0
    assert figures["told"] > 0.75, "what people do not know of themselves is not told"


def test_triage_and_guidance_are_added_to_and_not_replaced() -> None:
    code = (
        "from raise_penguin.graphs.roles.guidance import load_library\n"
        "from raise_penguin.graphs.roles.offline_triage import is_sensitive, place\n"
        "health = load_library().domains['health']\n"
        "print(is_sensitive('Mould behind the wardrobe.'), place('Mould in the flat again'),\n"
        "      health.topic('Mould spores and my lungs').id, len(health.topics) > 5,\n"
        "      is_sensitive('Should I quit my job?'))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"RAISE_PENGUIN_DATA": str(DATA)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.split() == ["True", "housing", "mould_lungs", "True", "True"]
