"""Proposals as data files to edit and load: the folder that RAISE_PENGUIN_DATA names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import DataError
from .proposal import Proposal

SHOWN = 8
"""Evidence lines above an entry; all of them are in evidence.yaml."""
HEAD = (
    "# Proposed by `raise-penguin penguin discover`: read, edit, delete what is not about the\n"
    "# person, then set RAISE_PENGUIN_DATA to this folder. group, sensitive and cost are guesses.\n"
)


def write_proposals(folder: Path, proposals: Sequence[Proposal]) -> None:
    """Write ``attributes.yaml``, ``network.yaml`` and ``evidence.yaml``.

    Args:
        folder: Made where it is missing.
        proposals: What was found; at least one.

    Raises:
        DataError: The folder cannot be written, or holds attributes already.
    """
    if (folder / "attributes.yaml").exists():
        raise DataError(f"{folder} holds attributes already; give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("attributes.yaml", HEAD + "".join(map(_entry, proposals))),
            ("network.yaml", _dump([_table(one) for one in proposals])),
            ("evidence.yaml", _dump({one.attribute.id: _evidence(one) for one in proposals})),
        ):
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error}") from error


def _entry(proposal: Proposal) -> str:
    lines = [f"# {proposal.support} messages need it"]
    lines += [f"# edit: {proposal.doubt}"] if proposal.doubt else []
    for one in proposal.evidence[:SHOWN]:
        lines.append(f"#   {_line(one.message)}: {_line(one.quote)!r}")
    fields = proposal.attribute.model_dump(mode="json", exclude_defaults=True)
    return "\n".join(lines) + "\n" + _dump([fields])


def _table(proposal: Proposal) -> dict[str, Any]:
    """A table of a root: nothing is known about how common the values are."""
    base = {value.value: 1 for value in proposal.attribute.values}
    return {
        "attribute": proposal.attribute.id,
        "parents": [],
        "source": "judgement",
        "base": base,
    }


def _evidence(proposal: Proposal) -> list[dict[str, str]]:
    return [{"message": one.message, "quote": one.quote} for one in proposal.evidence]


def _line(text: str) -> str:
    """A text that cannot leave its comment."""
    return " ".join(text.split())


def _dump(value: object) -> str:
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
