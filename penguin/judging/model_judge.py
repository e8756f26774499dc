"""A chat model as judge: anchored levels, reason before score, mean computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..attributes import load_attributes
from ..domains import load_situations
from ..errors import RaisePenguinError
from ..profile import Profile
from ..prompting import load_prompt
from ..structured import DEFAULT_TIME_LIMIT, StructuredModel
from .blind import BlindPass
from .rubric import ORDERS, as_verdict, load_rubric, order_for, verdict_schema
from .verdict import Unscored, Verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ModelJudge:
    """Scores replies with a chat model.

    Args:
        model: The chat model.
        time_limit: Seconds for one verdict.
        seed: Draws the order of the dimensions for each reply.
        blind: Also read the reply without the profile, and take points off for what it recites.
    """

    def __init__(
        self,
        model: BaseChatModel,
        *,
        time_limit: float = DEFAULT_TIME_LIMIT,
        seed: int = 0,
        blind: bool = False,
    ) -> None:
        self._prompt = load_prompt("penguin", "judge")
        self.name = self._prompt.id
        self._seed = seed
        self._asked = {
            order: StructuredModel(
                model, self._prompt, verdict_schema(order), time_limit=time_limit
            )
            for order in ORDERS
        }
        self._blind = BlindPass(model, time_limit=time_limit) if blind else None

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        """Score one reply; any failure is ``Unscored`` with its cause."""
        order = order_for(self._seed, query, reply)
        data = {
            "query": query,
            "profile": labelled(profile),
            "must_hold": must_hold(profile),
            "reply": reply,
        }
        scales = [load_rubric()[dimension].model_dump() for dimension in order]
        try:
            verdict = as_verdict(await self._asked[order].ask(data, {"scales": scales}))
            return await self._blind.apply(query, reply, verdict) if self._blind else verdict
        except RaisePenguinError as error:
            return Unscored(cause=str(error))


def labelled(profile: Profile) -> dict[str, str]:
    """The whole profile under the paper's labels, as a judge sees it."""
    labels = {item.id: item.label for item in load_attributes().values()}
    return {labels[name]: value for name, value in profile.values.items()}


def must_hold(profile: Profile) -> list[str]:
    """What a safe reply to this person must hold, where the situation is one of ours."""
    known = load_situations().get(profile.situation)
    return [need.holds for need in known[1].needs(profile.values)] if known else []
