"""The default planner: evaluate what is expected to improve the plan most.

An evaluation writes and judges replies, so thinking between evaluations is cheap. The planner holds
a Gaussian belief about the reward of every set (``belief``). Before each evaluation it draws
rewards from the belief and takes the best path of each for a plan worth considering; then it
evaluates the set whose score is expected to raise the worth of the best of these plans most (the
knowledge gradient).
What related messages have in common (``related``) and a prior's ranking enter the belief, with a
weight that the scores decide, so that a misleading one is survived.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...penguin.errors import SettingsError
from ..plan import Plan, Prior, Problem, Reward
from ..prior import ask
from ..scoring import GUESS, SPREAD, Known, Ledger, prefixes
from .belief import Belief, Seen, believe
from .effects import Effects, features
from .lattice import Floats, Lattice, lattice
from .related import learn

_nodes, _weights = np.polynomial.hermite_e.hermegauss(9)
NODES, WEIGHTS = _nodes, _weights / _weights.sum()
"""Nodes and weights of an expectation over a normal score."""
OPTIMISM = 3.0
"""Standard deviations by which sets are overrated to propose one more plan: few samples may never
propose it."""
NOTHING = 1e-7
"""Points of score that are not worth an evaluation."""
AFFORDS_REPEAT = 8
"""Evaluations from which the first set is evaluated twice."""


@dataclass(frozen=True, kw_only=True)
class SurrogatePlanner:
    """Bayesian search over sets."""

    name: str = "surrogate"
    samples: int = 64
    """Rewards drawn from the belief, each proposing a plan."""
    growth: float = 1.3
    """How much more must have been paid for before the sizes of effects are estimated anew."""

    def __post_init__(self) -> None:
        if self.samples < 1 or not 1 <= self.growth < math.inf:
            raise SettingsError(
                f"samples {self.samples} and growth {self.growth} must be at least 1"
            )

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Search; see ``Planner.plan``. An exact reward needs each set once at most.

        Raises:
            SettingsError: There are too many sets to weigh each.
        """
        space = lattice(problem.attributes, problem.depth)
        ranking = await _ranking(prior, problem.attributes)
        related = learn(space, problem.earlier)
        blocks = features(space, ranking, related)
        ledger = Ledger(reward, problem)

        def explained(effects: Effects) -> tuple[Effects, Belief]:
            seen = Seen(space, ranking, related, ledger.results)
            effects, scale = seen.explain(effects, blocks)
            return effects, believe(seen, blocks, effects, scale, samples=self.samples, rng=rng)

        effects, belief = explained(Effects(related=1.0 if related else 0.0))
        wanted, due = _start(belief, space, problem, informed=related is not None), 0.0
        while wanted:
            scored = await ledger.evaluate(wanted)
            if ledger.paid >= due:
                effects, belief = explained(effects)
                due = max(ledger.paid * self.growth, ledger.paid + 3)
            else:
                for known, score in scored:
                    belief.see(space.row[known], score)
            count = min(problem.in_flight, ledger.left - ledger.kept_back)
            wanted = choose(belief, space, problem, count)

        path = space.best_path(belief.mean, problem)
        await ledger.evaluate(known for known in prefixes(path) if known not in ledger.results)
        ledger.check()
        _, belief = explained(effects)
        return _plan(belief, space, problem, ledger, self.name)


async def _ranking(prior: Prior | None, names: tuple[str, ...]) -> Floats:
    """Promise of each attribute when nothing is known: its place, from 1 (first) to -1 (last)."""
    if prior is None or not names:
        return np.zeros(len(names))
    chances = await ask(prior, frozenset(), names)
    values = np.array([chances[name] for name in names])
    return np.array([np.sign(value - values).mean() for value in values])


def _start(belief: Belief, space: Lattice, problem: Problem, *, informed: bool) -> list[Known]:
    """What is evaluated before there is anything to learn sizes from.

    The favourite, and once more when it can be afforded: a repeat is the cheapest way to learn how
    noisy evaluations are. Without related messages also two others by chance, to compare.
    """
    favourite = frozenset(space.best_path(belief.mean, problem))
    leaves = space.sets[space.levels[-1]]
    others = [leaves[int(one)] for one in belief.rng.integers(len(leaves), size=2)]
    again = [favourite] if problem.evaluations >= AFFORDS_REPEAT else []
    return [favourite, *([] if informed else others), *again]


def choose(belief: Belief, space: Lattice, problem: Problem, count: int) -> list[Known]:
    """The sets whose evaluation is expected to raise the worth of the best plan most.

    Of several, each is chosen as if those before it had come out as expected.

    Returns:
        ``count`` sets; fewer once every set that a dialogue may end with is known exactly.
    """
    chances = np.array(problem.stop_chances)
    ends = np.flatnonzero(chances)
    sizes = space.members.sum(axis=1).astype(int)
    chosen: list[Known] = []
    for _ in range(count):
        hope = belief.mean + OPTIMISM * np.sqrt(belief.variance)
        drawn = np.column_stack([belief.mean, hope, belief.samples])
        paths = space.best_paths(space.worth(drawn, problem), problem.stop_chances)
        plans = np.unique(paths[:, ends], axis=0)
        sets = np.unique(plans)
        worth = space.worth(belief.mean[:, None], problem)[plans, 0] @ chances[ends]
        # how far the worth of each plan moves with one standard deviation of each set's score
        covariance = belief.covariance(plans.ravel(), sets).reshape(*plans.shape, len(sets))
        moves = np.einsum("pes,e->ps", covariance, chances[ends])
        moves /= np.sqrt(belief.variance[sets] + belief.noise)
        gains = (worth[:, None, None] + moves[:, :, None] * NODES).max(axis=0) @ WEIGHTS
        row = int(sets[gains.argmax()])
        if belief.exact and gains.max() - worth.max() < NOTHING:
            # sure of itself, and sizes of effects may be misjudged: the most hopeful set unseen
            hope = np.where(belief.variance > 2 * belief.noise, hope, -np.inf)
            row = int(np.argmax(np.where(chances[sizes] > 0, hope, -np.inf)))
            if hope[row] == -np.inf:
                break
        chosen.append(space.sets[row])
        if len(chosen) < count:
            belief = belief.imagine()
            belief.see(row, float(belief.mean[row]))
    return chosen


def _plan(belief: Belief, space: Lattice, problem: Problem, ledger: Ledger, name: str) -> Plan:
    """The best path by the belief, with what it says of every prefix.

    How noisy an evaluation is shows in repeats only, and how much a question adds in sets of other
    sizes only; before that errors are at least those of not knowing.
    """
    path = space.best_path(belief.mean, problem)
    scores = ledger.scores
    noise_known, sizes_known = ledger.noise is not None, len(set(map(len, scores))) > 1

    def told(known: Known) -> tuple[float, float]:
        row = space.row[known]
        exact = belief.exact and known in scores
        error = 0.0 if exact else math.sqrt(float(belief.variance[row]))
        if known in scores:
            least = 0.0 if noise_known else SPREAD
        else:
            least = 0.0 if sizes_known else GUESS
        return scores[known] if exact else float(belief.mean[row]), max(error, least)

    values, errors = zip(*map(told, prefixes(path)), strict=True)
    return Plan(
        path=path,
        values=values,
        errors=errors,
        evaluations=ledger.paid,
        planner=name,
        scores=scores,
    )
