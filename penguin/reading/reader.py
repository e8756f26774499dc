"""The offline reader: what a person's words tell about them. Precision before recall.

Patterns are data (``signs`` in ``data/attributes.yaml``); here stand the rules that hold for all of
them: speaking of oneself or of somebody else, refusing, not knowing, short answers, corrections.
"""

from __future__ import annotations

import re

from ..attributes import Attribute, attribute, load_attributes
from ..facts import Fact, Facts, Source
from ..languages import translated_value
from ..own_words import VAGUE, own_words

BRIEF_WORDS = 3
"""Words of a clause that may leave out the "I" in an answer."""

MAX_EVIDENCE = 200
"""Longest evidence kept, in characters."""

DECLINED = re.compile(
    r"\b(rather not|prefer not|don'?t want to (say|talk|answer|go into|discuss|share)"
    r"|not (comfortable|going to (say|answer)|telling|something i (talk|share))|none of your"
    r"|(no|not your) business|skip|pass\b|next question|leave (that|it) out"
    r"|keep (that|it) to myself"
    r"|why (do you|would you|are you|does that|is that)|what('s| is) it to you|private|no comment"
    r"|never ?mind|forget (it|that|about it)"
    r"|leave it( there| at that)?\b|can we not|i('d| would) rather (keep|leave)|decline"
    r"|won'?t (say|answer))",
    re.IGNORECASE,
)
LEAVING = re.compile(
    r"\b(enough questions|not a survey|no time for (this|that)|takes too long|going nowhere"
    r"|keep asking|i'?m (out|closing this)\b(?! of)|done here|good ?(night|bye)\b|bye\b)",
    re.IGNORECASE,
)
"""Somebody who has had enough and goes; no answer where they tell no value with it."""
UNSURE = re.compile(
    r"^\W*(i )?(really )?(don'?t|do not|dunno|couldn'?t|can'?t) ?(really )?(know|say|tell)\b"
    r"|\b(dunno|no idea|not (really )?sure|hard to (say|tell)|i wouldn'?t know|who knows"
    r"|i never thought about)\b|^\W*(idk|unsure|maybe)\W*$",
    re.IGNORECASE,
)
PUT_RIGHT = re.compile(
    r"\b(no,? sorry|sorry,? no|wait\b|scratch that|i mean\b|mistyped|not true|no no\b|hang on"
    r"|correct(ion| that| myself)|actually|that'?s wrong|wrong\b|typo)",
    re.IGNORECASE,
)
"""A person takes back what stands before it."""
OTHERS = re.compile(
    r"\b(my|our|his|her|their|a|the) (\w+ )?(son|daughter|kid|child|baby|brother|sister|mum|mom"
    r"|mother|dad|father|friend|boss|colleague|coworker|co-worker|neighbou?r|roommate|flatmate"
    r"|cousin|uncle|aunt|partner|boyfriend|girlfriend|grandmother|grandfather|niece|nephew|manager"
    r"|teacher|landlord|husband|wife|ex)('s)?\b(?! died| passed)"
    r"|\b(he|she|they) (is|was|are|were|has|had|'s)\b",
    re.IGNORECASE,
)
SELF = re.compile(r"\b(i|i'm|im|i've|me|my|myself|we|we're)\b", re.IGNORECASE)
NEGATED = re.compile(
    r"\b(not|never|no longer|isn'?t|wasn'?t|ain'?t)\W+(\w+\W+){0,2}$", re.IGNORECASE
)
SHORT_FORMS = [
    (re.compile(full, re.IGNORECASE), short)
    for full, short in (
        (r"\bI am\b", "I'm"),
        (r"\bI have\b", "I've"),
        (r"\bdo not\b", "don't"),
        (r"\bcannot\b", "can't"),
        (r"\bit is\b", "it's"),
        (r"\bthat is\b", "that's"),
    )
]
CLAUSE = re.compile(r"[^.!?;\n]+[.!?;\n]?")
COMMA = re.compile(r",\s+|\s+(?:but|and|while|whereas)\s+")

