"""A random dialogue, drawn before it is held: who talks, what they say when, and what breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from ...graphs.context import RaiseContext
from ...penguin.attributes import load_attributes
from ...penguin.domains import load_situations
from ...penguin.people import generator, person
from ...penguin.profile import Profile
from ...penguin.users.behaviours import load_behaviours

Choice = TypeVar("Choice", bound=str)
Saver = Literal["memory", "SQLite", "async SQLite", "PostgreSQL", "async PostgreSQL"]
SAVERS: tuple[Saver, ...] = ("memory", "SQLite", "async SQLite", "PostgreSQL", "async PostgreSQL")
Write = Literal["before", "after", "gone", "dead"]
WRITES: tuple[Write, ...] = ("before", "after", "gone", "dead")
Trouble = Literal["none", "failing", "contrary", "hanging"]
"""What is wrong with the roles: they raise and write half a reply; or they choose what was asked,
known or does not exist, with several questions in one; or they never return."""
Move = Literal[
    "answer",
    "empty",
    "emoji",
    "controls",
    "injection",
    "ask_back",
    "correction",
    "remark",
    "thanks",
    "decline",
    "crisis",
    "topic",
    "harmless",
    "long",
    "too_long",
    "surrogate",
    "same",
    "stale",
    "replay",
    "twice",
    "race",
    "queue",
    "alarm",
]
"""What a person does next.

"same" says the last words again; "stale" answers a question that was answered before, and "replay"
sends the graph itself the resume of one; "twice" is a double click, "race" two answers to one
question at once, "queue" two messages at once that name no question, and "alarm" another message
and one of acute danger at once.
"""

OPENINGS: dict[Move, float] = {"topic": 0.78, "harmless": 0.06, "crisis": 0.06, "injection": 0.1}
ANSWERS: dict[Move, float] = {
    "answer": 0.46,
    "decline": 0.06,
    "empty": 0.04,
    "emoji": 0.03,
    "controls": 0.03,
    "injection": 0.04,
    "ask_back": 0.04,
    "correction": 0.04,
    "remark": 0.04,
    "crisis": 0.03,
    "topic": 0.03,
    "long": 0.01,
    "too_long": 0.01,
    "surrogate": 0.01,
    "same": 0.03,
    "stale": 0.03,
    "replay": 0.03,
    "twice": 0.03,
    "race": 0.02,
    "queue": 0.02,
    "alarm": 0.01,
}
FOLLOW_UPS: dict[Move, float] = {
    "topic": 0.34,
    "harmless": 0.1,
    "thanks": 0.12,
    "remark": 0.08,
    "correction": 0.08,
    "injection": 0.05,
    "crisis": 0.08,
    "empty": 0.03,
    "emoji": 0.03,
    "same": 0.04,
    "stale": 0.02,
    "too_long": 0.01,
    "queue": 0.02,
    "alarm": 0.02,
}
SHARE_OF_TROUBLE: dict[Trouble, float] = {
    "none": 0.69,
    "failing": 0.15,
    "contrary": 0.15,
    "hanging": 0.01,
}
MOST_STEPS = 14
MOST_FOLLOW_UPS = 2


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a person would do next, should a question wait, and should none."""

    waiting: Move
    free: Move
    draw: float
    """Chooses the words, 0 to 1."""
    names_question: bool
    """Whether an answer names the question that it is for."""


@dataclass(frozen=True, kw_only=True)
class Breaks:
    """What breaks on the way; numbers count from 1 over the whole dialogue."""

    trouble: Trouble
    writes: dict[int, Write]
    """Writes of checkpoints that fail: not done, done but reported as failed, the caller goes away
    in the middle, or the store is gone from there on until the process is started anew."""
    reads: frozenset[int]
    """Reads of checkpoints that fail."""
    kills: frozenset[int]
    """Role calls at which the caller goes away."""
    restarts: frozenset[int]
    """Steps before which the process is started anew: another graph on the same checkpoints."""
    no_policy: bool
    """The policy store cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One dialogue."""

    number: int
    saver: Saver
    profile: Profile
    behaviours: tuple[str, ...]
    declines: frozenset[str]
    context: RaiseContext
    opening: Move
    opening_draw: float
    steps: tuple[Step, ...]
    follow_ups: int
    breaks: Breaks
    mark: str
    """A word that this person alone says, in the opening and in every remark."""


