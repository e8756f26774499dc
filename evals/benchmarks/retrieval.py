"""How good retrieval is: hits on other wordings, and planned gain kept on held-out situations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...penguin.attributes import load_attributes
from ...penguin.domains import load_situations
from ...penguin.wording import first_wording
from ...policies.retrieval import NEIGHBOURS, Retrieval
from ...policies.store import PolicyStore
from ..statistics import clustered_mean
from .cases import Case, HeldOutPolicy, SetScores, cases_of

DEPTH = 3
"""Questions of the sets compared; the paper compares three."""


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Shares of messages whose nearest plans were made for the same kind of message."""

    k: int
    messages: int
    situations: int
    situation_first: float
    situation_any: float
    domain_first: float
    domain_any: float
    agreement: float
    """Mean agreement of the neighbours on what to ask, 0 to 1."""


def hits(store: PolicyStore, *, queries: int = 10) -> Hits:
    """Look up the evaluated messages of planned train situations among their planning messages.

    Args:
        store: An open policy store.
        queries: Messages for each situation, the first ones.
    """
    planned = {record.situation for record in store.records()}
    stored = {record.query for record in store.records()}
    found: list[tuple[bool, bool, bool, bool, float]] = []
    situations: set[str] = set()
    for name, (domain, situation) in load_situations().items():
        if situation.split != "train" or name not in planned:
            continue
        situations.add(name)
        others = [one for each in situation.queries if (one := first_wording(each)) not in stored]
        for query in others[:queries]:
            near = store.nearest(query, NEIGHBOURS)
            found.append(
                (
                    near[0].situation == name,
                    any(one.situation == name for one in near),
                    near[0].domain == domain.id,
                    any(one.domain == domain.id for one in near),
                    Retrieval(near).agreement,
                )
            )
    shares = [float(np.mean(column)) for column in zip(*found, strict=True)] if found else [0.0] * 5
    return Hits(
        k=NEIGHBOURS,
        messages=len(found),
        situations=len(situations),
        situation_first=shares[0],
        situation_any=shares[1],
        domain_first=shares[2],
        domain_any=shares[3],
        agreement=shares[4],
    )


@dataclass(frozen=True, kw_only=True)
class HeldOutGain:
    """Share of the gain of each situation's own best set that the retrieved plan keeps."""

    situations: int
    depth: int
    share: float
    low: float
    high: float


async def held_out_gain(store: PolicyStore, *, people: int, seed: int = 0) -> HeldOutGain:
    """Compare the first questions retrieved for a held-out message with its situation's best set.

    The plan is the same for all people here: what they answer changes nothing. The first message of
    each test situation is used.

    Args:
        store: An open policy store.
        people: People for each situation.
        seed: Draws the people and the interval.
    """
    cases = await cases_of(("test",), queries=1, people=people, seed=seed)
    policy, scores = HeldOutPolicy(store), SetScores()
    kept, whole = list[tuple[str, float]](), list[float]()
    for name in dict.fromkeys(case.situation for case in cases):
        group = [case for case in cases if case.situation == name]
        nothing = await _mean(scores, group, ())
        best = max(
            [await _mean(scores, group, some) for some in combinations(load_attributes(), DEPTH)]
        )
        path = _fixed_path(policy.retrieval(group[0]))
        kept.append((name, await _mean(scores, group, path) - nothing))
        whole.append(best - nothing)
    total = float(np.mean(whole))
    estimate = clustered_mean([(name, gain / total) for name, gain in kept], seed=seed)
    if estimate is None or estimate.interval is None:
        raise ValueError("an interval needs two situations or more")
    return HeldOutGain(
        situations=len(kept),
        depth=DEPTH,
        share=estimate.mean,
        low=estimate.interval.low,
        high=estimate.interval.high,
    )


def _fixed_path(retrieval: Retrieval) -> tuple[str, ...]:
    """The attributes worth most when nothing is known."""
    weights = retrieval.weights
    return tuple(sorted(weights, key=lambda name: -weights[name])[:DEPTH])


async def _mean(scores: SetScores, cases: Sequence[Case], known: Sequence[str]) -> float:
    return sum([await scores(case, known) for case in cases]) / len(cases)
