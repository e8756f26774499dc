"""The reply to somebody in danger: reachable help before anything else, by rules and data."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ...penguin.data_files import load_yaml
from ...penguin.errors import RaisePenguinError
from ..context import RaiseContext
from ..roles.protocols import Danger
from ..wording import in_register
from .care import read_care
from .danger import Level
from .record import CrisisRecord
from .resources import Help, resources_for
from .rules import LANGUAGES, Care

LAST_RESORT = (
    "You deserve help from a person right now: please call your local emergency number (112 works "
    "in many countries), or find a crisis line at https://findahelpline.com. Do not stay alone "
    "with this. I am an AI and cannot send help."
)
"""Said where even the data files cannot be read."""

MOST_LINES = 3
HANDS_FIRST: tuple[Danger, ...] = ("overdose", "self_harm", "violence", "harm_to_others")
"""Dangers in which the emergency number stands first, whatever the level."""


class Words(BaseModel):
    """One language's words, as its file holds them (``data/help/<language>.yaml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    openings: dict[str, str]
    steps: dict[str, str]
    questions: dict[Literal["suicide", "safe", "adult", "worried"], str]
    again: tuple[str, ...] = Field(min_length=3)
    other_person: tuple[str, ...] = Field(min_length=3)
    stay: tuple[str, ...] = Field(min_length=2)
    limits: str
    unknown_country: str
    remains: str
    first: str
    first_other: str
    care: dict[Care, str]
    emergency: dict[str, str] = {}
    """What the English names of emergency services are called."""


@lru_cache(maxsize=16)
def help_words(language: str, formal: bool = False) -> Words:
    """The words of a language, plain or formal; English for one that has none."""
    code = language if language in LANGUAGES else "en"
    source = files("raise_penguin.graphs.crisis") / "data" / "help" / f"{code}.yaml"
    both = load_yaml(source, Words).model_dump_json()
    return Words.model_validate_json(in_register(both, formal))


def answer_in_crisis(
    record: CrisisRecord, language: str, context: RaiseContext, *, formal: bool = False
) -> tuple[str, bool]:
    """Help for somebody in danger. Never raises: a broken setting or file gives general help.

    Args:
        record: The thread's danger, with what this turn's reply is.
        language: Language of the talk; that in which danger was seen where it is "".
        context: Country, language, help lines and whether the safety question may be asked.
        formal: How the person is addressed in the thread; a child always plainly.

    Returns:
        The reply, and whether it ends with the safety question.
    """
    spoken = context.language or language or record["language"]
    asks = (
        context.safety_question
        and record["turn"] == "help"
        and not record["asked"]
        and not record["refused"]
    )
    try:
        found = _found(record["danger"], spoken, context)
        reply = crisis_reply(record, found, language=spoken, formal=formal, safety_question=asks)
        return reply, asks
    except (RaisePenguinError, OSError, KeyError):
        return LAST_RESORT, False


def crisis_reply(
    record: CrisisRecord,
    found: Help,
    *,
    language: str = "en",
    formal: bool = False,
    safety_question: bool = True,
) -> str:
    """Put the help into words: acknowledge and name help, then steps, then one question at most.

    Args:
        record: As in ``answer_in_crisis``.
        found: The lines to name; at most three stand in the reply.
        language: One of the languages of the data files; English for any other.
        formal: As in ``answer_in_crisis``.
        safety_question: End with one direct, neutral question.
    """
    words = help_words(language, formal and record["danger"] != "child_abuse")
    kind = "worried" if record["about"] == "other" else record["danger"]
    if kind == "worried" and record["danger"] == "overdose":
        kind = "overdose"
    lines = _lines(record["danger"], record["level"], found, words, language)
    first = _opening(record, kind, words)
    head = first + "\n" + "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))
    if record["turn"] != "help":
        return f"{head}\n\n{words.limits}"
    now = record["level"] == "immediate" and kind == "suicide"
    parts = [head, f"{words.steps['suicide_now' if now else kind]} {words.limits}"]
    if safety_question:
        parts.append(_question("" if now else kind, words))
    return "\n\n".join(parts)


def remaining_help(
    record: CrisisRecord | None, language: str, context: RaiseContext, *, formal: bool = False
) -> tuple[str, str]:
    """What an ordinary reply says before or after it in a thread in which a level stands.

    Args:
        record: As in ``answer_in_crisis``.
        language: Language of the reply.
        context: Country and help lines.
        formal: As in ``answer_in_crisis``.

    Returns:
        While it is immediate, help first and nothing after; else nothing first, and one light
        line after. "" twice where no level stands.
    """
    if record is None or not record["level"]:
        return "", ""
    words = help_words(language, formal and record["danger"] != "child_abuse")
    try:
        found = _found(record["danger"], language, context)
        line = _lines(record["danger"], record["level"], found, words, language)[0]
    except (RaisePenguinError, OSError, KeyError):
        line = words.unknown_country
    if record["level"] == "immediate":
        first = words.first_other if record["about"] == "other" else words.first
        return f"{first.format(line=line)}\n\n", ""
    return "", f"\n\n{words.remains.format(line=line)}"


def care_note(text: str, language: str, *, formal: bool = False) -> str:
    """A careful word after an ordinary reply, where the rules see psychosis, eating or ruin."""
    found = read_care(text)
    if not found:
        return ""
    return "\n\n" + help_words(language, formal).care[found]


def _found(danger: Danger, language: str, context: RaiseContext) -> Help:
    """Lines for the country; the international directories where a setting or a file is broken."""
    path = Path(context.crisis_resources) if context.crisis_resources else None
    try:
        return resources_for(context.country, danger, language, path=path)
    except RaisePenguinError:
        return resources_for(None, danger, language)


def _opening(record: CrisisRecord, kind: str, words: Words) -> str:
    """The first sentence: what is said now, and never the same one again and again."""
    if record["turn"] == "other_person":
        return words.other_person[record["helped"] % len(words.other_person)]
    if record["turn"] == "stay":
        return words.stay[record["helped"] % len(words.stay)]
    if record["helped"] and kind not in ("overdose", "child_abuse"):
        return words.again[record["helped"] % len(words.again)]
    return words.openings[kind]


def _lines(danger: Danger, level: Level, found: Help, words: Words, language: str) -> list[str]:
    """The lines as they are shown, the most urgent first."""
    code = language if language in LANGUAGES else "en"
    emergency = [
        line.model_copy(update={"name": words.emergency.get(line.name, line.name)}).shown(code)
        for line in found.emergency
    ] or [words.unknown_country]
    lines = [line.shown(code) for line in found.lines]
    if level == "immediate" or danger in HANDS_FIRST or not lines or not found.emergency:
        return [*emergency, *lines][:MOST_LINES]
    return [*lines[:1], *emergency, *lines[1:]][:MOST_LINES]


def _question(kind: str, words: Words) -> str:
    if kind == "suicide":
        return words.questions["suicide"]
    if kind == "child_abuse":
        return words.questions["adult"]
    return words.questions["worried" if kind == "worried" else "safe"]
