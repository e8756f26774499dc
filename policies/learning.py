"""Learning what answers are worth, from the replies that planning had judged and some more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from ..penguin.attributes import load_attributes
from ..penguin.domains import load_situations
from ..penguin.errors import SettingsError
from .answers import AnswerGains, Shown
from .budget import BudgetError
from .evaluator import Evaluator, PlanSettings
from .records import PlanRecord
from .reward import Evaluation
from .scoring import RewardError

NOTHING = frozenset[str]()


async def learn_answers(
    records: Sequence[PlanRecord],
    settings: PlanSettings,
    evaluator: Evaluator,
    *,
    more: int,
    on_progress: Callable[[], None] = lambda: None,
    on_unscored: Callable[[RewardError], None] = lambda _: None,
) -> AnswerGains:
    """Learn what answers are worth over all planned messages.

    The sets that a plan scored are scored again for each of its people: what planning paid for is
    in the evaluator's cache, so with the same people and models they cost nothing.

    Args:
        records: The plans; those of situations that the benchmark does not know are left out.
        settings: People, depth and seed, as the plans were made.
        evaluator: Who scores.
        more: Further sets for each message, drawn at random up to the depth; these are paid for.
        on_progress: Called after each message.
        on_unscored: Called for each set that got no score; it is left out.

    Raises:
        SettingsError: No plan is of a known situation.
        RewardError: Nothing could be scored; names a cause.
        BudgetError: The budget ends it. What was paid for is kept in the cache; nothing is learnt
            from a part of the sets.
    """
    planned = [record for record in records if record.situation in load_situations()]
    if not planned:
        raise SettingsError("the store holds no plan of a situation of the benchmark")
    shown: list[Shown] = []
    failure: RewardError | None = None
    for number, record in enumerate(planned):
        reward = evaluator.reward(record.query, record.situation, settings)
        rng = np.random.Generator(np.random.PCG64([settings.seed, number, more]))
        wanted = {*record.scores, *_drawn(more, settings.depth, rng)} - {NOTHING}
        found = await asyncio.gather(
            *(reward.detail(known) for known in (NOTHING, *sorted(wanted, key=sorted))),
            return_exceptions=True,
        )
        scored: list[Evaluation] = []
        for one in found:
            if isinstance(one, RewardError) and not isinstance(one, BudgetError):
                failure = one
                on_unscored(one)
            elif isinstance(one, BaseException):
                raise one
            else:
                scored.append(one)
        shown += _compared(scored)
        on_progress()
    if not shown:
        raise failure or RewardError("no plan holds a set that was scored; plan with --evaluations")
    return AnswerGains.fit(shown)


def _drawn(count: int, depth: int, rng: np.random.Generator) -> list[frozenset[str]]:
    """Different sets of one attribute to ``depth``, each size as likely as it has sets."""
    names = list(load_attributes())
    sets = [frozenset(some) for size in range(1, depth + 1) for some in combinations(names, size)]
    chosen = rng.choice(len(sets), size=min(count, len(sets)), replace=False)
    return [sets[place] for place in chosen]


def _compared(scored: Sequence[Evaluation]) -> list[Shown]:
    """Each person's replies against the one to them that was written from nothing."""
    baseline = {
        one.person.id: one.score
        for evaluation in scored
        if evaluation.known == NOTHING
        for one in evaluation.per_person
    }
    return [
        Shown(
            {name: value for name, value in one.person.values.items() if name in evaluation.known},
            one.score - baseline[one.person.id],
        )
        for evaluation in scored
        if evaluation.known != NOTHING
        for one in evaluation.per_person
        if one.person.id in baseline
    ]
