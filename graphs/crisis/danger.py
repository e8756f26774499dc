"""Acute danger in a person's words: fast, local, and asked before any model.

Phrases that are written down see what is said plainly; weights that were learnt see more, and take
back a phrase that stands in a calm message.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ...penguin.errors import DataError
from ...penguin.reading.needles import may_match
from ..roles.protocols import Danger
from .learnt import Weighed, shipped_weights
from .phrases import Phrasing, Words
from .reader import Reader, lone_words, readers
from .rules import About, Grade, Marker
from .spelling import EMOJI, folded, sentences_of, undisguised, words_of

LOGGER = logging.getLogger(__name__)

Level = Literal["", "low", "high", "immediate"]
"""How grave: "" for no danger. It chooses a reply; none of them says that somebody is safe."""

LEVELS: tuple[Level, ...] = ("", "low", "high", "immediate")
KINDS: tuple[Danger, ...] = (
    "overdose",
    "self_harm",
    "violence",
    "child_abuse",
    "harm_to_others",
    "suicide",
)
"""Which kind speaks first among equally grave ones: what needs hands before what needs words."""

QUOTED = re.compile(r'"[^"]{0,400}"')
NEAR = 2
"""Sentences before and after one that are near it."""
ENOUGH_MARKERS = 2
"""So many kinds of despair in one thread are a danger without a word of death."""
MOST_OF_IT = 0.6
"""Share of a sentence's letters from which on a phrase is plain."""
ALONE = 1.5
"""From this score on the learnt weights (``learnt.py``) suffice without a phrase."""
SURE = 2.5
"""From this score on what the weights alone see is a high danger, below it a low one."""
CLEARED = -2.0
"""Below this score a loose phrase is taken back.

A lower one would lose fewer acute messages and leave more false alarms. All three were chosen on
messages that the weights had not met:
``raise-penguin crisis learn --folds 5``.
"""
TOLD_LIKE_VIOLENCE = ("child_abuse", "harm_to_others")
"""Kinds that share the phrases of violence; the weights tell which of the three it is."""
DONE_TO_ONESELF = ("suicide", "self_harm")
LOOSE_WORDS = ("suicide", "violence")
"""Kinds whose words people also use for other things: they die of laughter, a match kills them.
Phrases of the other kinds, and of an immediate danger, are never taken back."""


@dataclass(frozen=True)
class DangerReading:
    """What is seen in a text."""

    danger: Danger = ""
    level: Level = ""
    about: About = "self"
    evidence: str = ""
    """The phrase that shows it; never stored or logged. "" where the weights alone see it."""
    language: str = ""
    """Language of the phrase."""
    markers: tuple[Marker, ...] = ()
    """Kinds of despair in the text, also where there is no danger."""
    plain: bool = False
    """Whether no other word means a phrase otherwise: it is nearly alone, or to be forgotten."""


@dataclass(frozen=True)
class _Hit:
    danger: Danger
    level: Level
    about: About
    evidence: str
    language: str
    plain: bool


def detect_danger(text: str) -> Danger:
    """The kind of acute danger in a text, "" where rules see none."""
    return read_danger(text).danger


def read_danger(text: str) -> DangerReading:
    """Read a text by the phrases and by the learnt weights; either suffices.

    Weights that cannot be read are logged, and the phrases read alone: help must not wait for them.
    """
    phrases = read_phrases(text)
    try:
        weights = shipped_weights()
    except DataError as error:
        LOGGER.error("danger is read by phrases alone: %s", error)
        return phrases
    return joined(phrases, weights.weigh(undisguised(folded(text))))


def joined(phrases: DangerReading, weighed: Weighed, alone: float = ALONE) -> DangerReading:
    """What the phrases and the weights see together.

    The weights add a danger where no phrase shows one. They take back phrases of loose words that
    stand among other words and beside no despair, where they find a short text clearly calm and no
    part of it dangerous by itself. And they tell better whether a partner is violent, a child is
    beaten or the writer may hurt somebody (a phrase of violence then counts as that kind), and
    whether somebody else is meant.

    Args:
        phrases: What ``read_phrases`` saw.
        weighed: Where the text stands on the learnt scale.
        alone: From here on the scale suffices without a phrase.
    """
    if not phrases.danger and weighed.score >= alone:
        level: Level = "high" if weighed.score >= SURE else "low"
        return DangerReading(weighed.danger, level, weighed.about, markers=phrases.markers)
    loose = phrases.danger in LOOSE_WORDS and phrases.level != "immediate"
    calm = weighed.score < CLEARED and weighed.worst_part < 0
    if loose and calm and not (phrases.plain or phrases.markers):
        return DangerReading()
    if phrases.danger == "violence" and weighed.danger in TOLD_LIKE_VIOLENCE:
        phrases = replace(phrases, danger=weighed.danger)
    if phrases.danger and weighed.about == "other":
        phrases = replace(phrases, about="other")
    return phrases


