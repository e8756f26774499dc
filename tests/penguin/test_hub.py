"""Guards the folder for the hub: loadable offline by its own front matter, with the right rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from raise_penguin.penguin.building import build_scenarios
from raise_penguin.penguin.errors import DataError
from raise_penguin.penguin.formats.loading import load_scenarios
from raise_penguin.penguin.formats.writing import flat_record, manifest
from raise_penguin.penguin.hub import data_card, write_hub_folder
from raise_penguin.penguin.people import control_scenarios
from raise_penguin.penguin.scenario import Scenario

# in a process of its own: the package opens event loops and temporary files that it never closes
LOAD = """
import json, sys
from datasets import load_dataset
loaded = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
rows = {name: [dict(row) for row in split] for name, split in loaded.items()}
json.dump(rows, open(sys.argv[3], "w"))
"""


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return list(build_scenarios(0, people=4, posts=20))


@pytest.fixture(scope="module")
def folder(scenarios: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hub") / "penguin"
    write_hub_folder(made, scenarios, manifest(scenarios, seed=0))
    return made


def test_datasets_loads_three_splits(
    folder: Path, scenarios: list[Scenario], tmp_path: Path
) -> None:
    pytest.importorskip("datasets")
    offline = {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    out = tmp_path / "rows.json"
    command = [sys.executable, "-c", LOAD, str(folder), str(tmp_path / "cache"), str(out)]
    done = subprocess.run(
        command, env={**os.environ, **offline}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows: dict[str, list[dict[str, Any]]] = json.loads(out.read_text())
    assert {name: len(split) for name, split in rows.items()} == Counter(
        one.split for one in scenarios
    )
    for split, several in rows.items():
        wanted = [flat_record(one) for one in scenarios if one.split == split]
        assert several == wanted


def test_our_own_loader_reads_the_splits_back(folder: Path, scenarios: list[Scenario]) -> None:
    read = [
        one
        for split in ("train", "validation", "test")
        for one in load_scenarios(folder / "data" / f"{split}.parquet")
    ]
    assert sorted(read, key=lambda one: one.id) == sorted(scenarios, key=lambda one: one.id)


def test_the_front_matter_is_what_the_hub_expects(folder: Path) -> None:
    _, front, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    fields = yaml.safe_load(front)
    assert (fields["license"], fields["language"]) == ("mit", ["en"])
    assert fields["size_categories"] == ["n<1K"]
    (config,) = fields["configs"]
    assert {one["split"] for one in config["data_files"]} == {"train", "validation", "test"}
    assert all((folder / one["path"]).is_file() for one in config["data_files"])
    found = json.loads((folder / "penguin.manifest.json").read_text())
    assert found["sha256"] in body
    assert f"{found['people']:,}" in body
    for heading in ("Composition", "Fields", "Intended use", "Limits", "Ethics", "Make it again"):
        assert f"## {heading}" in body


def test_the_card_names_every_column(scenarios: list[Scenario]) -> None:
    card = data_card(manifest(scenarios, seed=0))
    assert all(f"`{name}`" in card for name in flat_record(scenarios[0]))
    assert "Worded anew" not in card
    assert "anew** by some-model" in data_card(
        manifest(scenarios, seed=0) | {"model": "some-model"}
    )


def test_what_is_in_no_split_is_refused(tmp_path: Path) -> None:
    controls = control_scenarios()[:2]
    with pytest.raises(DataError, match="2 scenarios are in no split"):
        write_hub_folder(tmp_path / "f", controls, manifest(controls))
