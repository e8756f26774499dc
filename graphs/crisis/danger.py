"""Acute danger in a person's words, by rules: fast, local, and asked before any model."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from ...penguin.data_files import load_yaml
from ..roles.protocols import Danger

SENTENCE = re.compile(r"[.!?。！？؟।\n]+")
QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "ʼ": "'"})
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
LONGEST_SENTENCE = 1_000
"""Characters of a sentence searched at once; a longer one is read in overlapping pieces."""


class Rules(BaseModel):
    """The words, as data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: dict[Danger, tuple[str, ...]]
    benign: tuple[str, ...]
    mend: dict[str, str]


class _Compiled:
    """The rules, compiled once."""

    def __init__(self, rules: Rules) -> None:
        self.kinds: dict[Danger, re.Pattern[str]] = {
            kind: _any_of(patterns) for kind, patterns in rules.kinds.items()
        }
        self.benign = _any_of(rules.benign)
        self.mend = [(re.compile(pattern), word) for pattern, word in rules.mend.items()]


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@lru_cache(maxsize=1)
def _rules() -> _Compiled:
    source = files("raise_penguin.graphs.crisis") / "data" / "danger.yaml"
    return _Compiled(load_yaml(source, Rules))


def detect_danger(text: str) -> Danger:
    """The kind of acute danger in a text, "" where rules see none.

    A figure of speech, a story, news or a past that is over does not count, but only in its own
    sentence: danger in another one still does.
    """
    rules = _rules()
    for sentence in _sentences(text):
        if rules.benign.search(sentence):
            continue
        for kind, pattern in rules.kinds.items():
            if pattern.search(sentence):
                return kind
    return ""


def _sentences(text: str) -> list[str]:
    """Normalised sentences, each short enough that no pattern takes long."""
    plain = unicodedata.normalize("NFKC", text).translate(QUOTES).lower()
    plain = INVISIBLE.sub("", plain)
    plain = re.sub(r"([^\W\d])\1{2,}", r"\1", plain)
    for pattern, word in _rules().mend:
        plain = pattern.sub(word, plain)
    pieces: list[str] = []
    for sentence in SENTENCE.split(plain):
        words = " ".join(sentence.split())
        step = LONGEST_SENTENCE // 2
        pieces += [words[start : start + LONGEST_SENTENCE] for start in range(0, len(words), step)]
    return pieces