def read_phrases(text: str) -> DangerReading:
    """Read a text by the phrases of every language whose letters stand in it.

    A figure of speech, a story, news or a past that is over takes a phrase back, in its own
    sentence or where it overlaps it; with despair in another sentence the phrase counts again.
    """
    sentences = sentences_of(text)
    whole = " ".join(sentences)
    if (word := words_of(EMOJI.sub("", whole))) in lone_words():
        return DangerReading("suicide", "low", evidence=word, plain=True)
    hits: list[_Hit] = []
    markers: list[Marker] = []
    for reader in readers():
        if reader.concerns(whole):
            found, despair = _read(reader, sentences)
            hits += found
            markers += despair
    kinds = tuple(dict.fromkeys(markers))
    if not hits:
        low = len(kinds) >= ENOUGH_MARKERS
        return DangerReading("suicide" if low else "", "low" if low else "", markers=kinds)
    worst = max(
        hits,
        key=lambda hit: (LEVELS.index(hit.level), -KINDS.index(hit.danger), hit.about == "self"),
    )
    plain = any(hit.plain for hit in hits)
    return DangerReading(
        worst.danger, worst.level, worst.about, worst.evidence, worst.language, kinds, plain
    )


def _read(reader: Reader, sentences: list[str]) -> tuple[list[_Hit], list[Marker]]:
    """What one language's rules see: phrases that stand, and kinds of despair."""
    texts = [reader.words(sentence) for sentence in sentences]
    framed = {name for name, frame in reader.frames.items() if any(map(frame.search, texts))}
    apart = [reader.out_of_the_present(words) for words in texts]
    stand: list[_Hit] = []
    taken_back: list[tuple[int, _Hit]] = []
    despair: list[tuple[int, Marker]] = []
    for place, (sentence, words) in enumerate(zip(sentences, texts, strict=True)):
        spans = [one.span() for one in reader.not_meant.finditer(words)] if reader.not_meant else []
        now = bool(reader.present and reader.present.search(words))
        if to_forget := reader.forget and reader.forget.search(words):
            spans = [span for span in spans if span[0] >= to_forget.end()]  # "don't remember that"
        quoted = " ".join(reader.words(one) for one in QUOTED.findall(sentence))
        for marker, pattern in reader.markers.items():
            if any(_apart(found.span(), spans) for found in pattern.finditer(words)):
                despair.append((place, marker))
        around = range(max(0, place - NEAR), min(len(texts), place + NEAR + 1))
        close = [texts[one] for one in around if one == place or not apart[one]]
        near = words if len(close) == 1 else Words(" ".join(close))
        soon = bool(reader.soon and reader.soon.search(near))
        every = list(_phrases(reader, words, near))
        own = [found.span() for _, _, danger, found in every if danger in DONE_TO_ONESELF]
        theirs = [one.span() for one in reader.theirs.finditer(words)] if reader.theirs else []
        for grade, told_of, danger, found in every:
            if danger == "harm_to_others" and any(
                start < found.start() < end for start, end in own
            ):
                continue  # "khud ko maar dunga" holds "ko maar dunga"
            about: About = told_of if _apart(found.span(), theirs) else "other"
            plain = bool(to_forget) or len(found[0]) >= MOST_OF_IT * len(words)
            level = _level(grade, danger, soon)
            hit = _Hit(danger, level, about, found[0], reader.language, plain)
            in_frame = apart[place] or (grade == "before" and "past" in framed and not now)
            told = framed & {"fiction", "news", "work"} and (about == "other" or found[0] in quoted)
            if not in_frame and not told and _apart(found.span(), spans):
                stand.append(hit)
            else:
                taken_back.append((place, hit))
    for place, hit in taken_back:
        if any(where != place for where, _ in despair) and hit.about == "self":
            stand.append(replace(hit, level="low"))
    return stand, [marker for _, marker in despair]


def _phrases(
    reader: Reader, words: Words, near: Words
) -> Iterator[tuple[Grade, About, Danger, re.Match[str]]]:
    """What one sentence shows; lists that stand in many phrases are searched for once."""
    anchors: dict[Phrasing, list[re.Match[str]]] = {}
    beside: dict[Phrasing, bool] = {}
    for sign in reader.signs:
        if not may_match(sign.phrasing.needles, words.grams):
            continue  # hundreds of signs: most are passed over here
        if sign.phrasing not in anchors:
            anchors[sign.phrasing] = list(sign.phrasing.pattern.finditer(words))
        if not anchors[sign.phrasing]:
            continue
        for other in sign.beside:
            if other not in beside:
                beside[other] = bool(other.search(near))
        if all(beside[other] for other in sign.beside):
            for found in anchors[sign.phrasing]:
                yield sign.grade, sign.about, sign.danger, found


def _level(grade: Grade, danger: Danger, soon: bool) -> Level:
    """The level of a phrase; a time that is near makes it immediate."""
    if danger == "overdose":
        return "immediate"
    if grade in ("high", "before"):
        return "immediate" if soon else "high"
    return grade


def _apart(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return all(span[1] <= start or end <= span[0] for start, end in others)
