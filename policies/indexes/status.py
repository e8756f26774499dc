"""Whether an index can be used here."""

from __future__ import annotations

from typing import NamedTuple


class IndexStatus(NamedTuple):
    """What a trial of an index found."""

    works: bool
    reason: str
    """What was found; where it does not work, what to do."""
