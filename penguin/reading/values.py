"""Values: which values the clauses of a text show, with the words that show them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..attributes import Attribute
from .clauses import Clause, Clauses
from .lexicon import Lexicon, ValuePatterns
from .needles import may_match

BRIEF_WORDS = 3
"""Words of a clause that may leave out the "I" in an answer."""
NEAR = 40
"""Characters before a word in which a "not" for it is looked for."""
NONE = "None"
"""The value of having nothing; another one beside it counts: "no depression, it's anxiety"."""
OF_NOW = ("profession", "economic_status", "mental_health_status", "emotional_state")
"""What somebody is now, and may have been otherwise; an illness, a degree or harm stays told."""


@dataclass(frozen=True)
class Shown:
    """A value, the place in the text and the words that show it."""

    start: int
    value: str
    words: str
    related: bool = False
    """Whether it is shown by another person, such as "my husband"."""


def shown_in_passing(
    item: Attribute, clauses: Clauses, lexicons: Sequence[Lexicon], *, answer: bool
) -> list[Shown]:
    """Values of one attribute that a text shows without having been asked, in its order.

    Args:
        item: The attribute.
        clauses: The text.
        lexicons: Its languages.
        answer: Whether the text answers a question; brief clauses then speak of the writer.
    """
    found: dict[int, Shown] = {}
    for lexicon in lexicons:
        for value in lexicon.values[item.id]:
            if not may_match(value.needles, clauses.grams):
                continue
            of_parts = not (answer and item.sensitive)
            for one in _passing(item, value, clauses, lexicons, answer=answer, parts=of_parts):
                known = found.get(one.start)
                if known is None or len(known.words) < len(one.words):
                    found[one.start] = one
    return [found[start] for start in sorted(found)]


def _passing(
    item: Attribute,
    value: ValuePatterns,
    clauses: Clauses,
    lexicons: Sequence[Lexicon],
    *,
    answer: bool,
    parts: bool,
) -> Iterator[Shown]:
    likely = [one for one in clauses.stretches if may_match(value.needles, one.grams)]
    if answer and item.id in OF_NOW:
        likely = [one for one in likely if not is_over(one, lexicons)]
    for clause in likely:
        for match in value.related.pattern.finditer(clause.folded):
            yield _shown(value.value, clause, match, related=True)
    for clause in likely:
        if clause.whose == "other":
            continue
        yield from _not_denied(item, value.value, value.passing.pattern, clause, lexicons)
        if clause.whose == "speaker" or (answer and clause.words <= BRIEF_WORDS):
            yield from _not_denied(item, value.value, value.of_speaker.pattern, clause, lexicons)
    for clause in clauses.own if parts else ():
        if len(clause.folded) >= NEAR or not may_match(value.needles, clause.grams):
            continue
        if match := value.alone.pattern.fullmatch(clause.folded):
            yield _shown(value.value, clause, match)


def shown_in_answer(item: Attribute, clause: Clause, lexicons: Sequence[Lexicon]) -> list[Shown]:
    """Values that a clause of an answer to the attribute's question shows, in its order."""
    found = [
        one
        for lexicon in lexicons
        for value in reversed(lexicon.values[item.id])
        if may_match(value.needles, clause.grams)
        for one in _not_denied(item, value.value, value.answer.pattern, clause, lexicons)
    ]
    return sorted(found, key=lambda one: (one.start, -len(one.words)))


def denied(clause: str, match: re.Match[str], lexicons: Sequence[Lexicon]) -> bool:
    """Whether a "not" belongs to the words, unless they are a denial themselves."""
    before = clause[max(0, match.start() - NEAR) : match.start()]
    after = clause[match.end() : match.end() + NEAR]
    denial = any(one.group("not_before").match(match.group()) for one in lexicons)
    return any(
        one.before_denied.search(before) or (not denial and one.after_denied.match(after))
        for one in lexicons
    )


def is_over(clause: Clause, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a clause of an answer tells what is over: "I was depressed"."""
    return any(one.group("past").search(clause.folded) for one in lexicons)


def named_condition(item: Attribute, clause: Clause, lexicons: Sequence[Lexicon]) -> Shown | None:
    """The value of a clause of an answer that names conditions anywhere in it.

    One condition is told ("in treatment for depression"), and denying each that is named tells
    that there is none ("I don't have depression"). "Not severely depressed" denies a degree, as
    two values lie over each other; that tells nothing, as do several conditions.
    """
    found = [
        (_shown(value.value, clause, match), denied(clause.folded, match, lexicons))
        for lexicon in lexicons
        for value in lexicon.values[item.id]
        if value.value != NONE and may_match(value.needles, clause.grams)
        for match in value.named.pattern.finditer(clause.folded)
    ]
    told = {one.value: one for one, no in found if not no}
    if told:
        return next(iter(told.values())) if len(told) == 1 else None
    spans = {(one.start, one.start + len(one.words)) for one, _ in found}
    apart = all(a == b or a[1] <= b[0] or b[1] <= a[0] for a in spans for b in spans)
    return Shown(clause.start, NONE, clause.text.strip()) if found and apart else None


def _is_others(
    item: Attribute, clause: str, match: re.Match[str], lexicons: Sequence[Lexicon]
) -> bool:
    """Whether words are of somebody met: a calling in "I see a therapist", "an angry customer"."""
    before = clause[max(0, match.start() - NEAR) : match.start()]
    if item.id == "profession":
        return any(one.before_met.search(before) for one in lexicons)
    return item.group == "emotion" and any(one.after_article.search(before) for one in lexicons)


def _not_denied(
    item: Attribute,
    value: str,
    pattern: re.Pattern[str],
    clause: Clause,
    lexicons: Sequence[Lexicon],
) -> Iterator[Shown]:
    for match in pattern.finditer(clause.folded):
        of_other = _is_others(item, clause.folded, match, lexicons)
        if not of_other and not denied(clause.folded, match, lexicons):
            yield _shown(value, clause, match)


def _shown(value: str, clause: Clause, match: re.Match[str], *, related: bool = False) -> Shown:
    words = clause.text[match.start() : match.end()].strip()
    return Shown(clause.start + match.start(), value, words, related)
