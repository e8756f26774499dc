"""Help lines by country, from a data file that names the source and date of every entry."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...penguin.data_files import first_problem
from ...penguin.errors import DataError, SettingsError
from ..roles.protocols import Danger

INTERNATIONAL = "INT"
DIALLED = re.compile(r"[+*#]?\d[\d \-]*")
KINDS: dict[Danger, tuple[str, ...]] = {
    "suicide": ("suicide_crisis",),
    "self_harm": ("suicide_crisis",),
    "overdose": ("poison", "suicide_crisis"),
    "violence": ("domestic_violence", "suicide_crisis"),
    "child_abuse": ("child", "domestic_violence", "suicide_crisis"),
    "harm_to_others": ("suicide_crisis",),
}
"""Which kinds of lines fit a danger, the best first."""


class Line(BaseModel):
    """One way to reach help."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country_code: str = Field(pattern=r"^([A-Z]{2}|INT)$")
    kind: str
    name: str = Field(min_length=1)
    contact: str = Field(min_length=1, description="As dialled or texted in the country; or a URL.")
    after_dialling: str = ""
    channel: Literal["phone", "text", "chat", "web"]
    hours: str = ""
    languages: str = ""
    url: str = ""
    source: str = Field(min_length=1, description="Where the number was seen.")
    source_date: str = Field(min_length=1)
    note: str = Field(default="", description="Why an entry is thin or old, where it is.")

    def shown(self, language: str = "en") -> str:
        """The line as a person in danger should read it; in English it says how to reach it."""
        verbs = {"phone": "call ", "text": "text ", "chat": "chat at ", "web": "see "}
        how = verbs[self.channel] if language == "en" else ""
        extra = f", {self.after_dialling}" if self.after_dialling else ""
        hours = f" ({self.hours})" if self.hours else ""
        return f"{self.name}: {how}{self.contact}{extra}{hours}"


@dataclass(frozen=True)
class Help:
    """What to offer somebody in danger, at most three entries in all."""

    emergency: tuple[Line, ...]
    """Empty where the country is not known: then the local emergency number is named as such."""
    lines: tuple[Line, ...]


@lru_cache(maxsize=4)
def load_resources(path: Path | None = None) -> tuple[Line, ...]:
    """All entries.

    Args:
        path: A file of the operator's own with the same columns; the shipped one when omitted.

    Raises:
        DataError: The file is missing or a row is broken; names file and line.
    """
    source = path or files("raise_penguin.graphs.crisis") / "data" / "crisis_resources.csv"
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{source} cannot be read: {error}") from error
    lines: list[Line] = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            line = Line.model_validate({key: value or "" for key, value in row.items() if key})
        except ValidationError as error:
            raise DataError(f"{source}:{number}: {first_problem(error)}") from error
        if line.channel in ("phone", "text") and not DIALLED.fullmatch(line.contact):
            raise DataError(f"{source}:{number}: {line.contact!r} cannot be dialled")
        lines.append(line)
    return tuple(lines)


@lru_cache(maxsize=1)
def iso_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2: a code that is no country is a slip, not a missing entry."""
    source = files("raise_penguin.graphs.crisis") / "data" / "iso_countries.txt"
    return frozenset(source.read_text(encoding="ascii").split())


def countries() -> frozenset[str]:
    """Codes of the countries with a crisis line in the shipped file."""
    return frozenset(
        line.country_code
        for line in load_resources()
        if line.kind == "suicide_crisis" and line.country_code != INTERNATIONAL
    )


def resources_for(
    country: str | None, danger: Danger, language: str = "en", *, path: Path | None = None
) -> Help:
    """Help that fits a country and a danger.

    Args:
        country: ISO 3166-1 alpha-2; None or "" where it is not known.
        danger: The kind of danger.
        language: ISO 639-1, used to prefer a line that names it.
        path: Another file of entries.

    Returns:
        Lines of that country alone; the international directories where it is unknown or missing.

    Raises:
        SettingsError: The code is no country's.
    """
    code = (country or "").strip().upper()
    if code and code not in iso_codes():
        raise SettingsError(
            f"{country!r} is no country code: give two letters of ISO 3166-1, such as GB, DE or IN"
        )
    entries = load_resources(path)
    own = [line for line in entries if line.country_code == code]
    fitting = _fitting(own, danger, language)
    emergency = [line for line in own if line.kind == "emergency"]
    if not fitting:
        directories = [line for line in entries if line.country_code == INTERNATIONAL]
        return Help(tuple(_one_number(emergency, danger)), tuple(directories[:2]))
    numbers = _one_number(emergency, danger)
    return Help(tuple(numbers), tuple(fitting[: 3 - len(numbers)]))


def _fitting(lines: Sequence[Line], danger: Danger, language: str) -> list[Line]:
    """Lines for a danger, best first: kind, no doubt about it, round the clock, newest source."""
    kinds = KINDS.get(danger, ("suicide_crisis",))
    named = {"en": "English", "es": "Spanish", "fr": "French", "de": "German"}.get(language, "?")

    def rank(line: Line) -> tuple[int, bool, bool, bool, bool, bool, str]:
        age = "".join(chr(255 - ord(character)) for character in line.source_date)
        return (
            kinds.index(line.kind),
            line.channel in ("chat", "web"),
            "one source only" in line.note,
            "(second number)" in line.name,
            "24/7" not in line.hours,
            named not in line.languages,
            age,
        )

    return sorted((line for line in lines if line.kind in kinds), key=rank)


def _one_number(emergency: Sequence[Line], danger: Danger) -> list[Line]:
    """The emergency number to name: the general one, else ambulance or police by danger."""
    if not emergency:
        return []
    wanted = "polic" if danger in ("violence", "harm_to_others", "child_abuse") else "ambulanc"

    def rank(line: Line) -> tuple[bool, bool]:
        name = line.name.lower()
        return ("alternative" in name, not ("services" in name or wanted in name))

    return sorted(emergency, key=rank)[:1]