def draw_plan(number: int, seed: int, saver: Saver) -> Plan:
    """The dialogue of a number: the same one for the same seed, whatever else is drawn."""
    rng = generator("properties", "dialogue", number, seed)
    situations = list(load_situations())
    profile = person("properties", situations[number % len(situations)], number, seed)
    behaviours = list(load_behaviours())
    own = [behaviours[number % len(behaviours)], *rng.permutation(behaviours)[:1].tolist()]
    names = list(load_attributes())
    breaks = _breaks(rng)
    return Plan(
        number=number,
        saver=saver,
        profile=profile,
        behaviours=tuple(own[: int(rng.integers(1, 3))]),
        declines=frozenset(rng.permutation(names)[: int(rng.integers(0, 3))].tolist()),
        context=_context(rng, names, breaks),
        opening=_one_of(OPENINGS, rng),
        opening_draw=float(rng.random()),
        steps=tuple(
            Step(
                waiting=_one_of(ANSWERS, rng),
                free=_one_of(FOLLOW_UPS, rng),
                draw=float(rng.random()),
                names_question=bool(rng.random() < 0.6),  # noqa: PLR2004
            )
            for _ in range(MOST_STEPS)
        ),
        follow_ups=int(rng.integers(0, MOST_FOLLOW_UPS + 1)),
        breaks=breaks,
        mark=f"zq{number}x",
    )


def _context(rng: np.random.Generator, names: list[str], breaks: Breaks) -> RaiseContext:
    given: dict[str, object] = {
        "budget": int(rng.choice([0, 1, 2, 3, 3, 3, 4, 5])),
        "stopping": str(rng.choice(["auto", "auto", "value", "scale", "binary", "basic"])),
        "selection": str(rng.choice(["model", "model", "policy"])),
        "country": str(rng.choice(["", "", "GB", "US", "DE", "NG", "IN", "XX"])),
        "never_ask": tuple(rng.permutation(names)[: int(rng.choice([0, 0, 1, 3]))].tolist()),
        "country_limits": bool(rng.random() < 0.8),  # noqa: PLR2004
        "safety_question": bool(rng.random() < 0.8),  # noqa: PLR2004
    }
    if breaks.trouble == "hanging":
        given["time_limit"] = 0.1
    if breaks.no_policy:
        given["policy_store"] = "no-such-folder/policy.sqlite"
    return RaiseContext.model_validate(given)


def _breaks(rng: np.random.Generator) -> Breaks:
    trouble = _one_of(SHARE_OF_TROUBLE, rng)
    disturbed = rng.random() < 0.5  # noqa: PLR2004
    writes: dict[int, Write] = {
        int(rng.integers(1, 60)): WRITES[int(rng.integers(len(WRITES)))]
        for _ in range(int(rng.integers(4)) * disturbed)
    }
    return Breaks(
        trouble=trouble,
        writes=writes,
        reads=frozenset(rng.integers(1, 40, size=int(rng.integers(3))).tolist() * disturbed),
        kills=frozenset(rng.integers(1, 12, size=int(rng.integers(3))).tolist() * disturbed),
        restarts=frozenset(rng.integers(0, MOST_STEPS, size=int(rng.integers(3))).tolist()),
        no_policy=bool(rng.random() < 0.05),  # noqa: PLR2004
    )


def _one_of(shares: dict[Choice, float], rng: np.random.Generator) -> Choice:
    place = rng.random() * sum(shares.values())
    for choice, share in shares.items():
        place -= share
        if place < 0:
            return choice
    return next(iter(shares))
