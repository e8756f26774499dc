"""Spelling: one form for what people type in many, so that one pattern reads them all.

``clean`` keeps the words as they were written, so that evidence can be shown; ``fold`` makes a
copy of the same length without case and accents, which the patterns are matched against.
"""

from __future__ import annotations

import re
import unicodedata

STRAIGHT = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"'})
SILENT = re.compile(
    "[\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\u0640\u064b-\u0652\u0670\u093c]"
)
"""Marks without which a word is the same: zero width, skin tones, Arabic vowels, the nukta."""
SAME = {"ة": "ه", "ى": "ي", "ٱ": "ا", "ँ": "ं", "。": ".", "、": ","}
SENTENCE_END = re.compile(r"[.!?;\n।؟؛。！？]")
EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


def clean(text: str) -> str:
    """A text with straight quotes, single spaces and no silent marks; else as it was written."""
    return " ".join(SILENT.sub("", text.translate(STRAIGHT)).split())


def fold(text: str) -> str:
    """A text in lower case without accents, with ASCII digits, letter for letter.

    The result is as long as the text, so that a place in one is the same place in the other.
    """
    return text.translate(_FOLDED)


def fold_pattern(expression: str) -> str:
    """A regular expression folded as the texts are; its escapes stay."""
    parts = re.split(r"(\\.)", unicodedata.normalize("NFC", SILENT.sub("", expression)))
    return "".join(part if part.startswith("\\") else fold(part) for part in parts)


class _Folding(dict[int, str]):
    """What each character becomes, worked out when it is met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = folded = _folded(char)
        return folded


def _folded(char: str) -> str:
    if char in SAME:
        return SAME[char]
    if char.isdecimal():
        return str(unicodedata.digit(char))
    wide = unicodedata.normalize("NFKC", char)
    lower = (wide if len(wide) == 1 else char).lower()
    if len(lower) != 1:
        return char
    base = unicodedata.normalize("NFD", lower)
    return base[0] if len(base) > 1 and base[0].isalpha() else lower


_FOLDED = _Folding()
