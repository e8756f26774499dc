"""The agent's own sentences in eight languages: how it asks, and how its offline rules reply.

One file a language in ``data/wording/``, plainly and formally in one text: ``{du|Sie}``. A user's
files of the same names add to them; what a language lacks is said in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..penguin.attributes import attribute
from ..penguin.data_files import data_files, load_yaml
from .crisis.language import detect_language

LANGUAGES = ("en", "es", "fr", "de", "pt", "zh", "hi", "ar")
"""ISO 639-1 codes of the languages that there are sentences in."""

FEW_WORDS = 4
"""Words up to which a text says too little to tell its language from."""

REGISTERS = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
HAN = re.compile("[一-鿿]")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asking(_Part):
    """What stands round a question."""

    why: str = ""
    skip: str = ""
    set_aside: str = ""
    noted: str = ""


class Line(_Part):
    """What is added for some people."""

    when: dict[str, tuple[str, ...]]
    text: str


class Reply(_Part):
    """The parts of a general reply; English has a library instead (guidance)."""

    opening: str = ""
    steps: str = ""
    domains: dict[str, str] = {}
    people: tuple[Line, ...] = ()
    line: str = ""
    protective: str = ""
    limited: str = ""
    closing: str = ""
    harmless: str = ""
    parked: str = ""
    thanks: str = r"$^"
    welcome: str = ""


class Cues(_Part):
    """Patterns by which the rules tell a personal matter, and its domain."""

    personal: str
    stakes: str
    plain: str
    domains: dict[str, str]


class Wording(_Part):
    """One file."""

    default: Literal["plain", "formal"] = "plain"
    formal: str = r"$^"
    casual: str = r"$^"
    asking: Asking = Asking()
    questions: dict[str, str] = {}
    reasons: dict[str, str] = {}
    reply: Reply = Reply()
    cues: Cues | None = None


@dataclass(frozen=True)
class Speech:
    """Sentences in a language and a register.

    Example:
        >>> Speech("de", formal=False).question("education_level")
        'Welche Schule oder Ausbildung hast du hinter dir?'
    """

    language: str
    formal: bool = False

    @cached_property
    def wording(self) -> Wording:
        """The file of the language."""
        return load_wording(self.language)

    def question(self, name: str) -> str:
        """The gentlest question for an attribute; in English where there is no translation."""
        return self.say(self.wording.questions.get(name, "")) or attribute(name).questions[0]

    def reason(self, name: str) -> str:
        """Why it is asked, as a clause after "because"."""
        return self.say(self.wording.reasons.get(name, "")) or attribute(name).reason

    def why(self, reason: str) -> str:
        """The reason as a sentence."""
        return self._asking("why").replace("{reason}", reason.rstrip(".。। "))

    @property
    def skip(self) -> str:
        """Says that a question may be skipped."""
        return self._asking("skip")

    @property
    def set_aside(self) -> str:
        """Says that something else comes later, before the question stands again."""
        return self._asking("set_aside")

    @property
    def noted(self) -> str:
        """Thanks for a remark, before the question stands again."""
        return self._asking("noted")

    def say(self, text: str, *, line: str = "") -> str:
        """A text of the file in this register.

        Args:
            text: With ``{plain|formal}`` choices, and ``{line}`` for a crisis line.
            line: The line to name; "a crisis line in your country" when empty.
        """
        named = text.replace("{line}", line or self.wording.reply.line)
        return in_register(named, self.formal)

    def _asking(self, name: str) -> str:
        own: str = getattr(self.wording.asking, name)
        return self.say(own or getattr(load_wording("en").asking, name))


def in_register(text: str, formal: bool) -> str:
    """A text with its ``{plain|formal}`` choices made."""
    return REGISTERS.sub(lambda match: match[2 if formal else 1], text)


@lru_cache(maxsize=16)
def load_wording(language: str) -> Wording:
    """The sentences of a language; English for one that there is no file of.

    Raises:
        DataError: A file is broken.
    """
    code = language if language in LANGUAGES else "en"
    shipped, *added = [
        load_yaml(source, Wording) for source in data_files("graphs", f"wording/{code}.yaml")
    ]
    for own in added:
        shipped = shipped.model_copy(
            update={
                "questions": {**shipped.questions, **own.questions},
                "reasons": {**shipped.reasons, **own.reasons},
            }
        )
    return shipped


def language_of(text: str, current: str = "") -> str:
    """The language to go on in, after somebody said something.

    Args:
        text: Their words; a short answer ("34", "gracias") changes nothing.
        current: The language so far; "" at the start.
    """
    found = detect_language(text)
    if not current or found == current:
        return found
    size = len(text.split()) + len(HAN.findall(text)) // 2
    return found if size > FEW_WORDS and _sure(found, text) else current


def _sure(language: str, text: str) -> bool:
    """English is also the answer where nothing tells; then the language stays."""
    return language != "en" or len(ENGLISH.findall(text)) > 1


ENGLISH = re.compile(r"\b(i|the|my|to|and|is|it|not|do|how|of|with|you|that|was|i'm)\b", re.I)


def formal_in(language: str, text: str, current: bool | None = None) -> bool:
    """Whether to address somebody formally, by their own words.

    Args:
        language: The language of the dialogue.
        text: Their words.
        current: How they were addressed so far; None at the start.
    """
    wording = load_wording(language)
    if re.search(wording.casual, text):
        return False
    if re.search(wording.formal, text):
        return True
    return wording.default == "formal" if current is None else current


def matching(when: Mapping[str, tuple[str, ...]], values: Mapping[str, str]) -> bool:
    """Whether what a line is for is known of the person."""
    return all(values.get(name) in wanted for name, wanted in when.items())
