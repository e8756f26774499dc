"""The paper's tree search over sets of attributes (paper section 4, Algorithm 1).

The text leaves several choices open; each is a parameter here with the default named in its
description. Since the reward depends on the set and not on the order, nodes are sets: two orders
that know the same share their statistics, and a set is never paid for twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ...penguin.errors import SettingsError
from ..plan import Plan, Prior, Problem, Reward
from ..prior import uniform_prior
from ..scoring import Ledger, prefixes

Known = frozenset[str]


@dataclass
class Edge:
    """Statistics of asking one more attribute from a node."""

    prior: float
    visits: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float:
        """Mean reward of the paths through here; 0 before the first."""
        return self.total / self.visits if self.visits else 0.0


@dataclass
class Node:
    """A set of known attributes and what may be asked next."""

    edges: dict[str, Edge] = field(default_factory=dict[str, Edge])


@dataclass(frozen=True, kw_only=True)
class MCTSPlanner:
    """LLM-guided Monte Carlo tree search.

    Selection takes the attribute with the highest Q + c * prior * sqrt(all visits) / (1 + visits),
    with Q scaled to 0..1 over the rewards seen so far, so that c means the same for any judge.
    """

    name: str = "mcts"
    iterations: int = 300
    """Roll-outs (the paper's T)."""
    exploration: float = 0.5
    """The paper's c (0.5 in its implementation notes, 1 elsewhere)."""
    epsilon: float = 0.2
    """Chance of a random step in a roll-out at the top; falls with depth by a sigmoid."""

    async def plan(
        self,
        reward: Reward,
        problem: Problem,
        *,
        rng: np.random.Generator,
        prior: Prior | None = None,
    ) -> Plan:
        """Search; see ``Planner.plan``. The evaluations end the search when they are used up."""
        names = tuple(dict.fromkeys(problem.attributes))
        depth, evaluations = min(problem.depth, len(names)), problem.evaluations
        if evaluations <= depth:
            raise SettingsError(
                f"a path of {depth} questions has {depth + 1} prefixes to score and only "
                f"{evaluations} evaluations are allowed: allow more, or lower the depth"
            )
        ledger = Ledger(reward, evaluations)
        search = _Search(self, names, depth, rng, prior or uniform_prior)
        for _ in range(self.iterations):
            path = await search.simulate()
            # the prefixes of a path that may be returned are paid for from the same budget
            if frozenset(path) not in ledger.scores and not ledger.affords(1 + depth + 1):
                break
            search.back_up(path, await ledger.score(frozenset(path)))
        path = search.best_path()
        values = [await ledger.score(known) for known in prefixes(path)]
        return Plan(
            path=path,
            values=tuple(values),
            errors=(0.0,) * len(values),
            evaluations=len(ledger.scores),
            planner=self.name,
            scores=ledger.scores,
        )


class _Search:
    """The tree and its four steps: select, expand, roll out, back up."""

    def __init__(
        self,
        settings: MCTSPlanner,
        names: tuple[str, ...],
        depth: int,
        rng: np.random.Generator,
        prior: Prior,
    ) -> None:
        self.settings, self.names, self.depth = settings, names, depth
        self.rng, self.prior = rng, prior
        self.nodes: dict[Known, Node] = {}
        self.low, self.high = math.inf, -math.inf

    async def simulate(self) -> tuple[str, ...]:
        """Walk down the tree, add one node, and roll out to full depth."""
        path: list[str] = []
        while len(path) < self.depth:
            known = frozenset(path)
            new = known not in self.nodes
            node = await self.node(known)
            if new and path:
                break
            path.append(self.select(node))
        while len(path) < self.depth:
            path.append(await self.roll_out_step(frozenset(path), len(path)))
        return tuple(path)

    async def node(self, known: Known) -> Node:
        """The node of a set; the prior is asked once for each."""
        if known not in self.nodes:
            left = [name for name in self.names if name not in known]
            chances = await self.prior(known, left)
            self.nodes[known] = Node({name: Edge(chances[name]) for name in left})
        return self.nodes[known]

    def select(self, node: Node) -> str:
        """The attribute with the highest upper bound; ties by order of the attributes."""
        count = sum(edge.visits for edge in node.edges.values())
        if count == 0:
            return max(node.edges, key=lambda name: node.edges[name].prior)
        visits = math.sqrt(count)
        # an attribute not tried yet is taken for as good as the mean of those that were
        untried = self.scaled(sum(edge.total for edge in node.edges.values()) / count)

        def bound(edge: Edge) -> float:
            value = self.scaled(edge.mean) if edge.visits else untried
            return value + self.settings.exploration * edge.prior * visits / (1 + edge.visits)

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
        node = self.nodes.get(known)
        chances = (
            {name: edge.prior for name, edge in node.edges.items()}
            if node
            else await self.prior(known, left)
        )
        weights = np.array([chances[name] for name in left])
        return left[int(self.rng.choice(len(left), p=weights / weights.sum()))]

    def back_up(self, path: tuple[str, ...], value: float) -> None:
        """Count the reward on every edge of the path that is in the tree."""
        self.low, self.high = min(self.low, value), max(self.high, value)
        for level, name in enumerate(path):
            node = self.nodes.get(frozenset(path[:level]))
            if node is None:
                return
            node.edges[name].visits += 1
            node.edges[name].total += value

    def best_path(self) -> tuple[str, ...]:
        """The child with the best mean at each depth; below the tree, the prior's order."""
        path: list[str] = []
        while len(path) < self.depth:
            node = self.nodes.get(frozenset(path))
            tried = {
                name: edge.mean
                for name, edge in (node.edges if node else {}).items()
                if edge.visits
            }
            left = [name for name in self.names if name not in path]
            path.append(max(tried, key=lambda name: tried[name]) if tried else left[0])
        return tuple(path)
