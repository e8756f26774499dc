"""Files to raw records: JSON, JSON lines, CSV and Parquet, each record with the place it stands at.

Nothing in a file is ever run. Sizes are bounded before anything is parsed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import DataError

MOST_BYTES = 200_000_000
"""Largest file read, which is many times the whole benchmark."""
MOST_FIELD = 1_000_000
"""Largest cell of a table, in characters."""
MOST_ROWS = 2_000_000


@dataclass(frozen=True)
class Raw:
    """One record as it stands in a file; ``problem`` where it could not be read at all."""

    where: str
    record: dict[str, Any]
    problem: str = ""


def read_raw(path: Path) -> Iterator[Raw]:
    """The records of a file, by its content and not only its suffix.

    Raises:
        DataError: The file is missing, too large or of no kind that is known.
    """
    if path.suffix.lower() == ".parquet":
        yield from _parquet(path)
        return
    text = read_text(path)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if path.suffix.lower() in (".csv", ".tsv"):
        yield from _csv(path, text)
    elif start == "[":
        yield from _array(path, _parsed(path, text), "record")
    elif start == "{" and _is_lines(path, text):
        yield from _lines(path, text)
    elif start == "{":
        yield from _object(path, _parsed(path, text))
    else:
        raise DataError(f"{path} is neither JSON, JSON lines, CSV nor Parquet")


def read_text(path: Path) -> str:
    """A text file, whole.

    Raises:
        DataError: It is missing, too large or no UTF-8.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _is_lines(path: Path, text: str) -> bool:
    """Whether a text that starts with an object is JSON lines and not one object."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    first = next(line for line in text.splitlines() if line.strip())
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from error


def _lines(path: Path, text: str) -> Iterator[Raw]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            yield _as_record(where, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield Raw(where, {"line": line[:MOST_FIELD]}, f"not JSON: {error}")


def _array(path: Path, records: object, name: str) -> Iterator[Raw]:
    for number, record in enumerate(cast("list[object]", records), 1):
        yield _as_record(f"{path}: {name} {number}", record)


def _object(path: Path, parsed: dict[str, Any]) -> Iterator[Raw]:
    """One object that holds lists of records, as the phases of an expanded fork do."""
    lists = {key: value for key, value in parsed.items() if isinstance(value, list)}
    if not lists:
        yield Raw(f"{path}: record 1", parsed)
    for key, records in lists.items():
        yield from _array(path, records, f"{key}, record")


def _as_record(where: str, record: object) -> Raw:
    if isinstance(record, dict):
        return Raw(where, cast("dict[str, Any]", record))
    return Raw(where, {"value": record}, "no object")


def _csv(path: Path, text: str) -> Iterator[Raw]:
    before = csv.field_size_limit(MOST_FIELD)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        header: list[str] | None = None
        while True:
            where = f"{path}:{rows.line_num + 1}"
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Raw(where, {}, f"no CSV: {error}")
                return
            if header is None:
                header = [name.strip().lstrip("\ufeff") for name in row]
            elif len(row) != len(header):
                named: dict[str, Any] = dict(zip(header, row, strict=False))
                yield Raw(where, named, f"{len(row)} cells under {len(header)} names")
            else:
                yield Raw(where, dict(zip(header, row, strict=True)))
    finally:
        csv.field_size_limit(before)


def _parquet(path: Path) -> Iterator[Raw]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(f"{path}: Parquet needs pip install 'raise-penguin[data]'") from error
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES:,} bytes")
        file: Any = parquet.ParquetFile(path)
        if file.metadata.num_rows > MOST_ROWS:
            raise DataError(f"{path} has more than {MOST_ROWS:,} rows")
        number = 0
        for batch in file.iter_batches(batch_size=2_000):
            for record in batch.to_pylist():
                number += 1
                yield _as_record(f"{path}: row {number}", record)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (arrow.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no Parquet file that can be read: {error}") from error
