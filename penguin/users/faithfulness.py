"""Whether a simulated user keeps to its profile, measured answer by answer.

A simulator that invents, tells everything at once or speaks as the helper spoils a measurement of
the agent; what it does wrong is found here and charged to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..attributes import Attribute, load_attributes
from ..languages import translated_value
from ..profile import Profile
from ..reading import canonical_value, read_facts
from .protocol import SimulatedUser

Fault = Literal["contradiction", "invention", "leak", "front-loading", "helper's voice", "left"]
FAULTS: tuple[Fault, ...] = (
    "contradiction",
    "invention",
    "leak",
    "front-loading",
    "helper's voice",
    "left",
)
MOST_EXAMPLES = 60
FRONT_LOADED = 3
"""Unasked facts in one answer from which on a person tells all at once."""
HELPER = re.compile(
    r"\b(how (can|may) i (help|assist)|as an ai|language model|i('m| am) (here to help|an"
    r" assistant)|i (would )?(suggest|recommend) (that )?you|thank you for sharing"
    r"|is there anything else i can"
    r"|my profile (says|states)|according to my profile)\b",
    re.IGNORECASE,
)
STOP_TOKEN = re.compile(r"#{2,}\s*\w+\s*#{2,}|<\|?\w*(stop|end)\w*\|?>|\[(end|stop|exit)\]", re.I)

UserMaker = Callable[[Profile, int], SimulatedUser]
"""Makes a user from a profile and a seed."""


@dataclass(frozen=True)
class Finding:
    """A fault in one answer."""

    fault: Fault
    attribute: str
    words: str


@dataclass
class Faithfulness:
    """Faults of many answers."""

    answers: int = 0
    told: int = 0
    """Answers that told the value asked for, truly."""
    distinct: set[str] = field(default_factory=set[str])
    faulty: dict[Fault, int] = field(default_factory=lambda: dict.fromkeys(FAULTS, 0))
    """Answers with at least one fault of a kind."""
    examples: list[tuple[str, Finding]] = field(default_factory=list[tuple[str, Finding]])

    def rate(self, fault: Fault) -> float:
        """Share of answers with the fault, 0 to 1."""
        return self.faulty[fault] / self.answers if self.answers else 0.0


def check_answer(
    profile: Profile, asked: str, answer: str, *, told_before: frozenset[str] = frozenset()
) -> list[Finding]:
    """The faults of one answer.

    Args:
        profile: What is true.
        asked: The attribute that was asked for.
        answer: What was said.
        told_before: Attributes that were asked for earlier; telling them again is no leak.
    """
    findings: list[Finding] = []
    facts = read_facts(answer, asked=asked, source="answer")
    unasked = 0
    for name, fact in facts.items():
        if fact["status"] != "known":
            continue
        told, words = canonical_value(name, fact["value"]), fact["evidence"][:80]
        truth = profile.known(name)
        if truth is None:
            if told is not None:
                findings.append(Finding("invention", name, words))
        elif told is not None and told != (canonical_value(name, truth) or truth):
            findings.append(Finding("contradiction", name, words))
        if name != asked and name not in told_before and told is not None:
            unasked += 1
            findings.append(Finding("leak", name, words))
    if unasked >= FRONT_LOADED:
        findings.append(Finding("front-loading", asked, answer[:80]))
    if HELPER.search(answer):
        findings.append(Finding("helper's voice", asked, answer[:80]))
    if STOP_TOKEN.search(answer):
        findings.append(Finding("left", asked, answer[:80]))
    return findings


async def measure_faithfulness(
    make: UserMaker, people: Sequence[Profile], *, answers: int, questions: int = 3
) -> Faithfulness:
    """Ask many people some questions each, and count their faults.

    Args:
        make: Makes the user of a person.
        people: Profiles, taken in turn.
        answers: Answers wanted at least.
        questions: Questions a person; different ones from person to person.
    """
    found, number = Faithfulness(), 0
    items = list(load_attributes().values())
    while found.answers < answers:
        profile = people[number % len(people)]
        user = make(profile, number)
        before: set[str] = set()
        for place in range(questions):
            item = items[(number * questions + place) % len(items)]
            await _ask(user, item, profile, found, before, wording=number)
            if getattr(user, "left", False):
                break
        number += 1
    return found


async def _ask(
    user: SimulatedUser,
    item: Attribute,
    profile: Profile,
    found: Faithfulness,
    before: set[str],
    *,
    wording: int,
) -> None:
    answer = await user.answer(item.questions[wording % len(item.questions)])
    findings = check_answer(profile, item.id, answer, told_before=frozenset(before))
    if getattr(user, "left", False):
        findings.append(Finding("left", item.id, answer[:80]))
    before.add(item.id)
    found.answers += 1
    found.distinct.add(answer)
    facts = read_facts(answer, asked=item.id, source="answer")
    truth = profile.known(item.id)
    if truth and item.id in facts and facts[item.id]["status"] == "known":
        value = facts[item.id]["value"]
        found.told += (translated_value(item.id, answer) or canonical_value(item.id, value)) == (
            canonical_value(item.id, truth)
        )
    kinds: set[Fault] = {finding.fault for finding in findings}
    for fault in kinds:
        found.faulty[fault] += 1
    if len(found.examples) < MOST_EXAMPLES:
        found.examples += [(answer, finding) for finding in findings]
