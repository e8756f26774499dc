"""The words of a language by which the reader reads it (``data/reading/<language>.yaml``).

Data, so that a native speaker can review it without reading code. A group of words is one text of
alternatives that " | " sets apart, each a regular expression on folded text (``spelling.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

from ..attributes import Attribute, Value, load_attributes
from ..data_files import load_yaml
from ..errors import DataError
from .needles import Needles, needles_of
from .spelling import fold_pattern
from .words import ValueWords, Words

NEVER = re.compile(r"(?!)")
"""Matches nothing: a language may leave a group out."""

EDGES = {
    "latin": (r"(?<!\w)", r"(?!\w)"),
    "han": ("", ""),
    "devanagari": (r"(?<![\w\u0900-\u0963])", r"(?![\w\u0900-\u0963])"),
    "arabic": (r"(?<!\w)[وف]?(?:ال|لل|[بكل])?", r"(?!\w)"),
}
"""What stands before and after a word in a script; Arabic writes "and" and "the" onto it."""

SHORT_FORMS = {
    "i'm": "i(?:'?m| am)",
    "i've": "i(?:'?ve| have)",
    "i'd": "i(?:'?d| would| had)",
    "i'll": "i(?:'ll| will)",
    "don't": "(?:don'?t|do not)",
    "can't": "(?:can'?t|cannot|can not)",
    "won't": "(?:won'?t|will not)",
    "it's": "it(?:'?s| is)",
    "that's": "that(?:'?s| is)",
}
"""How a short form in an English pattern may be written out, or without its apostrophe."""

LIGATURES = {"de": {"ss": "ß"}, "fr": {"oe": "œ"}}
"""Letters that are also written as one, which folding keeps, as it changes no text's length."""


FOLDER = files("raise_penguin.penguin") / "data" / "reading"
SCRIPTS = {
    "latin": "[a-z]",
    "han": "[\u4e00-\u9fff]",
    "devanagari": "[\u0900-\u097f]",
    "arabic": "[\u0600-\u06ff]",
}
WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
FEW_WORDS = 3
"""Words of a text of which no language can be told for sure."""
NEARLY = 0.6
"""Share of the best language's small words that makes another one likely as well."""
MIXED_WITH_ENGLISH = ("ar", "hi", "hi-Latn", "zh")
"""Languages whose writers use English words for work and illness."""


class Expression:
    """Words as a regular expression, compiled when a text may hold them; "" matches nothing."""

    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression; ``NEVER`` for ""."""
        return re.compile(self.source, re.MULTILINE) if self.source else NEVER


@dataclass(frozen=True)
class ValuePatterns:
    """The words of one value."""

    value: str
    passing: Expression
    """In any clause that is not about somebody else."""
    of_speaker: Expression
    """In a clause that names its writer."""
    alone: Expression
    """As a whole clause."""
    answer: Expression
    """In an answer to the attribute's question."""
    related: Expression
    """In any clause."""
    named: Expression
    """Anywhere, said of anybody or denied."""
    needles: Needles
    """Without one of these none of the patterns matches."""


