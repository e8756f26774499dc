"""The offline reader: what a person's words tell about them. Precision before recall.

One joint reading of a text: every attribute at once, in each language in which it may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..attributes import Attribute, attribute, load_attributes
from ..facts import IMPLIED, OWN_WORDS, SAID, TOLD, Fact, Facts, Source, Status
from ..languages import translated_value
from .ages import age_in_answer, ages_in_passing, is_childs_age
from .answers import (
    BLANK,
    AnswerKind,
    emoji_kind,
    emoji_value,
    is_aside,
    is_yes_or_no,
    says,
    telling,
)
from .clauses import Clause, Clauses, read_clauses
from .lexicon import Lexicon, lexicons_of
from .own_words import YES_OR_NO, own_words
from .spelling import clean, fold
from .values import (
    NONE,
    OF_NOW,
    Shown,
    all_denied,
    is_over,
    shown_in_answer,
    shown_in_passing,
)

MAX_EVIDENCE = 200
"""Longest evidence kept, in characters."""
NO_WORK = "Unemployed"
WITHOUT_WORK = ("Retired", NO_WORK)
"""Beside these a calling in the same clause is a former one: "enfermera jubilada"."""
UNPAID = ("Student", "Homemaker", "Retired")
"""What counts beside having no work: "I don't work, I study"."""
SENTENCE_END = re.compile(r"[.!?;\n।؟؛。！？]")
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
        vague, and "unclear" for an age under 18, which no band of the paper's fits; their own words where no value fits and they can be an answer; and nothing for it
        where the answer asks back or speaks of something else, so that the question stands.
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
    if not facts and (
        BLANK.fullmatch(folded)
        or _refuses(folded, lexicons)
        or _leaves(folded, lexicons)
        or says("no_more", folded, lexicons)
    ):
        # "pass. i'm serious" and "done here" tell nothing
        return AnswerReading({asked: _refused(text, source)}, "refusal")
    if said := _said(item, text, clauses, lexicons, facts):
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
    if kind == "other_topic" and not facts and _qualified_no(folded, lexicons):
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


def _said(
    item: Attribute, text: str, clauses: Clauses, lexicons: Sequence[Lexicon], others: Facts
) -> Shown | None:
    """The value that an answer says.

    It is in the first clause that shows one, or in the last where something is put right. In one
    sentence another value counts beside "None": "no depression, it's anxiety". A bare "no" counts
    where it stands for itself: not in "no, I'm 34", "no, but I take pills" or "no, why?".
    """
    if phrase := translated_value(item.id, text):
        return Shown(0, phrase, text)
    told = telling(clauses.own, lexicons)
    over = [one for one in told if item.id in OF_NOW and is_over(one, lexicons)]
    told = [one for one in told if one not in over]
    if feeling := emoji_value(item.id, text):
        return Shown(0, feeling, text)
    put_right = says("put_right", fold(text), lexicons)
    sentences = _by_sentence(text, told)
    for sentence in reversed(sentences) if put_right else sentences:
        words = text[sentence[0].start : sentence[-1].start + len(sentence[-1].text)]
        plain = not (
            over
            or any(fact["evidence"] in words for fact in others.values())
            or _qualified_no(fold(words), lexicons)
            or says("asking_back", fold(text), lexicons)
        )
        if shown := _said_in(item, sentence, lexicons, put_right=put_right, plain=plain):
            return shown
    if item.value_named(NONE) and len(item.values) > YES_OR_NO:
        denying = (one for one in told if all_denied(item, one, lexicons))
        return next((Shown(one.start, NONE, one.text.strip()) for one in denying), None)
    return None


def _by_sentence(text: str, clauses: Sequence[Clause]) -> list[list[Clause]]:
    """Clauses, those of a sentence together."""
    sentences: list[list[Clause]] = []
    end = 0
    for clause in clauses:
        if not sentences or SENTENCE_END.search(text[end : clause.start]):
            sentences.append([])
        sentences[-1].append(clause)
        end = clause.start
    return sentences


def _said_in(
    item: Attribute,
    sentence: Sequence[Clause],
    lexicons: Sequence[Lexicon],
    *,
    put_right: bool,
    plain: bool,
) -> Shown | None:
    """The value that a sentence says; a bare yes or no only if plain, where nothing else does."""
    telling_ones = [part for part in sentence if not is_aside(part.folded, lexicons)]
    bare = [part for part in sentence if is_yes_or_no(part.folded, lexicons)]
    none: Shown | None = None
    for clause in reversed(telling_ones) if put_right else telling_ones:
        if item.id == "age":
            age = age_in_answer(clause, lexicons)
            found = [age] if age else []
        else:
            found = shown_in_answer(item, clause, lexicons)
        value = next(
            (one for one in found if one.value in WITHOUT_WORK), found[0] if found else None
        )
        if value and (put_right or value.value not in (NONE, NO_WORK)):
            return value if none is None or none.value == NONE or value.value in UNPAID else none
        none = none or value
    if none is None and plain and item.id != "age":
        none = next((one for part in bare for one in shown_in_answer(item, part, lexicons)), None)
    return none


def _qualified_no(folded: str, lexicons: Sequence[Lexicon]) -> bool:
    """Whether a text says no or yes and then "but", with something that the reader may not know."""
    for lexicon in lexicons:
        said = lexicon.group("yes_no").match(folded.lstrip())
        if said and lexicon.group("past").search(folded.lstrip()[said.end() :].lstrip(" ,;:،")):
            return True
        if said and (but := lexicon.group("contrast").search(folded.lstrip(), said.end())):
            rest = folded.lstrip()[but.end() :]
            return not says("others", rest, lexicons) or says("speaker", rest, lexicons)
    return False


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
