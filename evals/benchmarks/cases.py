"""Whom a policy is measured on: people who send the messages of some situations, and scores."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from ...graphs.roles import ReplyRequest, Responder, Triager, offline_roles
from ...penguin.domains import load_situations
from ...penguin.facts import profile_facts
from ...penguin.judging.offline import OfflineJudge
from ...penguin.judging.verdict import Judge, Unscored
from ...penguin.people import person
from ...penguin.profile import Profile
from ...penguin.wording import first_wording
from ...policies.retrieval import NEIGHBOURS, Retrieval
from ...policies.scoring import RewardError
from ...policies.store import PolicyStore

OFFLINE = {"writer": "offline", "judge": "offline"}
"""Who wrote and who judged; every figure of these benchmarks says so."""


class Case(NamedTuple):
    """Somebody who sends a message."""

    situation: str
    """Its id; the cases of one situation are one cluster."""
    domain: str
    """Domain id as triage places the message, which may be wrong; "" where it places none."""
    query: str
    person: Profile


async def cases_of(
    splits: Collection[str],
    *,
    queries: int,
    people: int,
    seed: int = 0,
    triager: Triager | None = None,
) -> list[Case]:
    """People for the messages of all situations of some splits, drawn apart from those of planning.

    Args:
        splits: "train", "validation" and "test", some of them.
        queries: Messages for each situation, the first ones.
        people: People for each message, the same ones for every message of a situation.
        seed: Another seed draws other people.
        triager: Places the messages in domains; the offline rules when omitted.
    """
    triager = triager or offline_roles().triage
    found: list[Case] = []
    for name, (_, situation) in load_situations().items():
        if situation.split not in splits:
            continue
        senders = [person("bench", name, number, seed) for number in range(people)]
        for template in situation.queries[:queries]:
            query = first_wording(template)
            domain = (await triager.triage(query)).domain
            found += [Case(name, domain, query, sender) for sender in senders]
    return found


class SetScores:
    """Scores of the replies to people of whom some attributes are known; none is judged twice.

    Args:
        responder: Writes the replies; the offline one when omitted.
        judge: Scores them; the offline one when omitted.
    """

    def __init__(self, responder: Responder | None = None, judge: Judge | None = None) -> None:
        self._responder = responder or offline_roles().respond
        self._judge = judge or OfflineJudge()
        self._by_set: dict[tuple[str, str, frozenset[str]], float] = {}
        self._by_reply: dict[tuple[str, str, str], float] = {}

    async def __call__(self, case: Case, known: Iterable[str]) -> float:
        """The score of the reply when these attributes of the person are known, 1 to 5.

        Raises:
            RewardError: The reply got no score.
        """
        key = (case.query, case.person.id, frozenset(known))
        if key not in self._by_set:
            self._by_set[key] = await self._score(case, key[2])
        return self._by_set[key]

    async def _score(self, case: Case, known: frozenset[str]) -> float:
        """Write and judge; sets that lead to the same reply are judged once."""
        shown = {name: value for name, value in case.person.values.items() if name in known}
        request = ReplyRequest(query=case.query, domain=case.domain, facts=profile_facts(shown))
        reply = "".join([piece async for piece in self._responder.write(request)])
        key = (case.query, case.person.id, reply)
        if key not in self._by_reply:
            verdict = await self._judge.judge(case.query, case.person, reply)
            if isinstance(verdict, Unscored):
                raise RewardError(f"the reply to {case.query[:60]!r} got no score: {verdict.cause}")
            self._by_reply[key] = verdict.mean
        return self._by_reply[key]


class HeldOutPolicy:
    """What a store's plans say about a message when its own situation was not planned.

    Args:
        store: An open policy store.
    """

    def __init__(self, store: PolicyStore) -> None:
        self._store = store
        self._plans = store.plans()
        self._answers = store.answers
        self._found: dict[tuple[str, str, str], Retrieval] = {}

    def retrieval(self, case: Case) -> Retrieval:
        """The retrieval for a case's message, without the plans of its situation."""
        key = (case.situation, case.domain, case.query)
        if key not in self._found:
            own = sum(plan.situation == case.situation for plan in self._plans)
            near = self._store.nearest(case.query, NEIGHBOURS + own)
            others = [plan for plan in near if plan.situation != case.situation]
            of_domain = [
                plan
                for plan in self._plans
                if plan.domain == case.domain and plan.situation != case.situation
            ]
            self._found[key] = Retrieval(
                others[:NEIGHBOURS], of_domain, domain=case.domain, answers=self._answers
            )
        return self._found[key]
