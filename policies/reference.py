"""Plans in the tables of the paper's public code: query and path, and the log of its search.

Cells hold Python literals; they are parsed as data and never evaluated. The tables hold no reward
that fits ours, so these plans carry none: only the order of the questions is known of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from ..penguin.attributes import load_attributes
from ..penguin.formats.shapes import BrokenRecordError, literal, query_texts
from .records import PlanRecord, Provenance

PATH_COLUMNS = ("Best Path", "Attribute Path")
ARROW = "->"


def is_reference(record: Mapping[str, Any]) -> bool:
    """Whether a row is one of these tables', by its column names."""
    tables = "User Query" in record and any(name in record for name in PATH_COLUMNS)
    return tables or {"query", "path", "final_reward"} <= set(record)


def read_reference(record: Mapping[str, Any], source: str) -> tuple[list[PlanRecord], list[str]]:
    """The plans of one row, one for each message in it, and what could not be kept.

    Args:
        record: The row.
        source: File and line, for the provenance.

    Raises:
        BrokenRecordError: The row has no message, or no path of attributes that are known.
    """
    log = "final_reward" in record
    query = record["query" if log else "User Query"]
    queries = query_texts(query)
    if not queries:
        raise BrokenRecordError("it holds no message")
    path = _log_path(record["path"]) if log else _listed_path(record)
    provenance = Provenance(
        planner="imported",
        models={},
        depth=len(path),
        budget=None,
        evaluations=0,
        people=None,
        seed=_whole(record, "seed"),
        source=source,
    )
    records = [
        PlanRecord(query=text, domain="", situation="", path=path, values=(), provenance=provenance)
        for text in queries
    ]
    return records, _unused(record)


def _unused(record: Mapping[str, Any]) -> list[str]:
    reasons = {
        "final_reward": "on another scale, and of the last set alone",
        "attributes": "which attributes could have been asked is no part of a plan",
        "budget": "a limit of questions there, of evaluations here",
        "episode": "no part of a plan",
        "tag": "no part of a plan",
    }
    return [f"{name}: {why}" for name, why in reasons.items() if record.get(name)]


def _listed_path(record: Mapping[str, Any]) -> tuple[str, ...]:
    name = next(name for name in PATH_COLUMNS if name in record)
    cell = record[name]
    listed = literal(cell) if isinstance(cell, str) else cell
    if not isinstance(listed, (list, tuple)):
        raise BrokenRecordError(f"{name} is no list of attributes")
    path = _path([str(step) for step in cast("list[object]", listed)])
    length = _whole(record, "Path Length")
    if length is not None and length != len(path):
        raise BrokenRecordError(f"Path Length is {length} and the path has {len(path)}")
    return path


def _log_path(cell: object) -> tuple[str, ...]:
    if not isinstance(cell, str):
        raise BrokenRecordError("path is no text")
    return _path([step for step in cell.split(ARROW) if step.strip()])


def _path(names: list[str]) -> tuple[str, ...]:
    """Our ids of the attributes, by label or id in any spelling of case and blanks."""
    known = {_plain(item.label): item.id for item in load_attributes().values()}
    known |= {_plain(item.id): item.id for item in load_attributes().values()}
    if unknown := [name.strip() for name in names if _plain(name) not in known]:
        there = ", ".join(load_attributes())
        raise BrokenRecordError(f"no attribute {', '.join(map(repr, unknown))}; there are {there}")
    path = tuple(known[_plain(name)] for name in names)
    if not path:
        raise BrokenRecordError("its path is empty: there is nothing to ask")
    if len(set(path)) != len(path):
        raise BrokenRecordError("its path names an attribute twice")
    return path


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


def _whole(record: Mapping[str, Any], name: str) -> int | None:
    cell = str(record.get(name, "")).strip()
    if not cell:
        return None
    if not re.fullmatch(r"-?\d{1,18}", cell):
        raise BrokenRecordError(f"{name} is no whole number")
    return int(cell)
