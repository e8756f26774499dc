"""The paper's tree search over sets of attributes (paper section 4, Algorithm 1).

The text leaves several choices open; each is a parameter here with its default named. As in the
paper a node is a set: two orders that know the same share their statistics.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from ...penguin.errors import SettingsError
from ..plan import Plan, Prior, Problem, Reward
from ..prior import uniform_prior
from ..scoring import Known, Ledger
from .guidance import Guidance, Trusting

Bonus = Literal["puct", "printed", "log"]
Extraction = Literal["mean", "visits", "set"]

IDLE = 200
"""Roll-outs in a row that pay for nothing, with ``reuse``, after which the search has converged."""


@dataclass
class Edge:
    """Statistics of asking one more attribute from a node."""

    prior: float
    visits: int = 0
    total: float = 0.0
    pending: int = 0
    """Roll-outs through here whose score is under way."""

    @property
    def mean(self) -> float:
        """Mean reward of the roll-outs through here; 0 before the first."""
        return self.total / self.visits if self.visits else 0.0


@dataclass
class Node:
    """A set of known attributes and what may be asked next."""

    edges: dict[str, Edge] = field(default_factory=dict[str, Edge])


@dataclass(frozen=True)
class Walk:
    """One roll-out: the set it ended in, and the edges of the tree it went through."""

    known: Known
    edges: tuple[Edge, ...]
    lean: float
    """How much rather than chance the prior would have made this walk."""


@dataclass(frozen=True, kw_only=True)
class MCTSPlanner:
    """LLM-guided Monte Carlo tree search.

    Selection takes the attribute with the highest Q + c * prior * bonus. Q is scaled to 0..1 over
    the rewards seen so far, so that c means the same for any judge. Costs of attributes are taken
    off the reward of a roll-out. The defaults are the paper's wherever it states one; it plans for
    the end of the path only, so ``stop_chances`` change nothing.
    """

    name: str = "mcts"
    exploration: float = 0.5
    """The paper's c (0.5 in its implementation notes, 1 elsewhere)."""
    epsilon: float = 0.2
    """Chance of a random step in a roll-out at the top; falls with depth by a sigmoid."""
    mixing: float = 0.0
    """Share of the prior spread evenly, 0 to 1, so that a misleading one starves no attribute."""
    trust: Trusting = "full"
    """``full``: the prior counts as it is, as in the paper. ``earned``: in the search it counts for
    nothing until roll-outs that it leans to score higher, and then as surely as they do."""
    bonus: Bonus = "puct"
    """``puct``: sqrt(all visits) / (1 + visits), the likely reading of the text. ``printed``: all
    visits / (1 + visits), without the root, as the stored text shows it. ``log``:
    sqrt(log(1 + all visits) / (1 + visits)), the rule of its appendix C.7."""
    extraction: Extraction = "mean"
    """How the path is read off: the child with the best mean at each depth (the text), the most
    visited child, or the best complete set that was evaluated (Algorithm 1)."""
    reuse: bool = False
    """Whether a set that was evaluated lends its score to later roll-outs for nothing. The paper
    judges a new reply each time, which is what finds the truth under a noisy judge; reuse is
    cheaper where the reward is exact."""

    def __post_init__(self) -> None:
        if not 0 <= self.exploration < math.inf:
            raise SettingsError(f"exploration {self.exploration} must be at least 0 and finite")
        for name, share in (("epsilon", self.epsilon), ("mixing", self.mixing)):
            if not 0 <= share <= 1:
                raise SettingsError(f"{name} {share} must be from 0 to 1")
        for name, one, allowed in (
            ("trust", self.trust, get_args(Trusting)),
            ("bonus", self.bonus, get_args(Bonus)),
            ("extraction", self.extraction, get_args(Extraction)),
        ):
            if one not in allowed:
                raise SettingsError(f"{name} {one!r}: use {' or '.join(allowed)}")

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Search; see ``Planner.plan``. Every evaluation is one roll-out (the paper's T)."""
        ledger = Ledger(reward, problem)
        search = _Search(self, problem, rng, prior or uniform_prior)
        idle = 0
        while problem.depth and ledger.left > ledger.kept_back and idle < IDLE:
            count = min(problem.in_flight, ledger.left - ledger.kept_back)
            walks = [await search.simulate() for _ in range(count)]
            wanted = [walk.known for walk in walks]
            if self.reuse:
                wanted = [one for one in dict.fromkeys(wanted) if one not in ledger.results]
            idle = 0 if wanted else idle + 1
            scores = _scores(await ledger.evaluate(wanted))
            for walk in walks:
                if self.reuse:
                    search.back_up(walk, ledger.scores.get(walk.known))
                else:
                    search.back_up(walk, next(scores[walk.known], None))
        path = await search.best_path(ledger)
        await ledger.confirm(path)
        return ledger.plan(path, self.name)


def _scores(scored: Sequence[tuple[Known, float]]) -> defaultdict[Known, Iterator[float]]:
    """The scores of each set, in the order of its roll-outs."""
    found: defaultdict[Known, list[float]] = defaultdict(list)
    for known, value in scored:
        found[known].append(value)
    return defaultdict(lambda: iter(()), {known: iter(each) for known, each in found.items()})


class _Search:
    """The tree and its four steps: select, expand, roll out, back up."""

    def __init__(
        self, settings: MCTSPlanner, problem: Problem, rng: np.random.Generator, prior: Prior
    ) -> None:
        self.settings, self.names, self.depth = settings, problem.attributes, problem.depth
        self.costs, self.rng = problem.costs, rng
        self.guidance = Guidance(prior, self.names, mixing=settings.mixing, trust=settings.trust)
        self.nodes: dict[Known, Node] = {}
        self.low, self.high = math.inf, -math.inf

    async def simulate(self) -> Walk:
        """Walk down the tree, add one node, and roll out to full depth.

        The visit counts as pending at once, so that the next of several roll-outs in flight goes
        elsewhere; ``back_up`` brings the score.
        """
        path: list[str] = []
        edges: list[Edge] = []
        while len(path) < self.depth:
            known = frozenset(path)
            new = known not in self.nodes
            node = await self.node(known)
            if new and path:
                break
            name = self.select(node)
            path.append(name)
            edges.append(node.edges[name])
        while len(path) < self.depth:
            path.append(await self.roll_out_step(frozenset(path), len(path)))
        for edge in edges:
            edge.pending += 1
        return Walk(frozenset(path), tuple(edges), await self.guidance.lean(path))

    async def node(self, known: Known) -> Node:
        """The node of a set; the prior is asked once for each."""
        if known not in self.nodes:
            chances = await self.guidance.chances(known)
            left = [name for name in self.names if name not in known]
            self.nodes[known] = Node({name: Edge(chances[name]) for name in left})
        return self.nodes[known]

    def select(self, node: Node) -> str:
        """The attribute with the highest upper bound; ties by order of the attributes."""
        edges = node.edges.values()
        visits = sum(edge.visits for edge in edges)
        tried = visits + sum(edge.pending for edge in edges)
        # an attribute not tried yet is taken for as good as the mean of those that were
        untried = self.scaled(sum(edge.total for edge in edges) / visits) if visits else 0.5
        weight = self.guidance.weight
        even = (1 - weight) / len(edges)
        form, all_visits = self.settings.bonus, max(1, tried)

        def bound(edge: Edge) -> float:
            value = self.scaled(edge.mean) if edge.visits else untried
            own = 1 + edge.visits + edge.pending
            if form == "log":
                bonus = math.sqrt(math.log(2 + tried) / own)
            else:
                bonus = (math.sqrt(all_visits) if form == "puct" else all_visits) / own
            return value + self.settings.exploration * (weight * edge.prior + even) * bonus

        return max(node.edges, key=lambda name: bound(node.edges[name]))

    def scaled(self, value: float) -> float:
        """A reward on 0..1 of the range seen."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5

    async def roll_out_step(self, known: Known, level: int) -> str:
        """Follow the prior, or with chance epsilon(level) any attribute left."""
        left = [name for name in self.names if name not in known]
        epsilon = self.settings.epsilon / (1 + math.exp(level - self.depth / 2))
        if self.rng.random() < epsilon:
            return left[int(self.rng.integers(len(left)))]
        chances, weight = await self.guidance.chances(known), self.guidance.weight
        weights = np.array([weight * chances[name] + (1 - weight) / len(left) for name in left])
        return left[int(self.rng.choice(len(left), p=weights / weights.sum()))]

    def back_up(self, walk: Walk, score: float | None) -> None:
        """Count the score, less what the questions cost, on every edge; a failure leaves none."""
        for edge in walk.edges:
            edge.pending -= 1
        if score is None:
            return
        value = score - self.cost(walk.known)
        self.guidance.see(walk.lean, value)
        self.low, self.high = min(self.low, value), max(self.high, value)
        for edge in walk.edges:
            edge.visits += 1
            edge.total += value

    def cost(self, known: Known) -> float:
        """Points that asking for a set costs; the sum is the same in any order of the set."""
        return math.fsum(self.costs.get(name, 0.0) for name in known)

    async def best_path(self, ledger: Ledger) -> tuple[str, ...]:
        """The path by the extraction rule; below the tree, the prior's order."""
        complete = {
            known: score - self.cost(known)
            for known, score in ledger.scores.items()
            if len(known) == self.depth
        }
        allowed = frozenset(self.names)
        if self.settings.extraction == "set" and complete:
            allowed = max(complete, key=lambda known: complete[known])
        path: list[str] = []
        while len(path) < self.depth:
            known = frozenset(path)
            node = await self.node(known)
            path.append(max((n for n in node.edges if n in allowed), key=self._quality(node)))
        return tuple(path)

    def _quality(self, node: Node) -> Callable[[str], tuple[float, float]]:
        """How good a child is for the path: by mean or by visits, then by the prior."""
        borne_out = self.guidance.borne_out

        def quality(name: str) -> tuple[float, float]:
            edge = node.edges[name]
            mean = edge.mean if edge.visits else -math.inf
            first = edge.visits if self.settings.extraction == "visits" else mean
            return first, edge.prior if borne_out else 0.0

        return quality