AGE_SPOKEN = re.compile(
    r"\b(?:i am|i'm|im|i turned|i just turned|turning|i'll be|aged?|age:?|me \(|i, |as a)\s*"
    r"(?:is\s+)?(?:now |just |only |almost |nearly |about |around )*"
    r"(\d{2})\b(?!\s*(?:%|percent|hours|days|weeks|months|k\b|minutes|euros|dollars|pounds|people))"
    r"|\b(\d{2})[- ]?(?:years?[- ]old|yo|y/o|yrs? old)\b|\(?\b(\d{2})\s?[mf]\b\)?",
    re.IGNORECASE,
)
AGE_BARE = re.compile(r"^\D{0,20}(\d{2})\b(?!\s*%)[^\d]{0,30}$")
AGE_RANGE = re.compile(r"\b(\d{2})\s*(?:-|–|to)\s*(\d{2})\b|\b(\d{2})\s*\+")
UNITS: dict[str, int] = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70}
TEENS = {"eighteen": 18, "nineteen": 19}
NUMBER_WORD = re.compile(
    rf"\b(?:({'|'.join(TENS)})(?:[- ]({'|'.join(UNITS)}))?|({'|'.join(TEENS)}))\b", re.IGNORECASE
)
AGE_BANDS = ((18, 24, "18-24"), (25, 34, "25-34"), (35, 44, "35-44"), (45, 54, "45-54"))


def read_facts(text: str, *, asked: str | None = None, source: Source) -> Facts:
    """What a text tells about the person who wrote it.

    Args:
        text: A message, or the answer to a question.
        asked: The attribute that the question asked for; the text is then read as its answer, so
            that "34", "no" or "skip" count. None for a message.
        source: Where the text comes from.

    Returns:
        Facts by attribute id. With ``asked``: "declined" or "unclear" where the person would
        rather not say, does not know or stays vague; their own words where no value fits and they
        can be an answer; and nothing for it where the answer speaks of something else.
    """
    text = " ".join(text.replace("’", "'").replace("‘", "'").split())
    facts = {
        item.id: fact
        for item in load_attributes().values()
        if (fact := _told(item, text, source, answer=asked is not None)) is not None
    }
    if asked is None:
        return facts
    return _answered(attribute(asked), text, facts, source)


def canonical_value(attribute_id: str, text: str) -> str | None:
    """The paper's value for a free text such as "45-54 years" or "Recently Divorced".

    Returns:
        The value's name, or None where nothing fits.
    """
    item = attribute(attribute_id)
    text = text.strip().replace("’", "'")
    named = item.value_named(text) or next(
        (value for value in item.values if value.value.lower() == text.lower()), None
    )
    if named:
        return named.value
    if item.id == "age":
        return _age_of(text, bare=True)
    found = _matches(item, text, answer=True)
    return found[0][0] if found else _foreign(item, text)


def _foreign(item: Attribute, text: str) -> str | None:
    """A value whose name stands in the text as words, the longest first ("Mild Anxiety")."""
    for value in sorted(item.values, key=lambda value: -len(value.value)):
        if value.value != "Other" and re.search(
            rf"\b{re.escape(value.value)}\b", text, re.IGNORECASE
        ):
            return value.value
    return None


def _told(item: Attribute, text: str, source: Source, *, answer: bool) -> Fact | None:
    """What the text says of an attribute in so many words, the last mention first (corrections).

    In an answer a few words between commas speak of the person without an "I": "34, married".
    """
    candidates: list[tuple[str, str]] = []
    for clause in _own_clauses(text, apart=answer):
        brief = answer and len(clause.split()) <= BRIEF_WORDS
        if item.id == "age":
            value = _age_of(clause, bare=False) or (_bare_age(clause) if brief else None)
            candidates += [(value, clause)] if value else []
        elif brief or SELF.search(clause):
            candidates += _matches(item, clause, answer=False)
    if not candidates:
        return None
    value, evidence = candidates[0] if _corrects(text) else candidates[-1]
    return Fact(value=value, status="known", source=source, evidence=evidence.strip())


def _corrects(text: str) -> bool:
    """Whether the text puts the right value before the wrong one: "I'm 34, not 24"."""
    return bool(re.search(r",\s*not\s+\w+", text, re.IGNORECASE))


def _own_clauses(text: str, *, apart: bool) -> list[str]:
    """The clauses in which the person speaks of themselves, not of somebody else.

    Args:
        text: What they wrote.
        apart: Take what stands between commas apart, also where nobody else is spoken of.
    """
    clauses: list[str] = []
    for sentence in CLAUSE.findall(text):
        parts = COMMA.split(sentence) if apart or OTHERS.search(sentence) else [sentence]
        clauses += [part.strip() for part in parts if not _of_somebody_else(part)]
    return [clause for clause in clauses if clause]


def _of_somebody_else(clause: str) -> bool:
    """Whether the first one spoken of in a clause is another person."""
    other = OTHERS.search(clause)
    if not other:
        return False
    speaker = re.search(r"\b(i|i'm|im|i've|i am)\b", clause, re.IGNORECASE)
    tells = re.search(r"\bmy (husband|wife|spouse|late|ex[- ](husband|wife))\b", clause, re.I)
    return not tells and (speaker is None or other.start() < speaker.start())


