"""A folder that ``datasets.load_dataset`` reads: one Parquet file a split, and the data card."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from .errors import DataError
from .formats.writing import write_manifest, write_scenarios
from .scenario import Scenario

SPLITS = ("train", "validation", "test")


def write_hub_folder(folder: Path, scenarios: Sequence[Scenario], found: dict[str, Any]) -> None:
    """Write ``data/<split>.parquet``, ``README.md`` (the data card) and the manifest.

    Args:
        folder: Made where it is missing.
        scenarios: Each in a split.
        found: Their manifest.

    Raises:
        DataError: A scenario is in no split, the folder cannot be written, or the extra ``data``
            is not installed.

    Example:
        >>> from datasets import load_dataset  # doctest: +SKIP
        >>> load_dataset("penguin", split="test")  # doctest: +SKIP
    """
    if outside := sum(one.split not in SPLITS for one in scenarios):
        raise DataError(f"{outside} scenarios are in no split; write a .jsonl file instead")
    for split in SPLITS:
        chosen = [one for one in scenarios if one.split == split]
        write_scenarios(folder / "data" / f"{split}.parquet", chosen)
    try:
        (folder / "README.md").write_text(data_card(found), encoding="utf-8")
        write_manifest(folder / "penguin", found)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error}") from error


def data_card(found: dict[str, Any]) -> str:
    """The data card of a set: Markdown with the front matter that the hub reads.

    Args:
        found: The set's manifest; a field that the template needs and does not find is an error.
    """
    from jinja2 import Environment, StrictUndefined

    text = (files("raise_penguin.penguin") / "data" / "card.md").read_text(encoding="utf-8")
    environment = Environment(  # noqa: S701 - Markdown of our own figures, no HTML
        undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.from_string(text).render(**found)
