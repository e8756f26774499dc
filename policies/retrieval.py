"""What stored plans of similar messages say: what each attribute is worth, and what to ask next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Literal, NamedTuple

from ..penguin.attributes import Attribute, load_attributes
from ..penguin.errors import DataError
from ..penguin.inference import posterior
from .answers import AnswerGains, Chances, Prospect
from .gain import GainModel, Scored, left_to_learn
from .plan import Branch
from .prior import STATIC_ORDER, rank_probabilities
from .scoring import prefixes

NEIGHBOURS = 5
"""Stored messages looked at (the paper's k)."""
FLOOR = 0.2
"""Cosine below which a stored message says nothing about this one."""
TRUST = 0.25
"""Share of what near plans say beyond what was learnt over all of them that is believed; chosen, as
the ridge of ``answers``, by leaving situations of the train split out."""
DOMAIN_WEIGHT = 5.0
"""What all plans of the domain together weigh beside near neighbours of total weight 1."""

Rung = Literal["neighbours", "domain", "static"]
"""Where the order comes from; each is taken where the one before says nothing."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A stored plan, and how near its message is."""

    query: str
    domain: str
    situation: str
    path: tuple[str, ...]
    values: tuple[float, ...]
    """Reward of every prefix of the path, the empty one first; empty where it is not known."""
    similarity: float
    """Cosine of the two messages, -1 to 1."""
    scores: Mapping[frozenset[str], float] = field(default_factory=dict[frozenset[str], float])
    """Mean reward of every set that planning scored; empty where only the path is kept."""
    tree: Branch | None = None
    """What to ask by the answers so far; None: the path for everybody."""

    @property
    def gains(self) -> dict[str, float]:
        """What each attribute added when it was asked after those before it; empty: not known."""
        steps = zip(self.path, self.values, self.values[1:], strict=False)
        return {name: after - before for name, before, after in steps}

    @property
    def planned_gain(self) -> float:
        """What the whole path adds to no background, in points; 0 where it is not known."""
        return self.values[-1] - self.values[0] if self.values else 0.0

    @property
    def scored(self) -> Mapping[frozenset[str], float]:
        """Every set with a score: the prefixes of the path, and what else was evaluated."""
        return {**dict(zip(prefixes(self.path), self.values, strict=False)), **self.scores}


class Worth(NamedTuple):
    """A question that may be asked next."""

    attribute: str
    gain: float
    """Points of score it is expected to add."""
    cost: float
    """What being asked costs the person, 0 to 1."""

    def net(self, price: float) -> float:
        """Points left when a cost of 1 is worth ``price`` points."""
        return self.gain - price * self.cost


def usable(neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The neighbours near enough, the best plan first: planned gain weighted by similarity."""
    near = [neighbour for neighbour in neighbours if neighbour.similarity >= FLOOR]
    return sorted(near, key=lambda one: -one.similarity * one.planned_gain)


_Known = tuple[frozenset[tuple[str, str]], frozenset[str]]
"""What is known, by value, and what may be asked."""


class Retrieval:
    """What the policy knows about one message.

    Args:
        neighbours: Plans of the nearest messages; those below the floor say nothing.
        of_domain: All plans of the message's domain.
        domain: Its domain id; "" where it is not known.
        answers: What answers are worth, learnt over all plans; without it a question's worth hangs
            on which attributes are known, not on their values.

    Example:
        >>> plan = Neighbour(query="", domain="career", situation="", path=("age",),
        ...                  values=(2.0, 3.0), similarity=0.9)
        >>> Retrieval([plan]).best({}, ["age", "gender"]).attribute
        'age'
    """

    def __init__(
        self,
        neighbours: Sequence[Neighbour],
        of_domain: Sequence[Neighbour] = (),
        *,
        domain: str = "",
        answers: AnswerGains | None = None,
    ) -> None:
        self.answers = answers
        self.near = tuple(usable(neighbours))
        self.of_domain = tuple(of_domain)
        self.domain = domain
        self._gains: dict[_Known, Mapping[str, float]] = {}
        self._prospects: dict[str, Prospect] = {}

    @property
    def rung(self) -> Rung:
        """Which step of the ladder the order stands on."""
        if self.near:
            return "neighbours"
        return "domain" if self.of_domain else "static"

    @property
    def knows_gains(self) -> bool:
        """Whether what attributes are worth is known in points, or their order alone."""
        return self.answers is not None or bool(self._model.attributes)

    @cached_property
    def agreement(self) -> float:
        """How far the near plans agree on what to ask first, 0 to 1; 1 for a single one.

        The mean overlap of their paths at every depth (average overlap), over all pairs.
        """
        pairs = list(combinations((one.path for one in self.near), 2))
        return sum(_overlap(one, other) for one, other in pairs) / len(pairs) if pairs else 1.0

    @property
    def reason(self) -> str:
        """The rung in plain words, for the log."""
        if self.rung == "neighbours":
            nearest = max(one.similarity for one in self.near)
            if len(self.near) == 1:
                return f"1 similar message, at {nearest:.2f}"
            return (
                f"{len(self.near)} planned messages, the nearest at a cosine of {nearest:.2f}, "
                f"which agree by {self.agreement:.0%}"
            )
        if self.rung == "domain":
            return f"no similar message; {len(self.of_domain)} plans of the domain {self.domain}"
        if self.answers:
            return "no similar message and no plan of the domain; what answers are worth on average"
        return "no similar message and no plan of the domain; the static order, the sensitive last"

    def gains(self, known: Mapping[str, str], candidates: Collection[str]) -> Mapping[str, float]:
        """What each candidate is worth when the known is known.

        Args:
            known: Values by attribute id.
            candidates: Attribute ids that may be asked; one that is neither here nor known was
                declined or is not known to the person.

        Returns:
            Points of score by candidate, 0 or more; where ``knows_gains`` is false, shares of 1.
        """
        key = (frozenset(known.items()), frozenset(candidates))
        if key not in self._gains:
            self._gains[key] = self._gains_of(known, candidates)
        return self._gains[key]

    def _gains_of(
        self, known: Mapping[str, str], candidates: Collection[str]
    ) -> Mapping[str, float]:
        if not self.knows_gains:
            return {name: self._order.get(name, 0.0) for name in candidates}
        share = left_to_learn(known, self.domain)
        trust = TRUST if self.answers else 1.0
        gains = {
            name: trust * self._model.gain(name, known) * share.get(name, 1.0)
            for name in candidates
        }
        if self.answers:
            chances = _chances(known, self.domain)
            for name in candidates:
                gains[name] += self.answers.gain(name, known, chances)
        gains = {name: max(0.0, gain) for name, gain in gains.items()}
        for name, (gain, trust) in self._steps(known, candidates).items():
            gains[name] = trust * max(0.0, gain) + (1 - trust) * gains[name]
        return gains

    def best(
        self, known: Mapping[str, str], candidates: Collection[str], price: float = 0.0
    ) -> Worth | None:
        """The question worth most, less what it costs the person. None: no candidate.

        Args:
            known: Values by attribute id.
            candidates: Attribute ids that may be asked.
            price: Points of score that a cost of 1 is worth.
        """
        items = load_attributes()
        gains = self.gains(known, candidates)
        worth = [Worth(name, gain, items[name].cost) for name, gain in gains.items()]
        if self.rung == "static" and not self.knows_gains:
            # nothing says that a sensitive question is worth its cost
            return min(worth, key=lambda one: _gentle_place(items[one.attribute]), default=None)
        return min(
            worth,
            key=lambda one: (-one.net(price), *_gentle_place(items[one.attribute])),
            default=None,
        )

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """What each attribute is worth for the message when nothing is known."""
        return self.gains({}, tuple(load_attributes()))

    @cached_property
    def _model(self) -> GainModel:
        near = [one for one in self.near if frozenset[str]() in one.scored]
        total = sum(one.similarity for one in near)
        plans = [Scored(self._beyond(one), one.similarity / total) for one in near]
        valued = [one for one in self.of_domain if frozenset[str]() in one.scored]
        plans += [Scored(self._beyond(one), DOMAIN_WEIGHT / len(valued)) for one in valued]
        return GainModel(plans)

    def _beyond(self, plan: Neighbour) -> Mapping[frozenset[str], float]:
        """What a plan scored, less what was learnt over all plans."""
        if self.answers is None:
            return plan.scored
        if plan.domain not in self._prospects:
            self._prospects[plan.domain] = self.answers.prospect(_chances({}, plan.domain))
        learnt = self._prospects[plan.domain].of(plan.scored).tolist()
        return {
            known: score - points
            for (known, score), points in zip(plan.scored.items(), learnt, strict=True)
        }

    def _steps(
        self, known: Mapping[str, str], candidates: Collection[str]
    ) -> dict[str, tuple[float, float]]:
        """What the near plans that branch on answers would ask here: its gain, and their share."""
        total = sum(one.similarity for one in self.near)
        steps: dict[str, tuple[float, float]] = {}
        for one in self.near:
            step = _step(one.tree, known, candidates) if one.tree else None
            if step:
                gain, trust = steps.get(step.attribute, (0.0, 0.0))
                share = one.similarity / total
                mean = (gain * trust + step.gain * share) / (trust + share)
                steps[step.attribute] = (mean, trust + share)
        return steps

    @cached_property
    def _order(self) -> Mapping[str, float]:
        """Attributes by place alone, where no plan says what they are worth."""
        plans = self.near or self.of_domain
        if not plans:
            return rank_probabilities(STATIC_ORDER, tuple(load_attributes()))
        order: dict[str, float] = {}
        for plan in plans:
            for name, share in rank_probabilities(plan.path, plan.path).items():
                order[name] = order.get(name, 0.0) + share / len(plans)
        return order


def _chances(known: Mapping[str, str], domain: str) -> Chances:
    """What the unknown may be; nothing is said of a person unlike anybody in the network."""
    try:
        return posterior(known, domain=domain)
    except DataError:
        return {}


def _step(tree: Branch, known: Mapping[str, str], candidates: Collection[str]) -> Branch | None:
    """The first branch on the way of the known values whose attribute may be asked."""
    at: Branch | None = tree
    while at is not None and at.attribute not in candidates:
        at = at.by_value.get(known.get(at.attribute, ""), at.otherwise)
    return at


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Share of two orders that is common, averaged over the depths that both reach."""
    depth = min(len(one), len(other))
    shares = [len({*one[:cut]} & {*other[:cut]}) / cut for cut in range(1, depth + 1)]
    return sum(shares) / depth if depth else 0.0


def _gentle_place(item: Attribute) -> tuple[bool, float, int]:
    """Place where nothing tells what is worth asking: the sensitive last, the costliest last."""
    return (item.sensitive, item.cost if item.sensitive else 0.0, _static_place(item.id))


def _static_place(name: str) -> int:
    """Place in the static order; attributes added later come last."""
    return STATIC_ORDER.index(name) if name in STATIC_ORDER else len(STATIC_ORDER)
