"""Plans in and out of a store as JSON lines, and plans that other programs wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from ..penguin.data_files import first_problem
from ..penguin.errors import DataError
from ..penguin.formats.raw import Raw, read_raw
from ..penguin.formats.shapes import BrokenRecordError
from .records import PlanRecord
from .reference import is_reference, read_reference

DATABASE = b"SQLite format 3\0"
"""How an SQLite file begins."""


@dataclass
class ImportedPlans:
    """What a file gave, and what it did not."""

    records: list[PlanRecord] = field(default_factory=list[PlanRecord])
    unused: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What could not be kept, by row."""
    broken: list[Raw] = field(default_factory=list[Raw])
    """Rows from which no plan could be made, each with its problem."""


def write_plans(path: Path, records: Iterable[PlanRecord]) -> None:
    """Write plans as JSON lines, whole or not at all. Vectors stay behind: they are made anew.

    Raises:
        DataError: The file cannot be written.
    """
    _write_lines(path, (plan_line(one) for one in records))


def put_aside(path: Path, rows: Iterable[Raw]) -> None:
    """Write broken rows as JSON lines: each with its place, its problem and what it holds.

    Raises:
        DataError: The file cannot be written.
    """
    held = ({"where": raw.where, "problem": raw.problem, "record": raw.record} for raw in rows)
    _write_lines(path, (json.dumps(one) + "\n" for one in held))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    if path.is_dir():
        raise DataError(f"{path} is a folder: name a file in it")
    part = path.with_name(f".{path.name}.part")
    try:
        if _is_database(path):
            raise DataError(f"{path} is a database, such as a policy store: give another file")
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text("".join(lines), encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def plan_line(record: PlanRecord) -> str:
    """One plan as a line of JSON; the same bytes on any platform."""
    return record.model_dump_json() + "\n"


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(DATABASE)) == DATABASE


def read_plans(path: Path, *, skip_invalid: bool = False) -> ImportedPlans:
    """Read plans: our JSON lines, or the reference code's path and log tables.

    Args:
        path: A ``.jsonl`` file, or a CSV such as ``MCTS_path.csv``,
            ``mcts_guided_agent_attribut.csv`` and ``mcts_search_log.csv``.
        skip_invalid: Put a broken row aside instead of refusing the file.

    Raises:
        DataError: The file is missing or of no known kind; or a row is broken or repeats a
            message, and names its place.
    """
    result, places = ImportedPlans(), dict[str, str]()
    for raw in read_raw(path):
        try:
            for record in _made(raw, result):
                if record.query in places:
                    raise BrokenRecordError(f"the message stands at {places[record.query]} already")
                places[record.query] = raw.where
                result.records.append(record)
        except BrokenRecordError as error:
            if not skip_invalid:
                raise DataError(
                    f"{raw.where}: {error}; mend it, or put such rows aside with --skip-invalid"
                ) from error
            result.broken.append(Raw(raw.where, raw.record, str(error)))
    return result


def _made(raw: Raw, result: ImportedPlans) -> list[PlanRecord]:
    """The plans of one row.

    Raises:
        BrokenRecordError: There is none in it.
    """
    if raw.problem:
        raise BrokenRecordError(raw.problem)
    try:
        json.dumps(raw.record, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BrokenRecordError("it holds half of a character, which cannot be stored") from error
    if is_reference(raw.record):
        records, unused = read_reference(raw.record, Path(raw.where).name)
        if unused:
            result.unused[raw.where] = unused
        return records
    try:
        record = PlanRecord.model_validate(raw.record)
    except ValidationError as error:
        raise BrokenRecordError(f"no plan: {first_problem(error)}") from error
    made = record.provenance
    if made.budget is not None and made.evaluations > made.budget:
        # it would drive out every plan that is better known
        raise BrokenRecordError(
            f"no plan: provenance.evaluations: {made.evaluations} of {made.budget} allowed by "
            "provenance.budget; give what was really evaluated"
        )
    return [record]
