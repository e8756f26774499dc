"""What planning with a model costs, before anything is paid: calls, tokens and money.

The real prompts are filled for one person and sent to a stand-in that answers as the offline rules
would; what it receives and writes is counted as the budget counts it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..graphs.roles import OFFLINE
from ..policies.budget import Budget, Cost

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

BRANCHES = 12
"""Answers that may get a branch on a level: each is given by a twelfth of the people or more."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one of each costs; nothing for what is done offline."""

    reply: Cost
    verdict: Cost
    ranking: Cost


@dataclass(frozen=True, kw_only=True)
class PlanEstimate:
    """The most that a run can cost: every evaluation allowed is made, and nothing is in the cache.

    Example:
        >>> some = Costs(reply=Cost(1, 300, 400), verdict=Cost(1, 2_000, 300), ranking=Cost())
        >>> PlanEstimate(messages=84, evaluations=100, people=8, costs=some).total.calls
        134400
    """

    messages: int
    evaluations: int
    """For each message."""
    people: int
    costs: Costs
    branch_depth: int = 0
    """Questions of a plan that may branch; 0 where none may."""

    @property
    def replies(self) -> int:
        """Replies written and judged."""
        return self.messages * self.people * (self.evaluations + self._branching)

    @property
    def total(self) -> Cost:
        """Everything."""
        each = self.costs.reply + self.costs.verdict
        return each * self.replies + self.costs.ranking * (self.messages * self.evaluations)

    @property
    def _branching(self) -> int:
        """Evaluations for branches, at most: on two levels, each alternative for each answer."""
        later = max(0, self.branch_depth - 1)
        return 2 * BRANCHES * (14 * later + 2) if later else 0

    def lines(self, price_in: float, price_out: float) -> list[str]:
        """The estimate in words."""
        total = self.total
        told = [
            f"at most {self.messages} messages x {self.evaluations} evaluations x {self.people} "
            f"people = {self.replies:,} replies, each judged",
            f"{total.calls:,} calls, about {total.tokens_in:,} tokens in and "
            f"{total.tokens_out:,} out",
        ]
        if price_in or price_out:
            money = total.money(price_in, price_out)
            told.append(f"about {money:,.2f} at {price_in:g} in and {price_out:g} out a million")
        return told


async def sample_costs(
    situation: str, *, model: str, judge_model: str, prior_model: str = ""
) -> Costs:
    """What a reply, a verdict and a ranking cost, each measured on one person of a situation.

    Args:
        situation: Situation id.
        model: Who writes; "offline" costs nothing, and likewise below.
        judge_model: Who judges.
        prior_model: Who ranks; "" for nobody.
    """
    from ..graphs.roles import ReplyRequest, offline_roles
    from ..graphs.roles.model_respond import ModelResponder
    from ..penguin.attributes import load_attributes
    from ..penguin.domains import load_situations
    from ..penguin.facts import profile_facts
    from ..penguin.judging.model_judge import ModelJudge
    from ..penguin.judging.offline import OfflineJudge
    from ..penguin.judging.verdict import DIMENSIONS
    from ..penguin.people import planning_people
    from ..policies.model_prior import ModelPrior

    domain, kind = load_situations()[situation]
    query, person = kind.planning_queries[0], planning_people(situation, 1, 0)[0]
    # a planner scores sets of all sizes; half of the facts is their mean
    shown = dict(list(person.values.items())[::2])
    request = ReplyRequest(query=query, domain=domain.id, facts=profile_facts(shown))
    text = "".join([piece async for piece in offline_roles().respond.write(request)])
    rated = OfflineJudge().rate(query, person, text)
    verdict = rated.model_dump_json(include=set(DIMENSIONS))
    ranking = json.dumps({"ranking": list(load_attributes())})
    costs: list[Cost] = []
    for who, answer in ((model, text), (judge_model, verdict), (prior_model or OFFLINE, ranking)):
        if who == OFFLINE:
            costs.append(Cost())
            continue
        budget = Budget()
        stand_in = _stand_in(answer, budget)
        if answer is text:
            _ = [piece async for piece in ModelResponder(stand_in).write(request)]
        elif answer is verdict:
            await ModelJudge(stand_in).judge(query, person, text)
        else:
            await ModelPrior(stand_in, query)(frozenset(), list(load_attributes()))
        costs.append(budget.spent)
    return Costs(reply=costs[0], verdict=costs[1], ranking=costs[2])


def _stand_in(answer: str, budget: Budget) -> BaseChatModel:
    """A chat model without a server that always gives the same answer, and is metered."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    return FakeListChatModel(responses=[answer], callbacks=[budget.meter()])
