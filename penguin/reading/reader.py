"""The offline reader: what a person's words tell about them. Precision before recall.

One joint reading of a text: every attribute at once, in each language in which it may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..attributes import Attribute, attribute, load_attributes
from ..facts import IMPLIED, OWN_WORDS, SAID, TOLD, Fact, Facts, Source, Status
from .ages import age_in_answer, ages_in_passing, is_childs_age
from .answers import BLANK, AnswerKind, emoji_kind, is_aside, says
from .clauses import Clause, Clauses, read_clauses
from .lexicon import Lexicon, lexicons_of
from .own_words import own_words
from .said import is_qualified_no, said_in_answer
from .spelling import SENTENCE_END, clean, fold
from .values import Shown, shown_in_answer, shown_in_passing

MAX_EVIDENCE = 200
"""Longest evidence kept, in characters."""
FEELING = "emotional_state"
MAX_READ = 20_000
"""Characters of a text that are read; what follows is no account of oneself."""


@dataclass(frozen=True)
class AnswerReading:
    """An answer as read.

    Attributes:
        facts: What it tells, of the attribute asked for and of others; by attribute id.
        kind: How it is meant for the question. Whether the question stands follows from it: it
            does for "ask_back" (say why, and let it stand) and "other_topic".
    """

    facts: Facts
    kind: AnswerKind


def read_facts(text: str, *, asked: str | None = None, source: Source) -> Facts:
    """What a text tells about the person who wrote it.

    Args:
        text: A message, or the answer to a question, in English, Spanish, French, German,
            Portuguese, Chinese, Hindi (also in Latin letters) or Arabic.
        asked: The attribute that the question asked for; the text is then read as its answer, so
            that "34", "no" or "skip" count. None for a message.
        source: Where the text comes from.

    Returns:
        Facts by attribute id, each with a confidence (``facts.py`` has the scale). With ``asked``:
        "declined" or "unclear" where the person would rather not say, does not know or stays
        vague, and "unclear" for an age under 18, which no band of the paper's fits; their own
        words where no value fits and they can be an answer; and nothing for it where the answer
        asks back or speaks of something else, so that the question stands.
    """
    if asked is not None:
        return read_answer(text, asked, source).facts
    text = clean(text)[:MAX_READ]
    lexicons = lexicons_of(fold(text))
    return _in_passing(read_clauses(text, lexicons, apart=False), lexicons, source, answer=False)


def read_answer(text: str, asked: str, source: Source) -> AnswerReading:
    """How the answer to a question is meant, and what it tells.

    Args:
        text: What the person said to the question.
        asked: The attribute that the question asked for.
        source: Where the text comes from, as a rule "answer".

    Returns:
        The facts, as ``read_facts`` gives them, and the kind. ``facts`` holds the attribute asked
        for when the kind is "answer" (status "known"), "refusal" ("declined") or "unsure"
        ("unclear"), and does not hold it when the kind is "ask_back" or "other_topic". An empty
        answer is a refusal: that is what a skip button sends.

    Raises:
        DataError: There is no attribute of that id.
    """
    item = attribute(asked)
    text = clean(text)[:MAX_READ]
    folded = fold(text)
    lexicons = lexicons_of(folded)
    clauses = read_clauses(text, lexicons, apart=True)
    facts = _in_passing(clauses, lexicons, source, answer=True)
    if asked != FEELING and FEELING in facts and facts[FEELING]["value"] == "Indifferent":
        del facts[FEELING]  # "whatever" is said of the question
    if not facts and (
        BLANK.fullmatch(folded)
        or _refuses(folded, lexicons)
        or _leaves(folded, lexicons)
        or says("no_more", folded, lexicons)
    ):
        # "pass. i'm serious" and "done here" tell nothing
        return AnswerReading({asked: _refused(text, source)}, "refusal")
    if said := said_in_answer(item, text, clauses, lexicons, facts):
        others = {
            name: fact
            for name, fact in facts.items()
            if not (item.sensitive and attribute(name).sensitive and _same_words(fact, said))
        }
        return AnswerReading({**others, asked: _fact(said, source, SAID)}, "answer")
    if asked in facts:
        return AnswerReading(facts, "answer")
    if item.id == "age" and any(is_childs_age(one, lexicons) for one in clauses.own):
        # answered, and no band is theirs: the words are kept, and the age is not asked again
        facts[asked] = _fact(Shown(0, "", text), source, SAID, status="unclear")
        return AnswerReading(facts, "unsure")
    kind = _kind(folded, facts, lexicons)
    if kind == "other_topic" and not facts and is_qualified_no(folded, lexicons):
        kind = "unsure"
    evidence = Shown(0, "", text)
    if kind == "refusal":
        facts[asked] = _refused(text, source)
    elif kind == "unsure":
        facts[asked] = _fact(evidence, source, SAID, status="unclear")
    elif kind == "other_topic" and not facts and (own := _own(item, text, clauses, lexicons)):
        facts[asked] = _fact(Shown(0, own, text), source, OWN_WORDS)
        kind = "answer"
    return AnswerReading(facts, kind)


def asks_back(text: str, asked: str) -> bool:
    """Whether an answer tells nothing and asks why it is asked; quicker than reading all of it."""
    folded = fold(clean(text)[:MAX_READ])
    if not says("asking_back", folded, lexicons_of(folded)):
        return False
    reading = read_answer(text, asked, "answer")
    return reading.kind == "ask_back" and not reading.facts


def wants_no_questions(text: str) -> bool:
    """Whether somebody says that they want to be asked nothing more at all."""
    folded = fold(clean(text)[:MAX_READ])
    return says("no_more", folded, lexicons_of(folded))


def canonical_value(attribute_id: str, text: str) -> str | None:
    """The paper's value for a free text such as "45-54 years" or "Recently Divorced".

    Returns:
        The value's name, or None where nothing fits.
    """
    item = attribute(attribute_id)
    text = clean(text)
    same = [value.value for value in item.values if value.value.lower() == text.lower()]
    if same:
        return same[0]
    lexicons = lexicons_of(fold(text))
    whole = Clause(text, fold(text), 0, "open")
    if item.id == "age":
        age = age_in_answer(whole, lexicons)
        return age.value if age else None
    found = shown_in_answer(item, whole, lexicons)
    return found[0].value if found else _named_in(item, text)


def _named_in(item: Attribute, text: str) -> str | None:
    """A value whose name stands in the text as words, the longest first ("Mild Anxiety")."""
    for value in sorted(item.values, key=lambda value: -len(value.value)):
        if value.value != "Other" and re.search(
            rf"\b{re.escape(value.value)}\b", text, re.IGNORECASE
        ):
            return value.value
    return None


def _in_passing(
    clauses: Clauses, lexicons: Sequence[Lexicon], source: Source, *, answer: bool
) -> Facts:
    """What a text says of each attribute in so many words; the last mention corrects the others."""
    facts: Facts = {}
    for item in load_attributes().values():
        if item.id == "age":
            shown = ages_in_passing(clauses, lexicons, answer=answer)
        else:
            shown = shown_in_passing(item, clauses, lexicons, answer=answer)
        if shown:
            facts[item.id] = _fact(shown[-1], source, IMPLIED if shown[-1].related else TOLD)
    return facts


def _refuses(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a text, or its first sentence alone, says no to the question."""
    return any(says("refusing", part, lexicons) for part in (folded, _first_sentence(folded)))


