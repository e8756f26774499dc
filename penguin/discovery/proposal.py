"""Needs to attributes: each proposal in the schema of ``attributes.yaml``, with its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..attributes import Attribute, Value, load_attributes
from .conditions import WORD, Condition
from .grouping import Group

COST = 0.3
"""What asking costs until a human says otherwise: between marital and economic status."""
YES, NO = "Yes", "No"
USUAL, OTHER = "As assumed", "Other"
NO_VALUES = "the evidence names no values: put the real ones"
TAKEN = "another attribute takes one of its questions for its own: word it anew"


@dataclass(frozen=True)
class Evidence:
    """Words that show a need."""

    message: str
    quote: str


@dataclass(frozen=True)
class Proposal:
    """An attribute that could be added."""

    attribute: Attribute
    evidence: tuple[Evidence, ...]
    doubt: str = ""
    """What a human must settle before use; empty: nothing but a reading."""

    @property
    def support(self) -> int:
        """Different messages that need it."""
        return len({one.message for one in self.evidence})


def propose(groups: Sequence[Group]) -> list[Proposal]:
    """A proposal for each group of conditions, in their order."""
    taken = {*load_attributes()}
    proposals: list[Proposal] = []
    for group in groups:
        words = group.words or tuple(WORD.findall(group.conditions[0].content))
        name = next((word for word in words if word not in taken), "_".join([*words, "need"]))
        while name in taken:
            name += "_again"
        taken.add(name)
        proposals.append(_proposal(name, words, group.conditions))
    return proposals


def asked_by(words: Iterable[str]) -> tuple[str, ...]:
    """Patterns of questions that name one of some words."""
    return tuple(rf"\b{re.escape(word)}\b.*\?" for word in words)


def safe_questions(wanted: Iterable[str]) -> tuple[str, ...]:
    """Three of the questions that no other attribute's patterns take for theirs."""
    others = load_attributes().values()
    kept = [
        one
        for one in dict.fromkeys(wanted)
        if one.count("?") == 1 and not any(item.asked_pattern.search(one) for item in others)
    ]
    return tuple(kept[:3])


def _proposal(name: str, words: Sequence[str], conditions: Sequence[Condition]) -> Proposal:
    """Write the entry; a closed need is a yes or no, an open one asks which."""
    named = [head for one in conditions if one.verb and (head := _head(one))]
    bare = words[0] in named
    is_open = sum(one.open for one in conditions) > len(conditions) / 2 and not bare
    central = next((one for one in conditions if one.open is is_open), conditions[0])
    questions = _questions(central, words, conditions)
    patterns = asked_by(words)
    attribute = Attribute(
        id=name,
        label=name.replace("_", " ").title(),
        group="demographic",
        type="category" if is_open else "yes-no",
        sensitive=True,
        cost=COST,
        reason="the right answer depends on "
        + (_indirect(central.clause) if central.open else f"whether {central.clause}"),
        asked_by=(
            *patterns,
            *(re.escape(one) for one in questions if not re.search("|".join(patterns), one, re.I)),
        ),
        questions=questions,
        values=_open_values(named) if is_open else _yes_or_no(conditions, words),
    )
    doubts = [NO_VALUES] if is_open and not named else []
    if set(safe_questions(questions)) != set(questions):
        doubts.append(TAKEN)
    evidence = tuple(Evidence(one.message, one.quote) for one in conditions)
    return Proposal(attribute, evidence, "; ".join(doubts))


def _questions(
    central: Condition, words: Sequence[str], conditions: Sequence[Condition]
) -> tuple[str, ...]:
    """From gentle to direct, with a way out."""
    plain = _question(central)
    asked = [
        f"{one.sentence[0].upper()}{one.sentence[1:]}"
        for one in conditions
        if one.sentence.endswith("?") and re.search(r"\byour?\b", one.sentence, re.IGNORECASE)
    ]
    about = f"Is there anything about this that I should know: {words[0]}? You may skip it."
    gentle = f"If you do not mind saying, {plain[0].lower()}{plain[1:]} You may skip it."
    told = f"Would you tell me whether {central.clause}?"
    if central.open:
        told = f"Would you tell me about {words[0]}?"
    spare = [f"What about {words[0]} in your case?", f"May I ask about {words[0]}?", about]
    chosen = safe_questions([gentle, plain, *asked, told, *spare])
    return chosen if len(chosen) == 3 else (*chosen, *spare)[:3]  # noqa: PLR2004


def _question(one: Condition) -> str:
    """A condition as a direct question."""
    if one.form == "question":
        return f"Can you tell me {_indirect(one.what)}?"
    if one.form == "noun":
        return f"What is your {one.what}?"
    if one.form == "thing":
        return f"Are there {one.what}?"
    if one.form == "someone":
        return f"Is it so that someone {one.what}?"
    return f"Are you {one.what}?" if one.verb == "are" else f"Do you {one.verb} {one.what}?"


def _indirect(what: str) -> str:
    """A question as part of a sentence: "what visa are you on" as "what visa you are on"."""
    return re.sub(r"\b(are|do) you\b", lambda m: "you are" if m[1] == "are" else "you", what)


def _yes_or_no(conditions: Sequence[Condition], words: Sequence[str]) -> tuple[Value, ...]:
    """Whether it holds, as the evidence puts it."""
    own = [one for one in conditions if one.form == "clause"]
    positive = [_told(one) for one in own or conditions if one.verb]
    any_word = "|".join(re.escape(word) for word in words)
    said = list(dict.fromkeys(["Yes.", *(f"Yes, {text}." for text in positive)]))[:5]
    verbs = r"(i am|i'm|im|i have|i've( got)?|i (use|live|care|need|hold|rely|depend)|my|we have)"
    yes = rf"\b{verbs} (?!no\b|not\b|never\b|without\b)(\S+ ){{0,3}}({any_word})\b"
    return (
        Value(
            value=YES, signs=(r"^(yes|yeah|yep|i (do|am|have)(?! not\b))\b", yes), said=tuple(said)
        ),
        Value(
            value=NO,
            signs=(
                r"^(no|nope|none|not)\b",
                r"^(i am|i'm|im|i) (not|don't|do not|haven't)\b",
                rf"\bi have no (\S+ ){{0,2}}({any_word})\b",
            ),
            said=("No.", "No, that is not so for me.", "No, none of that."),
        ),
    )


def _open_values(named: Sequence[str]) -> tuple[Value, ...]:
    """The alternatives that the evidence names, and all others."""
    values = tuple(
        Value(value=name.capitalize(), signs=(rf"\b{re.escape(name)}\b",), said=(f"{name}.",))
        for name in list(dict.fromkeys(named))[:6]
    )
    other = Value(value=OTHER, signs=(r"^(other|another)\b",), said=("Another one.",))
    usual = Value(value=USUAL, signs=(r"^(the usual|as usual)\b",), said=("The usual one.",))
    return (*(values or (usual,)), other)


def _head(condition: Condition) -> str:
    """The carrying words of what somebody has or is, a few."""
    words = [word for word in condition.content.split() if word != condition.verb]
    return " ".join(words[:3])


def _told(condition: Condition) -> str:
    """A condition as the person says it of themselves."""
    text = re.sub(r"\byou are\b", "I am", re.sub(r"\bany\b ?", "", condition.clause))
    text = re.sub(r"\byou\b", "I", text)
    return re.sub(r"\byour\b", "my", text)
