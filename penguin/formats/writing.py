"""Writing scenarios: JSON lines, Parquet, the reference format, and the manifest beside them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..attributes import load_attributes
from ..errors import DataError
from ..scenario import Scenario
from .parquet import pyarrow

SCENARIO_COLUMNS = ("id", "kind", "style", "split", "template", "harm", "domain", "query")


def write_scenarios(path: Path, scenarios: Iterable[Scenario]) -> None:
    """Write scenarios in the format of the suffix, whole or not at all.

    Args:
        path: ``.jsonl`` (ours), ``.parquet`` (ours, one column an attribute; extra ``data``) or
            ``.json`` (the reference code's ``{Scenario, User_Profile, Queries}``).
        scenarios: What to write.

    Raises:
        DataError: The suffix is another, or the folder cannot be written to.
    """
    write = writer_of(path)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(part, list(scenarios))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error}") from error


def writer_of(path: Path) -> Callable[[Path, list[Scenario]], None]:
    """What writes the format of a path's suffix.

    Raises:
        DataError: No format has that suffix.
    """
    writers = {".jsonl": _write_lines, ".parquet": _write_parquet, ".json": _write_reference}
    if path.suffix not in writers:
        raise DataError(f"{path}: write to one of {', '.join(writers)}")
    return writers[path.suffix]


def scenario_line(scenario: Scenario) -> str:
    """One scenario as a line of JSON; the same bytes on any platform."""
    return scenario.model_dump_json() + "\n"


def flat_record(scenario: Scenario) -> dict[str, str | None]:
    """One scenario as a row: an attribute that is unknown is null."""
    record: dict[str, str | None] = {name: getattr(scenario, name) for name in SCENARIO_COLUMNS}
    record["situation"] = scenario.profile.situation
    record["profile_id"] = scenario.profile.id
    for name in load_attributes():
        record[name] = scenario.profile.known(name)
    return record


def manifest(scenarios: Sequence[Scenario], *, seed: int | None = None) -> dict[str, Any]:
    """What a set is: version, seed, hash and counts.

    The hash is over the JSON lines, so that one set has one hash in every format.
    """
    digest = hashlib.sha256()
    for scenario in scenarios:
        digest.update(scenario_line(scenario).encode())
    return {
        "name": "PENGUIN, rebuilt by raise-penguin",
        "version": version("raise-penguin"),
        "seed": seed,
        "sha256": digest.hexdigest(),
        "scenarios": len(scenarios),
        "people": len({one.profile.id for one in scenarios}),
        "distinct_queries": len({one.query for one in scenarios}),
        "templates": len({one.template for one in scenarios if one.template}),
        "by_domain": dict(sorted(Counter(one.domain for one in scenarios).items())),
        "by_style": dict(sorted(Counter(one.style for one in scenarios).items())),
        "by_split": dict(sorted(Counter(one.split for one in scenarios).items())),
    }


def write_manifest(path: Path, found: dict[str, Any]) -> Path:
    """Write a manifest beside a data file; returns where.

    Raises:
        DataError: It cannot be written.
    """
    beside = path.with_name(f"{path.name}.manifest.json")
    try:
        beside.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{beside} cannot be written: {error}") from error
    return beside


def _write_lines(path: Path, scenarios: list[Scenario]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(scenario_line(one) for one in scenarios)


def _write_parquet(path: Path, scenarios: list[Scenario]) -> None:
    arrow = pyarrow(path)
    rows = [flat_record(one) for one in scenarios]
    names = [*SCENARIO_COLUMNS, "situation", "profile_id", *load_attributes()]
    schema = arrow.schema([(name, arrow.string()) for name in names])
    table = arrow.Table.from_pylist(rows, schema=schema)
    arrow.parquet.write_table(table, path, compression="zstd")


def _write_reference(path: Path, scenarios: list[Scenario]) -> None:
    """The reference code's format 2: people with their queries."""
    people: dict[str, dict[str, Any]] = {}
    labels = {item.id: item.label for item in load_attributes().values()}
    for one in scenarios:
        known = {labels[name]: value for name, value in one.profile.values.items()}
        entry = people.setdefault(
            one.profile.id,
            {
                "Scenario": one.profile.situation,
                "User_Profile": {"Scenario": one.profile.situation, **known},
                "Queries": [],
            },
        )
        entry["Queries"].append({"query": one.query})
    path.write_text(json.dumps(list(people.values()), indent=1) + "\n", encoding="utf-8")
