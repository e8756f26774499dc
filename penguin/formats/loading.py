"""Loading scenarios: our own records, and every public format of the paper's code and its forks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..attributes import load_attributes
from ..data_files import first_problem
from ..errors import DataError
from ..profile import Profile
from ..scenario import Scenario
from .raw import Raw, read_raw
from .shapes import BrokenRecordError, read_record


@dataclass
class Import:
    """What a file gave, and what it did not."""

    scenarios: list[Scenario] = field(default_factory=list[Scenario])
    profiles: list[Profile] = field(default_factory=list[Profile])
    """People without a query."""
    unused: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What could not be used, by record."""
    broken: list[Raw] = field(default_factory=list[Raw])
    """Records from which nothing could be made, each with its problem."""


def load_scenarios(path: Path) -> list[Scenario]:
    """Read scenarios from a file of any known format.

    Raises:
        DataError: The file is missing, too large or broken; names file and record.
    """
    scenarios = import_file(path).scenarios
    if not scenarios:
        raise DataError(f"{path} holds no scenarios")
    return scenarios


def load_reference_profiles(path: Path) -> list[Profile]:
    """Read people without queries, such as the reference code's profiles.

    Raises:
        DataError: The file is missing, too large or broken; names file and record.
    """
    return import_file(path).profiles


def import_file(path: Path, *, skip_invalid: bool = False) -> Import:
    """Read a file of any known format, record by record.

    Args:
        path: JSON, JSON lines, CSV or Parquet.
        skip_invalid: Put a broken record aside instead of refusing the file.

    Raises:
        DataError: The file is missing, too large or of no known kind; or a record is broken or
            stands there twice, and names its place.
    """
    result, seen = Import(), set[str]()
    for number, raw in enumerate(read_raw(path), 1):
        try:
            for one in _made(raw, path.stem, number, result):
                if one.id in seen:
                    raise BrokenRecordError(f"scenario {one.id!r} stands there twice")
                seen.add(one.id)
                result.scenarios.append(one)
        except BrokenRecordError as error:
            if not skip_invalid:
                raise DataError(f"{raw.where}: {error}") from error
            result.broken.append(Raw(raw.where, raw.record, str(error)))
    return result


def _made(raw: Raw, stem: str, number: int, result: Import) -> Iterator[Scenario]:
    """The scenarios of one record."""
    if raw.problem:
        raise BrokenRecordError(raw.problem)
    record = {key: value for key, value in raw.record.items() if isinstance(key, str)}  # pyright: ignore[reportUnnecessaryIsInstance]
    if "query" in record and ("profile" in record or "profile_id" in record):
        yield _own(record)
        return
    read = read_record(record)
    profile = _checked_profile(f"{stem}/{number}", read.situation, read.domain, read.values)
    if read.unused:
        result.unused[raw.where] = read.unused
    if not read.queries:
        result.profiles.append(profile)
    for place, query in enumerate(read.queries, 1):
        name = f"{stem}/{number}/{place}"
        try:
            yield Scenario(id=name, domain=read.domain, query=query, profile=profile)
        except ValidationError as error:
            raise BrokenRecordError(first_problem(error)) from error


def _own(record: dict[str, Any]) -> Scenario:
    """A record of ours, nested as in JSON lines or flat as in a table."""
    try:
        if "profile" in record:
            return Scenario.model_validate(record)
        names = load_attributes()
        values = {name: record[name] for name in names if record.get(name) is not None}
        flat = {"profile_id", "situation", *names}
        rest = {key: value for key, value in record.items() if key not in flat}
        person = {
            "id": record["profile_id"],
            "situation": record.get("situation") or "",
            "domain": record.get("domain") or "",
            "values": values,
        }
        return Scenario.model_validate({**rest, "profile": person})
    except ValidationError as error:
        raise BrokenRecordError(first_problem(error)) from error


def _checked_profile(name: str, situation: str, domain: str, values: dict[str, str]) -> Profile:
    try:
        return Profile(id=name, situation=situation, domain=domain, values=values)
    except ValidationError as error:
        raise BrokenRecordError(first_problem(error)) from error
