"""Clauses: where a text speaks of its writer, of somebody else, or of what is only supposed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from .lexicon import Lexicon
from .needles import grams
from .spelling import fold

Whose = Literal["speaker", "other", "open"]
"""Who is spoken of; "open" where nobody is named, as in "34, married"."""

SENTENCE = re.compile(r"(?:[^.!?;\n।؟؛…]|\.(?=\w))+[.!?;\n।؟؛…]*")
COMMA = r"[,،(]\s*|:\s|[–—]|\s-+\s"


@dataclass(frozen=True)
class Clause:
    """A stretch of a text."""

    text: str
    folded: str
    start: int
    """Its place in the text, in characters."""
    whose: Whose

    @cached_property
    def grams(self) -> frozenset[str]:
        """The grams of its folded text."""
        return grams(self.folded)

    @cached_property
    def words(self) -> int:
        """How many words it has; a script without spaces counts two letters as a word."""
        return len(self.folded.split()) + len(re.findall(r"[\u4e00-\u9fff]", self.folded)) // 2


@dataclass(frozen=True)
class Clauses:
    """The clauses of a text, without what is only supposed."""

    parts: tuple[Clause, ...]
    """Cut at each comma and conjunction."""
    stretches: tuple[Clause, ...]
    """Whole sentences where nobody else is spoken of, parts where somebody is."""

    @cached_property
    def grams(self) -> frozenset[str]:
        """The grams of all its clauses."""
        return frozenset[str]().union(*(one.grams for one in (*self.parts, *self.stretches)))

    @cached_property
    def own(self) -> tuple[Clause, ...]:
        """The parts that are not about somebody else."""
        return tuple(part for part in self.parts if part.whose != "other")


def read_clauses(text: str, lexicons: Sequence[Lexicon], *, apart: bool) -> Clauses:
    """Cut a cleaned text.

    Args:
        text: What somebody wrote.
        lexicons: The languages in which it may be meant.
        apart: Cut sentences at commas also where nobody else is spoken of.
    """
    parts: list[Clause] = []
    stretches: list[Clause] = []
    folded = fold(text)
    theirs = min(_first(folded, group, lexicons) for group in ("for_others", "fiction"))
    for sentence in SENTENCE.finditer(folded):
        start, end = sentence.span()
        invented = _first(sentence.group(), "fiction", lexicons)
        inherited: Whose = "other" if start > theirs or start + invented < end else "open"
        end = start + min(invented, _first(sentence.group(), "supposed", lexicons))
        whole = _clause(text, folded, start, end, lexicons, inherited)
        cut = _parts(text, folded, whole, lexicons, inherited, apart=apart)
        parts += cut
        of_others = theirs < end or _named(whole.folded, "others", lexicons)
        stretches += cut if apart or of_others else [whole]
    return Clauses(tuple(filter(_says, parts)), tuple(filter(_says, stretches)))


def _says(clause: Clause) -> bool:
    return bool(clause.folded.strip(" .,!;:-"))


def _parts(
    text: str,
    folded: str,
    whole: Clause,
    lexicons: Sequence[Lexicon],
    inherited: Whose,
    *,
    apart: bool,
) -> list[Clause]:
    """The parts of a sentence; one in which nobody is named is about whom the last was about.

    "A nurse" alone is somebody else, but not after "I'm 31" nor as an answer.
    """
    parts: list[Clause] = []
    for start, end in _spans(whole, lexicons):
        part = _clause(text, folded, start, end, lexicons, inherited)
        of_self = apart or (parts and _begins(parts[-1].folded, "oneself", lexicons))
        if (
            part.whose == "other"
            and inherited == "open"
            and of_self
            and any(one.predicate.fullmatch(part.folded) for one in lexicons)
        ):
            parts.append(replace(part, whose="open"))
            continue
        taken_over = _speaker_after(part, lexicons) if part.whose == "other" else None
        if taken_over:
            at = part.start + taken_over
            parts.append(_clause(text, folded, start, at, lexicons, "other"))
            part = _clause(text, folded, at, end, lexicons, inherited)
        parts.append(part)
        last_other = _last(part.folded, "others", lexicons)
        ends_with_other = last_other > _last(part.folded, "speaker", lexicons)
        inherited = "other" if part.whose == "other" or ends_with_other else "open"
    return parts


def _spans(whole: Clause, lexicons: Sequence[Lexicon]) -> list[tuple[int, int]]:
    """Where a sentence is cut: at commas, and at the conjunctions of its languages."""
    cuts = [match.span() for match in re.finditer(COMMA, whole.folded)]
    for lexicon in lexicons:
        cuts += [match.span() for match in lexicon.group("joints").finditer(whole.folded)]
    spans: list[tuple[int, int]] = []
    at = 0
    for start, end in sorted(cuts):
        if start >= at:
            spans.append((whole.start + at, whole.start + start))
            at = end
    spans.append((whole.start + at, whole.start + len(whole.folded)))
    return [span for span in spans if span[0] < span[1]]


def _clause(  # noqa: PLR0917 - a place in a text, and how it is read
    text: str, folded: str, start: int, end: int, lexicons: Sequence[Lexicon], inherited: Whose
) -> Clause:
    """One stretch, from its first word on, with the one it speaks of first."""
    start += len(folded[start:end]) - len(folded[start:end].lstrip())
    piece = folded[start:end]
    other = _first(piece, "others", lexicons)
    if 0 < other < len(piece) and _named(piece[:other], "no_subject", lexicons):
        other = len(piece)
    speaker = _first(piece, "speaker", lexicons)
    whose: Whose = inherited
    if other < len(piece) and other <= speaker:
        whose = "other"
    elif speaker < len(piece):
        whose = "speaker"
    return Clause(text[start:end], piece, start, whose)


def _speaker_after(part: Clause, lexicons: Sequence[Lexicon]) -> int | None:
    """Where a part that began with somebody else goes on with its writer, if it does."""
    at = _first(part.folded, "subject", lexicons)
    if not 0 < at < len(part.folded):
        return None
    return None if _named(part.folded[:at], "reporting", lexicons) else at


def _first(piece: str, group: str, lexicons: Sequence[Lexicon]) -> int:
    """Where words of a group stand first; the length of the text where none do."""
    found = [match.start() for one in lexicons if (match := one.group(group).search(piece))]
    return min(found, default=len(piece))


def _last(piece: str, group: str, lexicons: Sequence[Lexicon]) -> int:
    found = [match.start() for one in lexicons for match in one.group(group).finditer(piece)]
    return max(found, default=-1)


def _begins(piece: str, group: str, lexicons: Sequence[Lexicon]) -> bool:
    return any(one.group(group).match(piece) for one in lexicons)


def _named(piece: str, group: str, lexicons: Sequence[Lexicon]) -> bool:
    return any(one.group(group).search(piece) for one in lexicons)