class Lexicon:
    """One language's words, compiled when they are first needed.

    Args:
        language: ISO 639-1 code.
        words: The language's file.
    """

    def __init__(self, language: str, words: Words) -> None:
        self.language = language
        self.words = words
        self._groups: dict[str, re.Pattern[str]] = {}

    def group(self, name: str) -> re.Pattern[str]:
        """The pattern of one group of words, such as "refusing"."""
        if name not in self._groups:
            words = str(getattr(self.words, name))
            if name == "subject" and not words:
                words = self.words.speaker
            self._groups[name] = _any_of(self._edged([self.expression(words)])).pattern
        return self._groups[name]

    def expression(self, alternatives: str) -> str:
        """Alternatives as one expression on folded text, without the edges of words; "" if none."""
        joined = re.sub(r"\s+\|\s+", "|", " ".join(alternatives.split()))
        if self.language == "en":
            joined = with_short_forms(joined)
        for letters, ligature in LIGATURES.get(self.language, {}).items():
            joined = joined.replace(ligature, letters).replace(letters, f"(?:{letters}|{ligature})")
        return f"(?:{fold_pattern(joined)})" if joined else ""

    @cached_property
    def edges(self) -> tuple[str, str]:
        """What stands before and after a word."""
        return EDGES[self.words.script]

    @cached_property
    def known_by(self) -> frozenset[str]:
        """Small words by which the language is recognised."""
        return frozenset(fold_pattern(self.words.known_by).split())

    @cached_property
    def values(self) -> dict[str, tuple[ValuePatterns, ...]]:
        """The compiled words by attribute, one value after the other."""
        return {
            item.id: tuple(self._value(item, value) for value in item.values)
            for item in load_attributes().values()
        }

    @cached_property
    def not_age(self) -> re.Pattern[str]:
        """What stands right after a number that is no age."""
        unit = self.expression(self.words.not_age)
        return re.compile(f" ?{unit}{self.edges[1]}") if unit else NEVER

    @cached_property
    def before_denied(self) -> re.Pattern[str]:
        """A "not" (or a "used to be") at the end of what stands before a word."""
        denial = self.expression(f"{self.words.not_before} | {self.words.taken_back}".strip(" |"))
        ends = self.expression(f"{self.words.joints} | {self.words.only}".strip(" |")) or "(?!)"
        reach = "" if self.words.script == "han" else rf"(?: (?!{ends}(?!\w))[^\s,]+){{0,2}}"
        return re.compile(f"{self.edges[0]}{denial}{reach} ?$") if denial else NEVER

    @cached_property
    def after_denied(self) -> re.Pattern[str]:
        """A "not" at the beginning of what stands after a word."""
        denial = self.expression(self.words.not_after)
        return re.compile(f" ?{denial}{self.edges[1]}") if denial else NEVER

    def _value(self, item: Attribute, value: Value) -> ValuePatterns:
        """A value's words here and, in English or for an attribute of a user, its signs."""
        words = self.words.values.get(item.id, {}).get(value.value, ValueWords())
        noun, filler = self.expression(words.noun), self.expression(self.words.filler)
        framed = self.expression(self.words.frame).replace("{noun}", noun) if noun else ""
        signed = self.language == "en" or item.id not in self.words.values
        signs = [fold_pattern(with_short_forms(sign)) for sign in value.signs if signed]
        told = self.expression(words.signs)
        answer, related = self.expression(words.answer), self.expression(words.related)
        needles = needles_of(filter(None, [*signs, noun, told, answer, related]))
        noun, framed, told, answer = map(self._guarded, (noun, framed, told, answer))
        signs = list(map(self._guarded, signs))
        return ValuePatterns(
            value=value.value,
            passing=_any_of(self._edged([framed, told])),
            of_speaker=_any_of([sign for sign in signs if not sign.startswith("^")]),
            alone=Expression(
                rf"\W*(?:{filler or 'x'} )*{noun}(?: {filler or 'x'})*\W*" if noun else ""
            ),
            answer=_any_of([*signs, *self._edged([noun, told]), *self._at_start(answer)]),
            related=_any_of(self._edged([related])),
            named=_any_of(self._edged([noun, told, answer])),
            needles=needles,
        )

    @cached_property
    def predicate(self) -> re.Pattern[str]:
        """A clause that is nothing but a calling with its article, such as "a ward nurse"."""
        article = self.expression(self.words.article)
        return re.compile(rf"\W*{article} (?:[\w-]+ )?[\w-]+\W*") if article else NEVER

    @cached_property
    def after_article(self) -> re.Pattern[str]:
        """The end of what stands before an adjective that goes with a noun."""
        article = self.expression(self.words.article)
        return re.compile(f"{self.edges[0]}{article} $") if article else NEVER

    @cached_property
    def before_met(self) -> re.Pattern[str]:
        """The end of what stands before somebody's calling who is met."""
        met = self.expression(self.words.met)
        return re.compile(f"{self.edges[0]}{met} ?$") if met else NEVER

    def _guarded(self, expression: str) -> str:
        r"""An expression whose ``\w+`` for any word between others is never a "not"."""
        denial = self.expression(self.words.not_before)
        if not denial or self.words.script == "han":
            return expression
        word = rf"(?!{denial}(?!\w))\w+"
        return expression.replace(r"(\w+ )", f"({word} )").replace(r"( \w+)", f"( {word})")

    def _at_start(self, words: str) -> list[str]:
        """Words that count at the beginning of a clause only, after fillers: "just fine"."""
        filler = self.expression(self.words.filler)
        gap = "" if self.words.script == "han" else " "
        leading = f"(?:{filler}{gap}){{0,3}}" if filler else ""
        return [rf"^\W*{leading}{words}{self.edges[1]}"] if words else []

    def _edged(self, expressions: list[str]) -> list[str]:
        before, after = self.edges
        return [f"{before}{expression}{after}" for expression in expressions if expression]


def with_short_forms(expression: str) -> str:
    """An English expression in which each short form may be written out, or unmarked."""
    for short, spelt in SHORT_FORMS.items():
        expression = re.sub(rf"(?<![\w\\]){short}(?!\w)", spelt, expression)
    return expression


def _any_of(expressions: list[str]) -> Expression:
    return Expression("|".join(f"(?:{each})" for each in expressions))


@lru_cache(maxsize=1)
def load_lexicons() -> dict[str, Lexicon]:
    """All languages' words by ISO 639-1 code.

    Raises:
        DataError: A file is broken, or names an attribute or value that does not exist.
    """
    found: dict[str, Lexicon] = {}
    for source in sorted(FOLDER.iterdir(), key=lambda file: file.name):
        if not source.name.endswith(".yaml"):
            continue
        words = load_yaml(source, Words)
        for name, values in words.values.items():
            item = load_attributes().get(name)
            if item is None or any(item.value_named(value) is None for value in values):
                raise DataError(f"{source}: {name} is no attribute or holds an unknown value")
        language = source.name.removesuffix(".yaml")
        found[language] = Lexicon(language, words)
    return found


def lexicons_of(folded: str) -> tuple[Lexicon, ...]:
    """The languages in which a folded text may be meant; several where few words tell."""
    lexicons = load_lexicons()
    chosen = [one for one in lexicons.values() if re.search(SCRIPTS[one.words.script], folded)]
    latin = [one for one in chosen if one.words.script == "latin"]
    words = WORD.findall(folded)
    scores = {one.language: sum(word in one.known_by for word in words) for one in latin}
    best = max(scores.values(), default=0)
    least = best * NEARLY if len(words) > FEW_WORDS or best > 1 else 0
    kept = [one for one in chosen if scores.get(one.language, least) >= least]
    if any(one.language in MIXED_WITH_ENGLISH for one in kept) or not kept:
        kept += [lexicons["en"]] if lexicons["en"] not in kept else []
    return tuple(kept)
