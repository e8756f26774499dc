"""What a thread remembers of danger: a level that only an explanation lowers, help given."""

from __future__ import annotations

import re
from typing import Literal

from typing_extensions import TypedDict

from ..roles.protocols import Danger
from .danger import ENOUGH_MARKERS, LEVELS, About, Level, read_danger
from .moves import after_explanation, read_moves
from .rules import Marker, Move

Turn = Literal["", "help", "other_person", "stay"]
"""What this turn's reply is: ordinary, help, help of another kind, or a word that help remains."""


class CrisisRecord(TypedDict):
    """Danger in one thread; plain JSON, and none of the person's words."""

    level: Level
    danger: Danger
    about: About
    language: str
    """Language in which danger was last seen; "" where only a model saw it."""
    helped: int
    """How often help was given."""
    asked: bool
    """Whether the safety question was asked; it is asked once."""
    awaiting: bool
    """Whether the last reply ended with it."""
    refused: bool
    """Whether the person said no to the help that was named."""
    markers: list[Marker]
    """Kinds of despair in the thread so far; two of them are a danger without a word of death."""
    turn: Turn


def hear(record: CrisisRecord | None, text: str, language: str = "") -> CrisisRecord | None:
    """Take in what a person says now.

    Danger is looked for in every turn. While a level stands, "just kidding" changes nothing; an
    explanation (past, hypothetical, misread) lowers it: an immediate one to low, others to none. It
    explains what was said before it: danger told after it counts.

    Args:
        record: The record so far.
        text: The words.
        language: Language of the talk so far, in which a short "ja" or "oui" is heard; "" at its
            start.

    Returns:
        The record after these words; None where the thread holds nothing of the kind. Its ``turn``
        says what to reply.
    """
    reading = read_danger(text)
    old = record or _empty()
    markers = list(dict.fromkeys([*old["markers"], *reading.markers]))
    new = {**old, "markers": markers, "awaiting": False, "turn": ""}
    level, danger = reading.level, reading.danger
    if not danger and reading.markers and len(markers) >= ENOUGH_MARKERS:
        level, danger = "low", old["danger"] or "suicide"
    if not danger and not old["level"]:
        return CrisisRecord(**new) if markers else None  # pyright: ignore[reportArgumentType]
    spoken = (old["language"], language)
    said = read_moves(text, spoken)
    if old["level"] and "explanation" in said:
        reading = read_danger(after_explanation(text, spoken))
        level, danger = reading.level, reading.danger
        said = said - {"explanation"} if danger else said
    if danger:
        new |= {"level": _graver(old["level"], level), "danger": danger, "about": reading.about}
        new |= {"language": reading.language or old["language"], "turn": "help"}
        if "refusal" in said and old["helped"]:
            new |= {"refused": True, "turn": "other_person"}
    else:
        new |= _after_help(old, said, wordless=not re.search(r"\w", text))
    return CrisisRecord(**new)  # pyright: ignore[reportArgumentType]


def seen_by_model(record: CrisisRecord | None, danger: Danger) -> CrisisRecord:
    """The record once a model saw danger that the rules did not."""
    old = record or _empty()
    return {
        **old,
        "level": _graver(old["level"], "high"),
        "danger": danger or old["danger"] or "suicide",
        "turn": "help",
    }


def after_reply(record: CrisisRecord, *, asked: bool) -> CrisisRecord:
    """The record once the reply is written."""
    return {
        **record,
        "helped": record["helped"] + 1,
        "asked": record["asked"] or asked,
        "awaiting": asked,
    }


def heard_still(record: CrisisRecord) -> CrisisRecord:
    """The record where somebody goes on in words that only a model would understand.

    "She won't answer", "he is at the door": what was an immediate danger of somebody else, or from
    somebody else, is still one.
    """
    others = record["about"] == "other" or record["danger"] in ("violence", "child_abuse")
    turn: Turn = "help" if others and record["level"] == "immediate" else "stay"
    return {**record, "turn": turn}


def seen_in(record: CrisisRecord | None) -> str:
    """Language in which the rules saw danger in this turn; "" where they saw none."""
    return record["language"] if record and record["turn"] == "help" else ""


def stands(record: CrisisRecord | None) -> bool:
    """Whether a level stands, so that no interview question is asked in the thread."""
    return bool(record and record["level"])


def _after_help(old: CrisisRecord, said: frozenset[Move], *, wordless: bool) -> dict[str, object]:
    """What words without danger, or no words ("..."), change while a level stands."""
    if "explanation" in said:
        return {"level": "low" if old["level"] == "immediate" else "", "markers": []}
    if "refusal" in said:
        return {"refused": True, "turn": "other_person"}
    if old["awaiting"]:
        asked_of_thoughts = (old["danger"], old["about"]) == ("suicide", "self")
        worse = "yes" if asked_of_thoughts and old["level"] != "immediate" else "no"
        if worse in said:
            return {"level": "immediate", "turn": "help"}
    if said or wordless:
        return {"turn": "stay"}
    return {}


def _graver(one: Level, other: Level) -> Level:
    return one if LEVELS.index(one) >= LEVELS.index(other) else other


def _empty() -> CrisisRecord:
    return {
        "level": "",
        "danger": "",
        "about": "self",
        "language": "",
        "helped": 0,
        "asked": False,
        "awaiting": False,
        "refused": False,
        "markers": [],
        "turn": "",
    }
