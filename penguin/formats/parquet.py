"""Parquet files to raw records, without trusting what they unpack to."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import DataError
from . import raw
from .raw import Raw, as_record

MOST_ROWS = 2_000_000
ROWS_AT_ONCE = 1_000


def parquet_records(path: Path) -> Iterator[Raw]:
    """The rows of a table of flat columns.

    A small file may unpack to a huge one: by compression, which its metadata tells, or by one long
    text that stands in a dictionary and in every row, which is why columns stay dictionaries until
    the size of their rows is known.

    Raises:
        DataError: It is no such file, it holds too much, or pyarrow is missing.
    """
    arrow = pyarrow(path)
    try:
        number = taken = 0
        for batch in _batches(arrow, path):
            taken += sum(_size(arrow, column) for column in batch.columns)
            if taken > raw.MOST_BYTES:
                raise DataError(f"{path} unpacks to more than {raw.MOST_BYTES:,} bytes; split it")
            for record in batch.to_pylist():
                number += 1
                yield as_record(f"{path}: row {number}", record)
    except (arrow.ArrowException, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no Parquet file that can be read: {error}") from error


def pyarrow(path: Path) -> Any:
    """The optional package, which has no types; the module and those below it that we use.

    Raises:
        DataError: It is not installed.
    """
    try:
        for name in ("pyarrow.compute", "pyarrow.parquet"):
            import_module(name)
        return import_module("pyarrow")
    except ImportError as error:
        raise DataError(f"{path}: Parquet needs pip install 'raise-penguin[data]'") from error


def _batches(arrow: Any, path: Path) -> Iterator[Any]:
    with arrow.parquet.ParquetFile(path) as file:
        schema, found = file.schema_arrow, file.metadata
        groups = [found.row_group(place) for place in range(found.num_row_groups)]
    if nested := [field.name for field in schema if arrow.types.is_nested(field.type)]:
        raise DataError(f"{path}: columns of lists or records are not read: {', '.join(nested)}")
    if found.num_rows > MOST_ROWS:
        raise DataError(f"{path} has more than {MOST_ROWS:,} rows; split it")
    if sum(group.total_byte_size for group in groups) > raw.MOST_BYTES:
        raise DataError(f"{path} unpacks to more than {raw.MOST_BYTES:,} bytes; split it")
    kinds = arrow.types
    text = [one.name for one in schema if kinds.is_string(one.type) or kinds.is_binary(one.type)]
    with arrow.parquet.ParquetFile(path, read_dictionary=text) as file:
        yield from file.iter_batches(batch_size=ROWS_AT_ONCE)


def _size(arrow: Any, column: Any) -> int:
    """Bytes that the rows of a column take as Python values, about."""
    if not arrow.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = arrow.compute.binary_length(column.dictionary)
    return int(arrow.compute.sum(lengths.take(column.indices)).as_py() or 0)
