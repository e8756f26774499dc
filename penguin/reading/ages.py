"""Ages: numbers and number words that tell how old somebody is, as the paper's bands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from .clauses import Clause, Clauses
from .lexicon import NEVER, Lexicon, load_lexicons
from .needles import may_match
from .values import Shown, denied

YOUNGEST = 18
BANDS = ((18, 24, "18-24"), (25, 34, "25-34"), (35, 44, "35-44"), (45, 54, "45-54"))
LAST_BAND = "55+"
NUMBER = r"(?<![\d.,$€£])\d{2}(?![\d%€$£]|[.,]\d)"
ONE_DIGIT = re.compile(r"(?<![\d.,$€£])(?=\d(?![\d%€$£]|[.,]\d))")
"""Where a number of one digit begins."""
BARE_BEFORE, BARE_AFTER = 24, 34
"""Most characters around a number that is the answer to how old somebody is."""
BRIEF = 16
"""Most characters of a clause that is an age and nothing else."""


def band(age: int) -> str | None:
    """The paper's band of an age in years; None for a child, whom no band fits."""
    if age > BANDS[-1][1]:
        return LAST_BAND
    return next((name for low, high, name in BANDS if low <= age <= high), None)


def ages_in_passing(clauses: Clauses, lexicons: Sequence[Lexicon], *, answer: bool) -> list[Shown]:
    """Ages that a text tells of its writer without having been asked, in its order."""
    found: list[Shown] = []
    for lexicon in lexicons:
        told, alone = _patterns(lexicon.language)
        for clause in clauses.stretches:
            if clause.whose != "other":
                found += _told(clause, told, lexicon, lexicons)
        for clause in clauses.own if answer or len(clauses.own) > 1 else ():
            if len(clause.folded) <= BRIEF and (match := alone.fullmatch(_digits(clause, lexicon))):
                found += _in_band(clause, match)
    for clause in clauses.stretches:
        if clause.whose != "other":
            found += _decades(clause, lexicons, answer=False)
    return sorted(found, key=lambda one: one.start)


def age_in_answer(clause: Clause, lexicons: Sequence[Lexicon]) -> Shown | None:
    """The age that a clause of the answer to how old somebody is tells."""
    decades = _decades(clause, lexicons, answer=True)
    if decades:
        return decades[0]
    for lexicon in lexicons:
        digits = _digits(clause, lexicon)
        if span := _range_pattern(lexicon.language).search(digits):
            value = band(round((int(span["low"]) + int(span["high"])) / 2))
            return Shown(clause.start, value, clause.text) if value else None
        told, _ = _patterns(lexicon.language)
        if found := _told(clause, told, lexicon, lexicons):
            return found[0]
        not_age = lexicon.not_age
        for match in re.finditer(NUMBER, digits):
            near = match.start() <= BARE_BEFORE and len(digits) - match.end() <= BARE_AFTER
            if (
                near
                and not not_age.match(digits, match.end())
                and not denied(digits, match, lexicons)
                and (shown := _in_band(clause, match))
            ):
                return shown[0]
    return None


def is_childs_age(clause: Clause, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a clause of the answer to how old somebody is tells an age under 18."""
    for lexicon in lexicons:
        told, alone = _patterns(lexicon.language)
        digits = ONE_DIGIT.sub("0", _digits(clause, lexicon))
        for match in filter(None, [alone.fullmatch(digits), *told.finditer(digits)]):
            end = match.start() + _number_end(match)
            if lexicon.not_age.match(digits, end) or denied(digits, match, lexicons):
                continue
            if int(digits[end - 2 : end]) < YOUNGEST:
                return True
    return False


def _told(
    clause: Clause, told: re.Pattern[str], lexicon: Lexicon, lexicons: Sequence[Lexicon]
) -> list[Shown]:
    digits = _digits(clause, lexicon)
    return [
        shown
        for match in told.finditer(digits)
        if not lexicon.not_age.match(digits, match.start() + _number_end(match))
        and not denied(digits, match, lexicons)
        for shown in _in_band(clause, match)
    ]


def _number_end(match: re.Match[str]) -> int:
    """Where the number ends in the words that tell an age; every pattern of an age holds one."""
    return next(found.end() for found in re.finditer(r"\d{2}", match.group()))


def _in_band(clause: Clause, match: re.Match[str]) -> list[Shown]:
    value = band(int(match.group()[_number_end(match) - 2 : _number_end(match)]))
    return [Shown(clause.start, value, clause.text.strip())] if value else []


def _decades(clause: Clause, lexicons: Sequence[Lexicon], *, answer: bool) -> list[Shown]:
    """Ages in words for a span of life, such as "late thirties"; the longest words first."""
    found = [
        Shown(clause.start, value.value, clause.text[match.start() : match.end()])
        for lexicon in lexicons
        for value in lexicon.values["age"]
        if may_match(value.needles, clause.grams)
        for words in (value.passing, value.of_speaker, *([value.answer] if answer else []))
        if (match := words.pattern.search(clause.folded))
        if not denied(clause.folded, match, lexicons)
    ]
    return sorted(found, key=lambda one: -len(one.words))


def _digits(clause: Clause, lexicon: Lexicon) -> str:
    """A clause with its number words as digits."""
    words = _number_words(lexicon.language)
    return _number_pattern(lexicon.language).sub(
        lambda match: str(words[" ".join(match.group().split())]), clause.folded
    )


@lru_cache(maxsize=32)
def _number_words(language: str) -> dict[str, int]:
    """All number words of a language that can be an age, folded."""
    lexicon = load_lexicons()[language]
    numbers = lexicon.words.numbers
    words = {**numbers.whole, **numbers.tens}
    for joined in numbers.joined.split("|") if numbers.joined else ():
        for (ten, ten_value), (unit, unit_value) in _pairs(numbers.tens, numbers.units):
            words[joined.strip().format(tens=ten, units=unit)] = ten_value + unit_value
    return {_plain(word): value for word, value in words.items()}


def _pairs(
    tens: dict[str, int], units: dict[str, int]
) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    return ((ten, unit) for ten in tens.items() for unit in units.items())


def _plain(word: str) -> str:
    from .spelling import clean, fold

    return fold(clean(word))


@lru_cache(maxsize=32)
def _number_pattern(language: str) -> re.Pattern[str]:
    words = sorted(_number_words(language), key=len, reverse=True)
    before, after = load_lexicons()[language].edges
    return re.compile(f"{before}(?:{'|'.join(words)}){after}") if words else NEVER


@lru_cache(maxsize=32)
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Where an age is told in a clause, and a clause that is an age alone."""
    lexicon = load_lexicons()[language]
    told = lexicon.expression(lexicon.words.age).replace("{n}", NUMBER)
    alone = lexicon.expression(lexicon.words.age_alone).replace("{n}", r"\d{2}")
    return (
        re.compile(f"{lexicon.edges[0]}{told}") if told else NEVER,
        re.compile(rf"\W*{alone}\W*") if alone else NEVER,
    )


@lru_cache(maxsize=32)
def _range_pattern(language: str) -> re.Pattern[str]:
    lexicon = load_lexicons()[language]
    between = lexicon.expression(f"- | – | {lexicon.words.age_range}".rstrip(" |"))
    return re.compile(rf"(?<!\d)(?P<low>\d{{2}})\s*{between}\s*(?P<high>\d{{2}})(?!\d)")
