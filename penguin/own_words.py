"""Own words: which free text can be the answer to a question for one attribute.

An attribute has a range of values, and people have more: a beekeeper, "cohabiting", "drained but
hopeful". Such words are kept as they stand, and only where they can be the answer. "It's raining
here again" is none, and a fact that nobody told would end the questions too early.
"""

from __future__ import annotations

import re

from .attributes import Attribute

MAX_CHARACTERS = 200
"""Longest own words kept as a value."""
MAX_WORDS = 15
"""A longer sentence tells a story; it is no value."""
STATUS_WORDS = 6
"""Words up to which "I'm ..." says what somebody is; feelings may take more."""

SENTENCE = re.compile(r"[^.!?]+[.!?]*")
LETTER = re.compile(r"[^\W\d_]")
ASIDE = re.compile(
    r"^\W*(yes|yeah|yep|no|nope|ok(ay)?|k|sure|(all )?right|well|so|oh|h+m+|mm+|ugh|eh|um+|er+|lol"
    r"|ha(ha)+|hi|hello|hey|bye|thanks?( you)?|sorry|please|honestly|seriously|of course"
    r"|to be honest|since you ask|just wondering|funny|fair enough|never ?mind|whatever|anyway"
    r"|next|done|maybe|good (morning|evening|night|luck)|(one|a|just a) (moment|second|minute|sec)"
    r"|deep breath|back in (a|one|two|five) \w+|breathing|no offence|same|again|wait|true)\b\W*"
    r"((ok(ay)?|then|please|really|again|so|much|anyway|for now|now)\W*)*$",
    re.IGNORECASE,
)
"""A sentence beside the matter."""
VAGUE = re.compile(
    r"\b(somewhere|in between|it depends|depends on|the usual|more or less|(put|fit) in a box"
    r"|bit of (this|both|everything)|complicated|neither here|whatever|in a way|nothing special"
    r"|like (most|other|everyone|everybody)|could be (better|worse)|you know how it|so[- ]so"
    r"|some would say|how to call it|what you'?d call)\b",
    re.IGNORECASE,
)
"""True, but nothing one can use."""
OF_ONESELF = re.compile(
    r"^\W*((i'?m|i am|we'?re|we are|i'?ve been|i have been|i used to be)"
    r"(?! (going|about|not sure|sorry|here|there|back|out\b|on |at |off|just saying|done|asking))"
    r"|(i|we) (work|run|own|teach|make|sell|drive|repair|build|keep (?!\w+ing))"
    r"|(i|we) (have|had|'ve) (got )?(an?|some|two|three)\b|i'?ve (got )?(an?|some|two|three)\b"
    r"|(i )?(feel|felt|feeling)\b)",
    re.IGNORECASE,
)
FEELS = re.compile(r"^\W*(i )?(feel|felt|feeling)\b", re.IGNORECASE)
WORKS = re.compile(r"\b(for a living|my (job|work|trade) is)\b", re.IGNORECASE)
OF_ELSE = re.compile(
    r"\b(i|i'\w+|it|it'?s|its|there|there'?s|this|that|that'?s|these|those|you|your|you'\w+|he|she"
    r"|they|we|(some|any|every|no) ?(one|body|thing)|people|what|who|where|when|which|how|why"
    r"|is|are|was|were|has|have|had|will|would|could|should|must)\b",
    re.IGNORECASE,
)
"""A word by which something is no mere phrase about its writer."""
NO_PHRASE = re.compile(
    r"^\W*(the|my|our|his|her|their|tell|give|stop|just|help|answer|let'?s?|ask|forget|ignore|go"
    r"|come|look|please|don'?t|do|did|does|can|could|will|would|is|are|was|make|take|leave|use"
    r"|before|after|if|because|and|but|sorry|thanks?|see|say|move|get|keep)\b",
    re.IGNORECASE,
)
"""How a command, a question or a sentence with a subject of its own begins."""


def own_words(item: Attribute, text: str) -> str | None:
    """The sentence of a text that can be an answer in somebody's own words.

    Args:
        item: What was asked for. An age is a number and has none.
        text: What was said, with straight quotes and single spaces.

    Returns:
        A phrase ("Cohabiting partner") or what somebody says of themselves ("I'm freelance"); None
        where no sentence is either.
    """
    if item.id == "age":
        return None
    for sentence in (found.strip() for found in SENTENCE.findall(text)):
        words = len(sentence.split())
        if words > MAX_WORDS or "?" in sentence or not LETTER.search(sentence):
            continue
        if ASIDE.match(sentence):
            continue
        if _of_oneself(item, sentence, words) or not (
            OF_ELSE.search(sentence) or NO_PHRASE.match(sentence)
        ):
            return sentence.rstrip(".! ")[:MAX_CHARACTERS]
    return None


def _of_oneself(item: Attribute, sentence: str, words: int) -> bool:
    if item.group == "demographic" and WORKS.search(sentence):
        return True
    if item.group != "emotion" and (words > STATUS_WORDS or FEELS.match(sentence)):
        return False
    return OF_ONESELF.match(sentence) is not None
