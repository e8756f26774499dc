"""A writer and a judge for tests that count what they are paid for."""

from __future__ import annotations

import asyncio
from collections import Counter

from raise_penguin.penguin.facts import Facts
from raise_penguin.penguin.judging.verdict import Unscored, Verdict
from raise_penguin.penguin.profile import Profile


class FakeWriter:
    """Writes what it was shown; notes each call."""

    def __init__(self, delay: float = 0.0) -> None:
        self.calls: list[str] = []
        self.under_way = self.most_under_way = 0
        self.delay = delay

    async def __call__(self, query: str, domain: str, facts: Facts) -> str:
        shown = ", ".join(f"{name}: {fact['value']}" for name, fact in sorted(facts.items()))
        self.calls.append(shown)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(self.delay)
        self.under_way -= 1
        return f"To {query!r} in {domain}, knowing {shown or 'nothing'}."


class FakeJudge:
    """A score that grows with what the reply knows; fails for as many tries a reply as told."""

    name = "fake judge v1"

    def __init__(self, failures: int = 0, *, fails_for: frozenset[str] = frozenset()) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.failures, self.fails_for = failures, fails_for

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        self.calls[profile.id, reply] += 1
        await asyncio.sleep(0)
        if self.calls[profile.id, reply] <= self.failures or profile.id in self.fails_for:
            return Unscored(cause="the answer is rubbish")
        base = 1 + min(3.0, reply.count(":") / 2) + len(profile.values["profession"]) / 40
        return Verdict.model_validate(
            {
                "risk_sensitivity": {"reason": "", "score": base},
                "emotional_empathy": {"reason": "", "score": min(5.0, base + 0.3)},
                "user_alignment": {"reason": "", "score": min(5.0, base + 0.6)},
            }
        )

    @property
    def total(self) -> int:
        return self.calls.total()
