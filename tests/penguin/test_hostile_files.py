"""Guards the loaders against any bytes: a result or a named error, bounded memory, nothing run."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raise_penguin.penguin.errors import DataError, RaisePenguinError
from raise_penguin.penguin.formats import raw
from raise_penguin.penguin.formats.loading import import_file

SAMPLES = Path(__file__).parent / "formats_samples"
REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference"
REAL = sorted([*SAMPLES.iterdir(), *(REFERENCE.iterdir() if REFERENCE.is_dir() else ())])
MB = 1_000_000

QUICKLY = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_or_named(path: Path) -> None:
    for skip in (False, True):
        told = refused(path, skip_invalid=skip)
        assert not told or path.name in told


def refused(path: Path, *, skip_invalid: bool = False) -> str:
    """The message of the named error that a file ends in; "" where it is read."""
    try:
        import_file(path, skip_invalid=skip_invalid)
    except RaisePenguinError as error:
        return str(error)
    return ""


@given(data=st.binary(max_size=400), suffix=st.sampled_from(["json", "jsonl", "csv", "parquet"]))
@QUICKLY
def test_any_bytes(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"data.{suffix}"
    path.write_bytes(data)
    read_or_named(path)


FIELDS = ["query", "User_Profile", "Queries", "attributes", "Background", "User Query", "user"]
MORE = ["instruction", "profile", "profile_id", "id", "age", "Age", "Scenario", "path", "Best Path"]
NAMES = st.sampled_from([*FIELDS, *MORE, "final_reward"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=3))
@QUICKLY
def test_any_records_of_known_fields(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    (tmp_path / "data.json").write_text(json.dumps(records))
    read_or_named(tmp_path / "data.json")
    (tmp_path / "data.jsonl").write_text("\n".join(json.dumps(one) for one in records))
    read_or_named(tmp_path / "data.jsonl")


@pytest.mark.parametrize("source", REAL, ids=lambda path: path.name)
@given(data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_real_files_with_changed_bytes(source: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 12))
        content[at : at + length] = data.draw(st.binary(max_size=6) | st.sampled_from(MARKS))
    path = tmp_path / f"changed{source.suffix}"
    path.write_bytes(bytes(content))
    read_or_named(path)


MARKS = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\n",
    b"'",
    b"\\",
    b"\x00",
    b"\xff",
    b"null",
    b"1e999",
]


@pytest.mark.parametrize("depth", [50, 900, 5_000])
def test_deep_nesting(depth: int, tmp_path: Path) -> None:
    deep = "[" * depth + "]" * depth
    for number, text in enumerate(
        (
            f'[{{"User_Profile": {{}}, "Queries": {deep}}}]',
            f'[{{"query": "q", "age": {deep}}}]',
            json.dumps([{"query": deep}]),
            '{"a": ' * depth + "1" + "}" * depth,
        )
    ):
        (tmp_path / f"{number}.json").write_text(text)
        read_or_named(tmp_path / f"{number}.json")


def peak_of(path: Path) -> tuple[str, int]:
    """How a file is refused, and the most memory that took, in bytes."""
    tracemalloc.start()
    try:
        return refused(path), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    for name, size in (("h.jsonl", raw.MOST_BYTES), ("h.json", raw.MOST_BYTES_AT_ONCE)):
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(b"[")
            file.truncate(size + 1)  # a sparse file takes no room
        told, peak = peak_of(path)
        assert "is larger than" in told
        assert peak < 20 * MB


@pytest.mark.parametrize(
    ("name", "parts", "named"),
    [
        ("long.jsonl", 3_000_000, "a line of over"),
        ("long.csv", 3_000_000, "a row of over"),
        ("cell.csv", 300_000, "field larger"),
    ],
)
def test_a_very_long_line_costs_little_and_is_named(
    name: str, parts: int, named: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    with path.open("w") as file:
        file.write("query\n" if name.endswith("csv") else '{"query": "fine"}\n{"query": "')
        part = '"a\n",' if name == "long.csv" else "x" * 5
        file.write('"' * (name == "cell.csv") + part * parts)
        file.write('\n{"query": "also fine"}\n')
    told, peak = peak_of(path)
    assert peak < 60 * MB
    assert named in told
    assert f"{name}:2" in told
    if name == "long.jsonl":
        read = import_file(path, skip_invalid=True)
        assert [one.query for one in read.scenarios] == ["fine", "also fine"]


def test_parquet_that_unpacks_to_far_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(raw, "MOST_BYTES", MB)
    row = {"query": "x" * 20_000}
    table = arrow.Table.from_pylist([row] * 500)
    for name, dictionary in (("compressed.parquet", False), ("dictionary.parquet", True)):
        path = tmp_path / name
        parquet.write_table(table, path, compression="zstd", use_dictionary=dictionary)
        assert path.stat().st_size < MB / 5
        told, peak = peak_of(path)
        assert "unpacks to more" in told
        assert peak < 5 * MB


def test_parquet_of_nested_columns_is_named(tmp_path: Path) -> None:
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    table = arrow.Table.from_pylist([{"query": "q", "tags": ["a"]}])
    parquet.write_table(table, tmp_path / "n.parquet")
    with pytest.raises(DataError, match="columns of lists or records are not read: tags"):
        import_file(tmp_path / "n.parquet")