def _matches(item: Attribute, clause: str, *, answer: bool) -> list[tuple[str, str]]:
    """Values that a clause shows, in the order of the text, each with its words."""
    found: list[tuple[int, str, str]] = []
    for form in dict.fromkeys((clause, _contracted(clause))):
        for value in item.values:
            pattern = value.in_answer if answer else value.in_passing
            match = pattern.search(form) if pattern else None
            if match and not _negated(form, match):
                found.append((match.start(), value.value, match.group()))
        if found:
            break
    return [(value, words) for _, value, words in sorted(found)]


def _contracted(clause: str) -> str:
    """The short forms of a clause in full forms, since the signs are written in these."""
    for full, short in SHORT_FORMS:
        clause = full.sub(short, clause)
    return clause


def _negated(clause: str, match: re.Match[str]) -> bool:
    """Whether a "not" stands before the words, unless the sign itself speaks of a "not"."""
    starts_with_not = re.match(r"(not|never|no|nothing|don't|do not)\b", match.group(), re.I)
    return not starts_with_not and bool(NEGATED.search(clause[: match.start()]))


def _answered(  # noqa: PLR0911 - one case after another
    item: Attribute, text: str, facts: Facts, source: Source
) -> Facts:
    """Read a text as the answer to a question for one attribute."""
    short = _contracted(text)
    if not re.search(r"\w", text) or (DECLINED.search(short) and not facts):
        return {**facts, item.id: Fact(value="", status="declined", source=source, evidence=text)}
    value = translated_value(item.id, text)
    if value is None:
        value = _said(item, UNSURE.sub(" ", text))
    if value is not None:
        fact = Fact(value=value, status="known", source=source, evidence=text[:MAX_EVIDENCE])
        return {**facts, item.id: fact}
    if item.id in facts:
        return facts
    if DECLINED.search(short) or LEAVING.search(short):
        return {**facts, item.id: Fact(value="", status="declined", source=source, evidence=text)}
    if UNSURE.search(short) or (VAGUE.search(short) and not facts):
        return {**facts, item.id: Fact(value="", status="unclear", source=source, evidence=text)}
    if facts or OTHERS.search(text):
        return facts
    own = own_words(item, text)
    if own is None:
        return facts
    evidence = text[:MAX_EVIDENCE]
    return {item.id: Fact(value=own, status="known", source=source, evidence=evidence)}


def _said(item: Attribute, text: str) -> str | None:
    """The value that an answer says.

    It is in the first clause that shows one, or in the last where the person puts something right.
    """
    clauses = [clause.strip() for clause in _own_clauses(text, apart=False)]
    if PUT_RIGHT.search(text):
        clauses.reverse()
    for clause in clauses if OTHERS.search(text) else [*clauses, text]:
        value = _age_of(clause, bare=True) if item.id == "age" else None
        if value is None:
            found = _matches(item, clause, answer=True)
            value = found[0][0] if found else None
        if value is not None:
            return value
    return None


def _age_of(text: str, *, bare: bool) -> str | None:
    """The age band of an age in a text; ``bare`` reads a number alone as an age."""
    for value in attribute("age").values:
        pattern = value.in_answer if bare else value.in_passing
        if pattern and (match := pattern.search(text)) and not _negated(text, match):
            return value.value
    if bare and (span := AGE_RANGE.search(text)):
        return _band(round((int(span[1]) + int(span[2])) / 2) if span[1] else int(span[3]))
    digits = NUMBER_WORD.sub(lambda word: str(_number(word)), text)
    spoken = AGE_SPOKEN.search(digits) or (AGE_BARE.search(digits) if bare else None)
    if not spoken or NEGATED.search(digits[: spoken.start()]):
        return None
    return _band(int(next(group for group in spoken.groups() if group)))


def _bare_age(clause: str) -> str | None:
    """The band of a clause that is an age and nothing else: "about 34"."""
    match = re.fullmatch(r"\W*(?:about|around|roughly|almost|nearly)?\s*(\d{2})\W*", clause)
    return _band(int(match[1])) if match else None


def _number(word: re.Match[str]) -> int:
    if word[3]:
        return TEENS[word[3].lower()]
    return TENS[word[1].lower()] + UNITS.get((word[2] or "").lower(), 0)


def _band(age: int) -> str | None:
    """The paper's band; None for a child, whom no band fits."""
    if age >= 55:  # noqa: PLR2004 - the paper's last band
        return "55+"
    return next((name for low, high, name in AGE_BANDS if low <= age <= high), None)
