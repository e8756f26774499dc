"""Loading scenarios: our own JSON lines, and the reference code's profiles and queries.

The reference formats are 1 and 2 of the paper's public code base: arrays of profiles with
title-case keys, and arrays of ``{Scenario, User_Profile, Queries}``, whose queries come in three
shapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from ..attributes import load_attributes
from ..data_files import first_problem
from ..errors import DataError
from ..profile import Profile, known_values
from ..scenario import Scenario

MOST_BYTES = 200_000_000
"""Largest file read, which is many times the whole benchmark."""


def load_scenarios(path: Path) -> list[Scenario]:
    """Read scenarios from a file of either kind.

    Raises:
        DataError: The file is missing, too large or broken; names file and record.
    """
    text = _read(path)
    if text.lstrip().startswith("["):
        return _reference_queries(path, text)
    scenarios: list[Scenario] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                scenarios.append(Scenario.model_validate_json(line))
            except ValidationError as error:
                raise DataError(f"{path}:{number}: {first_problem(error)}") from error
    return _distinct(path, scenarios)


def write_scenarios(path: Path, scenarios: Iterable[Scenario]) -> None:
    """Write scenarios as JSON lines, whole or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_text("".join(f"{one.model_dump_json()}\n" for one in scenarios), encoding="utf-8")
    part.replace(path)


def load_reference_profiles(path: Path) -> list[Profile]:
    """Read the reference code's profiles (format 1): an array of records with title-case keys.

    "not specified" and the like count as unknown.

    Raises:
        DataError: The file is missing, too large or broken; names file and record.
    """
    records = _array(path, _read(path))
    return [_profile(path, number, record) for number, record in enumerate(records, 1)]


def _reference_queries(path: Path, text: str) -> list[Scenario]:
    """Read the reference code's queries (format 2)."""
    scenarios: list[Scenario] = []
    for number, record in enumerate(_array(path, text), 1):
        background = record.get("User_Profile")
        if not isinstance(background, dict):
            raise DataError(f"{path}: record {number} has no User_Profile")
        profile = _profile(path, number, cast("dict[str, Any]", background))
        queries = record.get("Queries")
        if not isinstance(queries, list):
            raise DataError(f"{path}: record {number} has no list of Queries")
        for place, query in enumerate(cast("list[object]", queries), 1):
            words = _query_text(query)
            if not words:
                raise DataError(f"{path}: record {number}, query {place} holds no text")
            scenarios.append(
                Scenario(
                    id=f"{path.stem}/{number}/{place}", domain="", query=words, profile=profile
                )
            )
    return scenarios


def _query_text(query: object) -> str:
    """The text of a query, which is a string, ``{"query": text}`` or ``{"query_id": text}``."""
    if isinstance(query, str):
        return query.strip()
    if isinstance(query, dict):
        fields = cast("dict[str, object]", query)
        for key in ("query", "Query", "text", "query_id"):
            if isinstance(fields.get(key), str):
                return str(fields[key]).strip()
    return ""


def _profile(path: Path, number: int, record: dict[str, Any]) -> Profile:
    """A profile out of a record with the paper's labels as keys."""
    wrong = [key for key, value in record.items() if not isinstance(value, (str, type(None)))]
    if wrong:
        raise DataError(f"{path}: record {number}: {', '.join(wrong)} is no text")
    by_id = {
        item.id: str(record[item.label])
        for item in load_attributes().values()
        if record.get(item.label)
    }
    return Profile(
        id=f"{path.stem}/{number}",
        situation=str(record.get("Scenario") or ""),
        values=known_values(by_id),
    )


def _array(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        parsed: object = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from error
    if not isinstance(parsed, list):
        raise DataError(f"{path} holds no array of records")
    records = cast("list[object]", parsed)
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise DataError(f"{path}: record {number} is no object")
    return cast("list[dict[str, Any]]", records)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES:,} bytes")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _distinct(path: Path, scenarios: list[Scenario]) -> list[Scenario]:
    """Refuse a file that names a scenario twice: its second reply would replace the first."""
    seen: set[str] = set()
    for scenario in scenarios:
        if scenario.id in seen:
            raise DataError(f"{path}: scenario {scenario.id!r} stands there twice")
        seen.add(scenario.id)
    if not scenarios:
        raise DataError(f"{path} holds no scenarios")
    return scenarios
