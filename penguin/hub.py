"""A folder that ``datasets.load_dataset`` reads: one Parquet file a split, and the data card."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from .formats.writing import manifest, write_manifest, write_scenarios
from .scenario import Scenario

SPLITS = ("train", "validation", "test")


def write_hub_folder(folder: Path, scenarios: Sequence[Scenario], *, seed: int | None) -> None:
    """Write ``data/<split>.parquet``, ``README.md`` (the data card) and the manifest.

    Args:
        folder: Made where it is missing.
        scenarios: Each in a split.
        seed: The seed they were built from.

    Raises:
        DataError: The folder cannot be written, or the extra ``data`` is not installed.

    Example:
        >>> from datasets import load_dataset  # doctest: +SKIP
        >>> load_dataset("penguin", split="test")  # doctest: +SKIP
    """
    found = manifest(scenarios, seed=seed)
    for split in SPLITS:
        chosen = [one for one in scenarios if one.split == split]
        write_scenarios(folder / "data" / f"{split}.parquet", chosen)
    (folder / "README.md").write_text(data_card(found), encoding="utf-8")
    write_manifest(folder / "penguin", found)


def data_card(found: dict[str, Any]) -> str:
    """The data card of a set with its figures, from its manifest."""
    from jinja2 import Environment, StrictUndefined

    text = (files("raise_penguin.penguin") / "data" / "card.md").read_text(encoding="utf-8")
    plain = {"autoescape": False, "keep_trailing_newline": True}  # Markdown of our own figures
    environment = Environment(undefined=StrictUndefined, **plain)
    return environment.from_string(text).render(**found)