def _leaves(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether somebody says first of all that they have had enough."""
    return says("leaving", _first_sentence(folded), lexicons)


def _first_sentence(folded: str) -> str:
    return SENTENCE_END.split(folded, maxsplit=1)[0]


def _refused(text: str, source: Source) -> Fact:
    return _fact(Shown(0, "", text), source, SAID, status="declined")


def _same_words(fact: Fact, said: Shown) -> bool:
    """Whether a fact about something else rests on the very words of the answer."""
    return fact["evidence"] in said.words or said.words in fact["evidence"]


def _kind(  # noqa: PLR0911 - one case after another
    folded: str, facts: Facts, lexicons: Sequence[Lexicon]
) -> AnswerKind:
    """How an answer that does not tell the value is meant."""
    if not folded:
        return "refusal"
    if not re.search(r"\w", folded):
        return emoji_kind(folded) or "other_topic"
    if _refuses(folded, lexicons):
        return "refusal"
    if not facts and says("vague", _first_sentence(folded), lexicons):
        return "unsure"
    if says("asking_back", folded, lexicons):
        return "ask_back"
    if says("leaving", folded, lexicons):
        return "refusal"
    if says("unsure", folded, lexicons) or (says("vague", folded, lexicons) and not facts):
        return "unsure"
    return emoji_kind(folded) or "other_topic"


def _own(item: Attribute, text: str, clauses: Clauses, lexicons: Sequence[Lexicon]) -> str | None:
    """The person's own words where they can be an answer."""
    if is_aside(fold(text), lexicons) or says("supposed", fold(text), lexicons):
        return None
    if len(clauses.own) < len(clauses.parts):
        return None
    return own_words(item, text, lexicons)


def _fact(shown: Shown, source: Source, confidence: float, *, status: Status = "known") -> Fact:
    return Fact(
        value=shown.value,
        status=status,
        source=source,
        evidence=shown.words[:MAX_EVIDENCE],
        confidence=confidence,
    )
