"""The default planner: evaluate what is expected to improve the plan most.

A Gaussian belief about all sets (``belief``) is cheap next to one evaluation, which writes and
judges replies. So the search thinks as much as it likes between evaluations: it draws rewards from
its belief, takes the best path of each for a plan worth considering, and evaluates the set whose
score is expected to raise the worth of the best of these plans most (the knowledge gradient).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..plan import Plan, Prior, Problem, Reward
from ..scoring import Known, Ledger, prefixes
from .belief import Belief, Related, features, fit
from .lattice import Floats, Lattice, lattice
from .related import learn

NODES, _weights = np.polynomial.hermite_e.hermegauss(9)
WEIGHTS = _weights / _weights.sum()
"""Nodes and weights of the expectation over a normal score."""
NOTHING = 1e-5
"""Points of score that are not worth an evaluation."""


@dataclass(frozen=True, kw_only=True)
class SurrogatePlanner:
    """Bayesian search over sets."""

    name: str = "surrogate"
    samples: int = 64
    """Rewards drawn from the belief, each proposing a plan."""
    growth: float = 1.3
    """How much more must have been seen before the belief is fitted anew."""

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Search; see ``Planner.plan``.

        Raises:
            SettingsError: There are too many sets to weigh each.
        """
        space = lattice(problem.attributes, problem.depth)
        ranking = await _ranking(prior, problem.attributes)
        related = learn(space, problem.earlier)
        blocks = features(space, ranking, related)
        ledger = Ledger(reward, problem)

        def fitted() -> Belief:
            return fit(space, blocks, related, ledger.results, samples=self.samples, rng=rng)

        belief, fit_at = fitted(), 0.0
        await ledger.evaluate(_start(space, ranking, belief, problem, related))
        belief = fitted()
        while ledger.left > ledger.kept_back:
            count = min(problem.in_flight, ledger.left - ledger.kept_back)
            wanted = choose(belief, space, problem, count)
            if not wanted:
                break
            scored = await ledger.evaluate(wanted)
            if ledger.paid >= fit_at:
                belief, fit_at = fitted(), max(ledger.paid * self.growth, ledger.paid + 3)
            else:
                for known, score in scored:
                    belief.see(space.row[known], score)
        path = space.best_path(belief.mean, problem)
        await ledger.evaluate(one for one in prefixes(path) if one not in ledger.results)
        belief = fitted()
        ledger.check()
        return _plan(belief, space, problem, ledger, self.name)


async def _ranking(prior: Prior | None, names: tuple[str, ...]) -> Floats:
    """Promise of each attribute when nothing is known: its place, from 1 (first) to -1 (last)."""
    if prior is None or not names:
        return np.zeros(len(names))
    chances = await prior(frozenset(), names)
    values = np.array([chances[name] for name in names])
    return np.array([np.sign(value - values).mean() for value in values])


def _start(
    space: Lattice, ranking: Floats, belief: Belief, problem: Problem, related: Related | None
) -> list[Known]:
    """What is evaluated before there is anything to fit.

    The favourite by related messages or else by the ranking, twice when it can be afforded: the
    repeat is the cheapest way to learn how noisy evaluations are. Two sets by chance beside it
    show whether the ranking is to be believed.
    """
    hopes = belief.mean if related else space.members @ ranking
    favourite = frozenset(space.best_path(hopes, problem))
    leaves = space.sets[space.levels[-1]]
    others = [leaves[int(one)] for one in belief.rng.integers(len(leaves), size=2)]
    repeat = [favourite] if problem.evaluations >= AFFORDS_REPEAT else []
    return [favourite, *others[: 0 if related else 2], *repeat]


AFFORDS_REPEAT = 8
"""Evaluations from which the first set is evaluated twice."""


def choose(belief: Belief, space: Lattice, problem: Problem, count: int) -> list[Known]:
    """The sets whose evaluation is expected to raise the worth of the best plan most.

    Returns:
        As many as may be under way; none once an exact reward leaves nothing to gain.
    """
    chances = np.array(problem.stop_chances)
    ends = np.flatnonzero(chances)
    chosen: list[Known] = []
    for left in range(count, 0, -1):
        drawn = np.column_stack([belief.mean, belief.samples])
        paths = space.best_paths(space.worth(drawn, problem), problem.stop_chances)
        plans = np.unique(paths[:, ends], axis=0)
        sets = np.unique(plans)
        worth = space.worth(belief.mean[:, None], problem)[plans, 0] @ chances[ends]
        # how far each plan's worth moves, in standard deviations of the score that is to come
        covariance = belief.covariance(plans.ravel(), sets).reshape(*plans.shape, len(sets))
        moves = np.einsum("pes,e->ps", covariance, chances[ends])
        moves /= np.sqrt(belief.variance(sets) + belief.noise)
        gains = (worth[:, None, None] + moves[:, :, None] * NODES).max(axis=0) @ WEIGHTS
        if belief.exact and gains.max() - worth.max() < NOTHING:
            break
        row = int(sets[gains.argmax()])
        chosen.append(space.sets[row])
        if left > 1:
            belief = belief.imagine()
            belief.see(row, float(belief.mean[row]))
    return chosen


def _plan(belief: Belief, space: Lattice, problem: Problem, ledger: Ledger, name: str) -> Plan:
    """The best path by the belief, with what it says of every prefix."""
    path = space.best_path(belief.mean, problem)
    rows = np.array([space.row[known] for known in prefixes(path)], dtype=np.intp)
    told = {
        known: (float(value), math.sqrt(float(variance)))
        for known, value, variance in zip(
            prefixes(path), belief.mean[rows], belief.variance(rows), strict=True
        )
    }
    if belief.exact:
        told |= {known: (score, 0.0) for known, score in ledger.scores.items() if known in told}
    return Plan(
        path=path,
        values=tuple(value for value, _ in told.values()),
        errors=tuple(error for _, error in told.values()),
        evaluations=ledger.paid,
        planner=name,
        scores=ledger.scores,
    )
