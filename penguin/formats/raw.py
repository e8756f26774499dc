"""Files to raw records: JSON, JSON lines, CSV and Parquet, each record with the place it stands at.

Nothing in a file is ever run. Sizes are bounded before anything is parsed, so that a hostile file
costs a bounded amount of memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from ..errors import DataError

MOST_BYTES = 200_000_000
"""Largest file read record by record, and most text taken out of one; the benchmark has 9 MB."""
MOST_BYTES_AT_ONCE = 50_000_000
"""Largest JSON document, which has to be held whole."""
MOST_LINE = 2_000_000
"""Longest line and longest row of a table, in characters."""
MOST_FIELD = 1_000_000
"""Largest cell of a table, in characters."""
SHOWN = 10_000
"""Characters kept of a record that cannot be read."""


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
    suffix = path.suffix.lower()
    try:
        _check_size(path, MOST_BYTES)
        if suffix == ".parquet":
            from .parquet import parquet_records

            yield from parquet_records(path)
        elif suffix in (".csv", ".tsv"):
            yield from _csv(path, "\t" if suffix == ".tsv" else ",")
        elif suffix in (".jsonl", ".ndjson"):
            yield from _lines(path)
        else:
            yield from _json(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in UTF-8: save it as UTF-8 ({error})") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def as_record(where: str, record: object) -> Raw:
    """A value of a file as a record; only objects are."""
    if isinstance(record, dict):
        return Raw(where, cast("dict[str, Any]", record))
    return Raw(where, {"value": str(record)[:SHOWN]}, "no object")


def _check_size(path: Path, most: int) -> None:
    size = path.stat().st_size
    if not path.is_file():
        raise DataError(f"{path} is no file")
    if size > most:
        raise DataError(f"{path} is larger than {most:,} bytes; split it")


def _opened(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def _json(path: Path) -> Iterator[Raw]:
    """A document, or lines under a name that does not say so."""
    from .json_text import json_records

    with _opened(path) as file:
        lines = (line.strip() for line in _bounded(file) if line.strip())
        first = next(lines, "")
        several = first.startswith("{") and _parses(first) and bool(next(lines, ""))
    if several:
        yield from _lines(path)
        return
    if first[:1] not in ("[", "{"):
        raise DataError(f"{path} is neither JSON, JSON lines, CSV nor Parquet")
    _check_size(path, MOST_BYTES_AT_ONCE)
    with _opened(path) as file:
        yield from json_records(path, file.read())


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _bounded(file: IO[str]) -> Iterator[str]:
    """The lines of a file; one that is too long comes in pieces."""
    while line := file.readline(MOST_LINE + 1):
        yield line


def _lines(path: Path) -> Iterator[Raw]:
    number, inside = 0, False
    with _opened(path) as file:
        for line in _bounded(file):
            begins, inside = not inside, not line.endswith(("\n", "\r"))
            if not begins:
                continue
            number += 1
            where = f"{path}:{number}"
            if len(line) > MOST_LINE:
                yield Raw(where, {"line": line[:SHOWN]}, f"a line of over {MOST_LINE:,} characters")
            elif line.strip():
                try:
                    yield as_record(where, json.loads(line))
                except (ValueError, RecursionError) as error:
                    yield Raw(where, {"line": line[:SHOWN]}, f"not JSON: {error}")


class _Feed:
    """The lines of a table, counted, with a limit on what one row takes."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.number = 0
        self.taken = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MOST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken += len(line)
        if self.taken > MOST_LINE:
            raise csv.Error(f"a row of over {MOST_LINE:,} characters")
        return line


def _csv(path: Path, delimiter: str) -> Iterator[Raw]:
    before = csv.field_size_limit(MOST_FIELD)
    try:
        with _opened(path) as file:
            feed = _Feed(file)
            yield from _rows(path, feed, csv.reader(feed, strict=True, delimiter=delimiter))
    finally:
        csv.field_size_limit(before)


def _rows(path: Path, feed: _Feed, rows: Iterator[list[str]]) -> Iterator[Raw]:
    header: list[str] | None = None
    while True:
        where, feed.taken = f"{path}:{feed.number + 1}", 0
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Raw(where, {}, f"no CSV: {error}; nothing after it was read")
            return
        if not row:
            continue
        if header is None:
            header = [name.strip() for name in row]
        elif len(row) != len(header):
            named: dict[str, Any] = dict(zip(header, row, strict=False))
            yield Raw(where, named, f"{len(row)} cells under {len(header)} names")
        else:
            yield Raw(where, dict(zip(header, row, strict=True)))
