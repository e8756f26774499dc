"""Holds a planned dialogue: talks, breaks what is to break, and comes back as a person would."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from langgraph.checkpoint.base import BaseCheckpointSaver

from ...graphs.dialogues import Dialogues, Turn
from ...graphs.raise_graph import RaiseGraph, build_raise_graph
from ...graphs.state import Question, RaiseState, message_text
from ...penguin.errors import RaisePenguinError
from ...penguin.users.offline import OfflineUser
from ...policies.store import PolicyStore
from .faults import CURRENT, Faults, Gone
from .plans import Move, Plan, Step
from .savers import SYNC
from .troubled_roles import TroubledRoles
from .words import words_for

Mode = Literal["interrupt", "message"]
MODES: tuple[Mode, ...] = ("interrupt", "message")
MOST_ATTEMPTS = 20
"""More than the faults of any plan; a turn that does not come through then never does."""
MOST_REFUSALS = 12
"""Refusals in a row after which any dialogue has to end in a reply."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What was said at once, and what came of it."""

    move: Move
    said: tuple[str, ...]
    question_id: str | None
    before: RaiseState
    after: RaiseState
    """As it is stored."""
    turns: tuple[Turn, ...]
    """One for each of the things said; none where they were refused or never came through."""
    refused: str
    failures: tuple[BaseException, ...]
    """What the caller saw of attempts that failed."""
    came: tuple[str, ...]
    """The faults that came meanwhile."""
    failed_roles: frozenset[str]

    @property
    def waiting(self) -> Question | None:
        """The question that waited before."""
        return self.before.get("pending")


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A dialogue that was held."""

    plan: Plan
    mode: Mode
    exchanges: tuple[Exchange, ...]
    left: bool
    """The person went while a question waited."""

    @property
    def left_to_chance(self) -> bool:
        """Whether threads raced, so that another run may go otherwise."""
        return self.plan.saver in SYNC and any(
            one.move in ("race", "queue") for one in self.exchanges
        )


class Conversation:
    """One person and the graph, on checkpoints that others use as well.

    Args:
        plan: Whom, what and when.
        mode: How a question reaches the person.
        saver: Where the dialogue is kept.
        store: Stored plans for all dialogues that can read theirs.
        graph: A graph on all of these that others use as well.
    """

    def __init__(
        self,
        plan: Plan,
        mode: Mode,
        saver: BaseCheckpointSaver[Any],
        store: PolicyStore,
        graph: RaiseGraph,
    ) -> None:
        self._plan, self._mode, self._saver, self._store = plan, mode, saver, store
        self._thread = f"{plan.mark}/{mode}"
        self._sync = plan.saver in SYNC
        self._faults = Faults(plan.breaks)
        self._user = OfflineUser(
            plan.profile,
            seed=plan.number,
            behaviours=plan.behaviours,
            declines=plan.declines,
        )
        self._exchanges: list[Exchange] = []
        self._answered: list[str] = []
        self._state = RaiseState()
        self._context = plan.context.model_copy(update={"mode": mode})
        self._dialogues = Dialogues(graph, context=self._context)
        if plan.breaks.no_policy:
            self._start_anew()

    def _start_anew(self) -> None:
        """A process as it comes up: nothing is known but what the checkpoints hold."""
        self._faults.dead = False
        store = None if self._plan.breaks.no_policy else self._store
        graph = _graph(self._saver, store)
        self._dialogues = Dialogues(graph, context=self._context)

    async def hold(self) -> Trace:
        """Talk until nothing is left to say."""
        plan = self._plan
        await self._say(plan.opening, [words_for(plan.opening, plan.opening_draw, plan.mark)], None)
        follow_ups = plan.follow_ups
        for number, step in enumerate(plan.steps):
            if number in plan.breaks.restarts:
                self._start_anew()
            waiting = self._state.get("pending")
            if not waiting and not follow_ups:
                break
            follow_ups -= not waiting
            await self._take(step, waiting)
            if self._user.left:
                break
        for _ in range(MOST_REFUSALS):
            waiting = self._state.get("pending")
            if not waiting or self._user.left:
                break
            await self._say("decline", ["I'd rather not say"], waiting["id"])
        return Trace(
            plan=plan, mode=self._mode, exchanges=tuple(self._exchanges), left=self._user.left
        )

    async def _take(self, step: Step, waiting: Question | None) -> None:
        """One step of the person."""
        move, mark = step.waiting if waiting else step.free, self._plan.mark
        own = waiting["id"] if waiting else None
        if move == "stale":
            if not self._answered:
                move = "answer" if waiting else "thanks"
            else:
                return await self._say(move, ["I am 99 years old"], self._answered[0])
        if move in ("answer", "twice", "race", "queue") and waiting:
            said = await self._user.answer(_last_said(self._state))
            other = words_for("remark", step.draw, mark)
            words = {"twice": [said, said], "race": [said, "pass"], "queue": [said, other]}
            names = step.names_question or move in ("twice", "race")
            return await self._say(
                move, words.get(move, [said]), own if names and move != "queue" else None
            )
        if move == "queue":
            texts = [words_for(kind, step.draw, mark) for kind in ("topic", "thanks")]
            return await self._say(move, texts, None)
        said = self._exchanges[-1].said[-1] if move == "same" else words_for(move, step.draw, mark)
        return await self._say(move, [said], own if step.names_question else None)

    async def _say(self, move: Move, said: list[str], question_id: str | None) -> None:
        """Say one thing, or several at once, and note what came of it."""
        before, failures = self._state, list[BaseException]()
        came = len(self._faults.came)
        self._faults.failed_roles.clear()
        turns, refused = list[Turn](), ""
        try:
            if len(said) > 1:
                turns = list(
                    await asyncio.gather(*(self._send(text, question_id) for text in said))
                )
            else:
                turns = await self._until_through(said[0], question_id, failures)
        except RaisePenguinError as error:
            refused = str(error)
        self._state = await self._stored()
        waited = before.get("pending")
        if waited and self._state.get("pending") != waited:
            self._answered.append(waited["id"])
        self._exchanges.append(
            Exchange(
                move=move,
                said=tuple(said),
                question_id=question_id,
                before=before,
                after=self._state,
                turns=tuple(turns),
                refused=refused,
                failures=tuple(failures),
                came=tuple(self._faults.came[came:]),
                failed_roles=frozenset(self._faults.failed_roles),
            )
        )

    async def _until_through(
        self, text: str, question_id: str | None, failures: list[BaseException]
    ) -> list[Turn]:
        """Say something as often as it takes; empty where it never comes through.

        Somebody who saw no reply looks where the dialogue stands before saying a message again, and
        names the question when answering again.
        """
        waiting = self._state.get("pending")
        humans = _humans(self._state)
        for _ in range(MOST_ATTEMPTS):
            try:
                if failures and waiting is None:
                    turn = await self._call("resume")
                    if turn and _humans(turn.state) > humans:
                        return [turn]
                named = waiting["id"] if failures and waiting and not question_id else question_id
                turn = await self._call("send", text, question_id=named)
                return [turn] if turn else []
            except RaisePenguinError:
                raise
            except (Exception, Gone) as error:  # noqa: BLE001 - every one is checked
                failures.append(error)
                if self._faults.dead or isinstance(error, Gone):
                    self._start_anew()
        return []

    async def _send(self, text: str, question_id: str | None) -> Turn:
        """Say something undisturbed."""
        turn = await self._call("send", text, question_id=question_id, faults=False)
        return cast("Turn", turn)

    async def _call(
        self, name: Literal["send", "resume"], *args: str, faults: bool = True, **named: Any
    ) -> Turn | None:
        """Call the dialogues with the faults in place.

        Raises:
            Gone: The caller was cancelled.
        """

        async def call() -> Turn | None:
            CURRENT.set(self._faults if faults else None)
            if self._sync:
                action = getattr(self._dialogues, f"{name}_sync")
                return await asyncio.to_thread(action, self._thread, *args, **named)
            return await getattr(self._dialogues, name)(self._thread, *args, **named)

        task = asyncio.create_task(call())
        if faults:
            self._faults.task = None if self._sync else task
        try:
            return await task
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise Gone("the caller went away") from error
            raise

    async def _stored(self) -> RaiseState:
        """The state as the checkpoints hold it."""
        config: Any = {"configurable": {"thread_id": self._thread}}
        graph = self._dialogues.graph
        if self._sync:
            found = await asyncio.to_thread(graph.get_state, config)
        else:
            found = await graph.aget_state(config)
        return cast("RaiseState", found.values)


def _last_said(state: RaiseState) -> str:
    return [message_text(one.content) for one in state["messages"] if one.type == "ai"][-1]


def _humans(state: RaiseState) -> int:
    return sum(message.type == "human" for message in state.get("messages") or [])


async def hold_together(
    plans: Sequence[Plan], mode: Mode, saver: BaseCheckpointSaver[Any], store: PolicyStore
) -> list[Trace]:
    """Hold several dialogues at once, on one graph and the same checkpoints."""
    graph = _graph(saver, store)
    people = [Conversation(plan, mode, saver, store, graph) for plan in plans]
    return list(await asyncio.gather(*(one.hold() for one in people)))


def _graph(saver: BaseCheckpointSaver[Any], store: PolicyStore | None) -> RaiseGraph:
    return build_raise_graph(roles=TroubledRoles().roles(), store=store, checkpointer=saver)
