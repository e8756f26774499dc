"""What a file of help lines holds for a country: dangers with a line, entries that are thin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..roles.protocols import Danger
from .resources import KINDS, Line, load_resources

DANGERS: tuple[Danger, ...] = tuple(KINDS)
SPOKEN = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "pt": "Portuguese",
    "zh": "Chinese",
    "hi": "Hindi",
    "ar": "Arabic",
}


@dataclass(frozen=True)
class Coverage:
    """What there is for a country."""

    emergency: bool
    own_line: tuple[Danger, ...]
    """Dangers with a line made for them."""
    general_only: tuple[Danger, ...]
    """Dangers for which only the general crisis line is left."""
    none: tuple[Danger, ...]
    """Dangers without any line in the country: international directories are named."""
    thin: tuple[Line, ...]
    """Entries that are old or rest on one source, as their note says."""
    languages: frozenset[str]
    """Languages that its lines name, in English; empty where none says."""


def coverage_of(country: str, path: Path | None = None) -> Coverage:
    """Look at a country's entries.

    Args:
        country: ISO 3166-1 alpha-2.
        path: A file of the operator's own; the shipped one when omitted.

    Raises:
        DataError: The file is missing or broken.
    """
    own = [line for line in load_resources(path) if line.country_code == country.upper()]
    kinds = {line.kind for line in own}
    made: tuple[Danger, ...] = tuple(danger for danger in DANGERS if KINDS[danger][0] in kinds)
    some: tuple[Danger, ...] = tuple(
        danger for danger in DANGERS if danger not in made and kinds & set(KINDS[danger])
    )
    told = {one.strip() for line in own for one in line.languages.split(";") if one.strip()}
    return Coverage(
        emergency="emergency" in kinds,
        own_line=made,
        general_only=some,
        none=tuple(danger for danger in DANGERS if danger not in (*made, *some)),
        thin=tuple(line for line in own if line.note),
        languages=frozenset(told),
    )
