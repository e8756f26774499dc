"""What people say to help that was named: no thanks, only kidding, that was a song, yes, no."""

from __future__ import annotations

import re
from collections.abc import Collection

from .reader import readers
from .rules import Move
from .spelling import folded, undisguised

SHORT: dict[Move, int] = {"yes": 5, "no": 5, "thanks": 7}
"""Words up to which such a turn is nothing but that; a longer one says something of its own."""
SHORT_LETTERS = 12
"""The same where a script sets no spaces."""
LONGEST = 2_000
"""Characters read; whoever writes more says something of their own."""
CLAUSE = re.compile(r"[^.!?。！？؟।\n,;，；،؛]+")


def read_moves(text: str, spoken: Collection[str] = ()) -> frozenset[Move]:
    """The moves in a text, by the rules of every language that it may hold.

    Args:
        text: What a person says to help that was named.
        spoken: Languages of the talk so far. "Ja" alone tells no language, and is a yes in German.
    """
    plain = undisguised(folded(text[:LONGEST]))
    found: set[Move] = set()
    for reader in readers():
        if reader.language not in spoken and not reader.concerns(plain):
            continue
        words = reader.words(" ".join(plain.split()))
        for move, pattern in reader.moves.items():
            short = SHORT.get(move)
            fits = short is None or (
                len(words.split()) <= short and (reader.rules.spaces or len(words) <= SHORT_LETTERS)
            )
            if fits and (pattern.match(words) if short else pattern.search(words)):
                found.add(move)
    return frozenset(found)


def after_explanation(text: str, spoken: Collection[str] = ()) -> str:
    """What a text says after its last explanation, which explains only what was said before it.

    Args:
        text: As in ``read_moves``.
        spoken: As in ``read_moves``.

    Returns:
        What follows the last clause that explains, up to a "but" where no sign ends it; "" where
        none does, read alone.
    """
    after = ""
    for sentence in CLAUSE.finditer(text[:LONGEST]):
        parts = _parts(sentence[0], spoken)
        for place, part in enumerate(parts, 1):
            if "explanation" in read_moves(part, spoken):
                after = " ".join([*parts[place:], text[sentence.end() :]])
    return after


def _parts(sentence: str, spoken: Collection[str]) -> list[str]:
    """A sentence parted where it turns ("but"), in the spelling of its language's rules."""
    plain = undisguised(folded(sentence))
    for reader in readers():
        if reader.but and (reader.language in spoken or reader.concerns(plain)):
            words = reader.words(" ".join(plain.split()))
            if reader.but.search(words):
                return reader.but.pattern.split(words)
    return [sentence]
