"""The reply to somebody in acute danger: reachable help before anything else, from rules alone."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from ...penguin.data_files import load_yaml
from ...penguin.errors import RaisePenguinError
from ..roles.protocols import Danger
from .language import detect_language
from .resources import Help, resources_for

Texts = dict[str, dict[str, str | dict[str, str]]]

LAST_RESORT = (
    "You deserve help from a person right now: please call your local emergency number (112 works "
    "in many countries), or find a crisis line at https://findahelpline.com. Do not stay alone "
    "with this. I am an AI and cannot send help."
)
"""Said where even the data files cannot be read."""


def crisis_answer(
    danger: Danger,
    text: str,
    *,
    country: str = "",
    language: str = "",
    safety_question: bool = True,
    again: bool = False,
) -> str:
    """Help for somebody in danger. Never raises: a broken setting or file gives general help.

    Args:
        danger: The kind of danger.
        text: What the person wrote, for the language.
        country: ISO 3166-1 alpha-2; "" where it is not known, never guessed.
        language: ISO 639-1; as the person writes when "".
        safety_question: End with one direct, neutral question.
        again: Help was given in this thread before: other words, another kind of person.
    """
    spoken = language or detect_language(text)
    try:
        try:
            found = resources_for(country, danger, spoken)
        except RaisePenguinError:
            found = resources_for(None, danger, spoken)
        return crisis_reply(
            danger, found, language=spoken, safety_question=safety_question, again=again
        )
    except (RaisePenguinError, OSError, KeyError):
        return LAST_RESORT


def crisis_reply(
    danger: Danger,
    found: Help,
    *,
    language: str = "en",
    safety_question: bool = True,
    again: bool = False,
) -> str:
    """Put the help into words: acknowledge and name help, then steps, then one question at most.

    Args:
        danger: The kind of danger.
        found: The lines to name; at most three stand in the reply, the first one marked.
        language: One of the languages of the data file; English for any other.
        safety_question: As in ``crisis_answer``; never asked again in the same thread.
        again: As in ``crisis_answer``.
    """
    texts = _texts()
    spoken = texts.get(language) or texts["en"]
    own = spoken.get(danger)
    words = own if isinstance(own, dict) else {}
    opening = words.get("opening") or str(spoken.get("any", ""))
    if again:
        opening = str(spoken.get("again", opening))
    code = language if language in texts else "en"
    lines = [line.shown(code) for line in (*found.emergency, *found.lines)]
    if not found.emergency:
        lines = [str(spoken["unknown_country"]), *lines]
    urgent = danger in ("overdose", "self_harm", "violence", "harm_to_others")
    if not urgent and found.emergency and found.lines:
        lines = [*lines[1:2], *lines[:1], *lines[2:]]
    steps = words.get("steps") or str(spoken["steps"])
    parts = [
        opening + "\n" + "\n".join(f"{place}. {line}" for place, line in enumerate(lines[:3], 1)),
        f"{steps} {spoken['limits']}",
    ]
    if safety_question and not again:
        parts.append(words.get("question") or str(spoken["question"]))
    return "\n\n".join(parts)


@lru_cache(maxsize=1)
def _texts() -> Texts:
    source = files("raise_penguin.graphs.crisis") / "data" / "reply.yaml"
    return load_yaml(source, Texts)
