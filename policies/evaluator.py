"""How a message is planned, and who scores the sets that a search tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..penguin.attributes import load_attributes
from ..penguin.domains import load_situations
from ..penguin.errors import SettingsError
from ..penguin.judging.verdict import Judge
from .budget import Budget, Cost
from .plan import Planner, Prior
from .prior import RankedPrior
from .reward import A_CALL, JudgedReward, Writer, people_of
from .reward_cache import RewardCache


@dataclass(frozen=True, kw_only=True)
class PlanSettings:
    """How to plan; stored with each plan.

    Raises:
        SettingsError: Nobody would be asked, no message planned, or the seed is negative.
    """

    planner: Planner
    depth: int = 5
    evaluations: int = 150
    """Most (set, trial) pairs scored for one message."""
    people: int = 8
    """People drawn for each evaluation; a reply is written and judged for each."""
    messages: int = 1
    """Messages planned for each situation, a plan each; near ones are found by more of them."""
    seed: int = 0
    cost_weight: float = 0.0
    """Points of score that asking an attribute of cost 1 is worth; 0 as in the paper."""
    branch: bool = False
    """Whether the order may branch on answers."""

    def __post_init__(self) -> None:
        if self.people < 1 or self.messages < 1:
            raise SettingsError(
                f"people {self.people} and messages {self.messages} must be at least 1"
            )
        if self.seed < 0:
            raise SettingsError(f"seed {self.seed} must be at least 0")

    def queries(self, situations: Sequence[str]) -> list[str]:
        """The messages of some situations that get a plan."""
        known = load_situations()
        return [
            query
            for name in situations
            for query in known[name][1].planning_messages(self.messages)
        ]

    def costs(self) -> dict[str, float]:
        """Points of score that asking each attribute costs."""
        return {name: item.cost * self.cost_weight for name, item in load_attributes().items()}


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """Who scores sets, at which expected cost, and where what was paid for is kept."""

    writer: Writer
    judge: Judge
    models: Mapping[str, str]
    """Model by role, for the provenance."""
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Versions of their prompts, for the provenance."""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    """What else decides what they write (server, temperature), for the keys of the cache."""
    prior: Callable[[str], Prior] = lambda _: RankedPrior()
    """Makes the prior of a message; the paper's static ranking when omitted."""
    cost: tuple[Cost, Cost] = (A_CALL, A_CALL)
    """What a reply and a verdict are expected to cost."""
    cache: RewardCache | None = None
    budget: Budget = field(default_factory=Budget)
    in_flight: int = 8
    """Replies written and judged at once."""
    on_evaluated: Callable[[], None] = lambda: None
    """Called after each evaluation."""

    def evaluations_at_once(self, people: int) -> int:
        """So many evaluations that the people of all of them fill the places."""
        return max(1, self.in_flight // people)

    def reward(self, query: str, situation: str, settings: PlanSettings) -> JudgedReward:
        """The reward of a message of a situation."""
        made_by = {**self.models, **{f"{name} prompt": one for name, one in self.prompts.items()}}
        return JudgedReward(
            query,
            load_situations()[situation][0].id,
            people_of(situation, settings.people, settings.seed),
            writer=self.writer,
            judge=self.judge,
            in_flight=self.in_flight,
            cache=self.cache,
            made_by=made_by | dict(self.parameters),
            budget=self.budget,
            cost=self.cost,
            on_evaluated=self.on_evaluated,
        )
