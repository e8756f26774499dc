"""Text as the danger rules read it: one form for every way of writing the same words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

APOSTROPHES = str.maketrans(dict.fromkeys("’‘´`ʼ＇′", "'"))
QUOTES = str.maketrans(dict.fromkeys("“”„«»‹›「」『』《》〝〞＂", '"'))
INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
ACCENTS = re.compile("[\u0300-\u036f]")
ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ँ": "ं",
        "ß": "ss",
        "œ": "oe",
        "ı": "i",
    }
)
NUKTA = "\u093c"
DIGITS = {"1": "i", "!": "i", "3": "e", "0": "o", "@": "a", "4": "a", "$": "s", "5": "s", "7": "t"}
DISGUISED = re.compile(r"(?<=[a-z])[1!304@$57](?=[a-z])")
STARRED = re.compile(r"(?<=[a-z])\*+(?=[a-z])")
SPLIT = re.compile(r"(?<=[a-z])[._·|](?=[a-z])")
SPELT_OUT = re.compile(r"(?<![^\W_])[a-z](?:[ .\-_*·]+[a-z](?![^\W_])){3,}")
DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
SENTENCE_ENDS = re.compile(r"[!?。！？؟।\n]+|(?<!\.)\.(?!\.)")
DOTS = re.compile(r"\.{2,}|…")
LONGEST_SENTENCE = 1_000
"""Characters of a sentence searched at once; a longer one is read in overlapping pieces."""
EMOJI = re.compile("[\U0001f000-\U0001ffff\u2600-\u27bf]")
OTHER_SIGNS = re.compile(r"[^\w\s'\u0300-\u036f\u0900-\u097f\U0001f000-\U0001ffff\u2600-\u27bf]+")


def folded(text: str) -> str:
    """The text in lower case, without accents, marks and invisible signs; one kind of quote."""
    plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
    plain = plain.translate(APOSTROPHES).translate(QUOTES).lower()
    plain = ACCENTS.sub("", unicodedata.normalize("NFD", plain)).replace(NUKTA, "")
    return ARABIC_MARKS.sub("", plain).translate(LETTERS)


def undisguised(text: str) -> str:
    """Folded text with the usual disguises taken off: drawn-out, spelt-out, digits in words."""
    plain = DRAWN_OUT.sub(lambda found: found[1] * (2 if found[1] in "ls" else 1), text)
    plain = SPELT_OUT.sub(lambda found: re.sub(r"[^a-z]", "", found[0]), plain)
    plain = DISGUISED.sub(lambda found: DIGITS[found[0]], plain)
    return STARRED.sub("i", plain)


def sentences_of(text: str) -> list[str]:
    """Folded sentences, each short enough that no pattern takes long."""
    plain = undisguised(folded(DOTS.sub(" ", text)))
    pieces: list[str] = []
    for sentence in SENTENCE_ENDS.split(plain):
        words = " ".join(sentence.split())
        step = LONGEST_SENTENCE // 2
        starts = range(0, max(1, len(words) - step), step)  # the last piece reaches the end
        pieces += [words[start : start + LONGEST_SENTENCE] for start in starts]
    return list(dict.fromkeys(piece for piece in pieces if piece))


def words_of(sentence: str, *, apostrophe: str = "", spaces: bool = True) -> str:
    """A sentence of folded text as words: one space between them, no other sign but emoji.

    Args:
        sentence: Folded text.
        apostrophe: What stands for an apostrophe: nothing in English, a space in French.
        spaces: False for a script that sets none between words; all are dropped.
    """
    plain = EMOJI.sub(
        r" \g<0> ", OTHER_SIGNS.sub(" ", sentence.replace("'", apostrophe).replace("_", " "))
    )
    return (" " if spaces else "").join(plain.split())


def near_misses(words: Iterable[str]) -> dict[str, str]:
    """Every spelling one slip away from a word: two letters swapped, one missing, double or wrong.

    Only for long, rare words, none of which is one slip from another word of the language.
    """
    right = set(words)
    found: dict[str, str] = {}
    for word in right:
        for place in range(1, len(word)):
            head, letter, tail = word[:place], word[place], word[place + 1 :]
            slips = {head + tail, head + letter + letter + tail}
            slips |= {head + other + tail for other in "aeiouy" if letter in "aeiouy"}
            if tail:
                slips.add(head + tail[0] + letter + tail[1:])
            found |= dict.fromkeys(slips - right, word)
    return found
