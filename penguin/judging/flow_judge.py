"""A chat model answers yes/no questions with evidence; the flow, not the model, gives the score."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..data_files import load_yaml
from ..errors import RaisePenguinError
from ..profile import Profile
from ..prompting import load_prompt
from ..structured import DEFAULT_TIME_LIMIT, StructuredModel
from .model_judge import labelled
from .verdict import Dimension, Rating, Unscored, Verdict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

YesNo = Literal["yes", "no"]


class Step(BaseModel):
    """One question of the flow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str
    ends: dict[YesNo, int] = Field(min_length=1, description="The score that an answer decides.")


class Branch(BaseModel):
    """The flow of one dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: Dimension
    steps: tuple[Step, ...] = Field(min_length=2)
    otherwise: int = Field(ge=1, le=5)


class StepAnswer(BaseModel):
    """A model's answer to one question."""

    model_config = ConfigDict(extra="forbid")

    id: str
    evidence: str = Field(description='Words of the reply, copied; empty for "no".')
    answer: YesNo


class Flow(BaseModel):
    """All answers."""

    model_config = ConfigDict(extra="forbid")

    answers: list[StepAnswer]


@lru_cache(maxsize=1)
def load_flow() -> tuple[Branch, ...]:
    """The decision flow.

    Raises:
        DataError: The data file is broken.
    """
    return tuple(load_yaml(files("raise_penguin.penguin") / "data" / "flow.yaml", list[Branch]))


class FlowJudge:
    """Scores replies by a decision flow with named evidence (as VERA-MH does).

    Args:
        model: The chat model.
        time_limit: Seconds for one verdict.
    """

    def __init__(self, model: BaseChatModel, *, time_limit: float = DEFAULT_TIME_LIMIT) -> None:
        prompt = load_prompt("penguin", "flow")
        self.name = prompt.id
        self._asked = StructuredModel(model, prompt, Flow, time_limit=time_limit)

    async def judge(self, query: str, profile: Profile, reply: str) -> Verdict | Unscored:
        """Score one reply; any failure, or a question left out, is ``Unscored`` with its cause."""
        steps = [step.model_dump() for branch in load_flow() for step in branch.steps]
        data = {"query": query, "profile": labelled(profile), "reply": reply}
        try:
            found = await self._asked.ask(data, {"steps": steps})
        except RaisePenguinError as error:
            return Unscored(cause=str(error))
        answers = {one.id: one for one in found.answers}
        missing = [step["id"] for step in steps if step["id"] not in answers]
        if missing:
            return Unscored(cause=f"the flow left out {', '.join(missing)}")
        return Verdict.of(
            {branch.dimension: follow(branch, answers, reply) for branch in load_flow()}
        )


def follow(branch: Branch, answers: dict[str, StepAnswer], reply: str) -> Rating:
    """Follow one dimension's questions to a score; a yes without true evidence is a no."""
    plain = " ".join(reply.split()).lower()
    trace: list[str] = []
    for step in branch.steps:
        given = answers[step.id]
        words = " ".join(given.evidence.split()).lower()
        answer: YesNo = "yes" if given.answer == "yes" and words and words in plain else "no"
        trace.append(f"{step.id}: {answer}" + (f" ({given.evidence[:80]!r})" if words else ""))
        if answer in step.ends:
            return Rating(reason="; ".join(trace), score=step.ends[answer])
    return Rating(reason="; ".join(trace), score=branch.otherwise)
