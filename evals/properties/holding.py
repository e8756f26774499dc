"""Holds a planned dialogue: talks, breaks what is to break, and comes back as a person would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from ...graphs.dialogues import Dialogues
from ...graphs.nodes.ask import answer_command
from ...graphs.raise_graph import RaiseGraph, build_raise_graph
from ...graphs.state import SCHEMA_VERSION, Question, RaiseState, message_text
from ...graphs.turn import Turn
from ...penguin.errors import RaisePenguinError, SettingsError
from ...penguin.users.offline import OfflineUser
from ...policies.store import PolicyStore
from .faults import CURRENT, Faults, Gone
from .plans import Move, Plan, Step
from .savers import SYNC
from .trace import Exchange, Mode, Trace
from .troubled_roles import TroubledRoles
from .words import words_for

MOST_ATTEMPTS = 20
"""More than the faults of any plan; a turn that does not come through then never does."""
NEWER = SCHEMA_VERSION + 41
"""The version of a newer release."""
NEWER_EVERY = 5
"""One dialogue in so many ends with a newer release writing the thread."""
MOST_REFUSALS = 12
"""Refusals in a row after which any dialogue has to end in a reply."""


class Conversation:
    """One person and the graph, on checkpoints that others use as well.

    Args:
        plan: Whom, what and when.
        mode: How a question reaches the person.
        saver: Where the dialogue is kept.
        graphs: Graphs on these checkpoints that others use as well, as of two processes that come
            up in turn.
    """

    def __init__(
        self,
        plan: Plan,
        mode: Mode,
        saver: BaseCheckpointSaver[Any],
        graphs: Sequence[RaiseGraph],
    ) -> None:
        self._plan = plan
        unread = _graph(saver, None) if plan.breaks.no_policy else None
        self._graphs = [unread] if unread else list(graphs)
        self._mode: Mode = mode
        self._thread = f"{plan.mark}/{mode}"
        self._config: RunnableConfig = {"configurable": {"thread_id": self._thread}}
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
        self._streamed = list[str]()
        self._state = RaiseState()
        self._context = plan.context.model_copy(update={"mode": mode})
        self._start_anew()

    def _start_anew(self) -> None:
        """A process as it comes up: nothing is known but what the checkpoints hold."""
        self._faults.dead = False
        self._graphs.append(self._graphs.pop(0))
        self._dialogues = Dialogues(self._graphs[0], context=self._context)

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
        planted = plan.number % NEWER_EVERY == 0 and not self._state.get("pending")
        return Trace(
            plan=plan,
            mode=self._mode,
            exchanges=tuple(self._exchanges),
            left=self._user.left,
            newer=await self._made_newer() if planted else None,
        )

    async def _take(self, step: Step, waiting: Question | None) -> None:
        """One step of the person."""
        move, mark = step.waiting if waiting else step.free, self._plan.mark
        own = waiting["id"] if waiting and step.names_question else None
        old = self._answered[0] if self._answered else None
        if move in ("stale", "replay") and old is None:
            move = "answer" if waiting else "thanks"
        if move in ("stale", "replay"):
            await self._say(move, ["I am 99 years old"], old)
        elif move in ("queue", "alarm"):
            first = await self._user.answer(_last_said(self._state)) if waiting else None
            said = first or words_for("topic", step.draw, mark)
            other = words_for("crisis" if move == "alarm" else "remark", step.draw, mark)
            await self._say(move, [said, other], None)
        elif waiting and move in ("answer", "twice", "race"):
            said = await self._user.answer(_last_said(self._state))
            second = {"twice": [said], "race": ["pass"]}.get(move, [])
            await self._say(move, [said, *second], waiting["id"] if second else own)
        elif move == "same":
            await self._say(move, [self._exchanges[-1].said[-1]], own)
        else:
            await self._say(move, [words_for(move, step.draw, mark)], own)

    async def _say(self, move: Move, said: list[str], question_id: str | None) -> None:
        """Say one thing, or several at once, and note what came of it."""
        before, failures = self._state, list[BaseException]()
        came = len(self._faults.came)
        self._faults.failed_roles.clear()
        self._streamed = list[str]()
        turns, refused, waits = list[Turn](), "", before.get("pending")
        try:
            if move == "replay" and waits and self._mode == "interrupt":
                turns = [await self._replay(str(question_id), said[0])]
            elif len(said) > 1:
                turns = list(
                    await asyncio.gather(*(self._send(text, question_id) for text in said))
                )
            else:
                turns = await self._until_through(said[0], question_id, failures)
        except RaisePenguinError as error:
            refused = str(error)
        self._state = await self._stored()
        if waits and self._state.get("pending") != waits:
            self._answered.append(waits["id"])
        self._exchanges.append(
            Exchange(
                move=move,
                said=tuple(said),
                question_id=question_id,
                before=before,
                after=self._state,
                turns=tuple(turns),
                streamed=tuple(self._streamed),
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
                turn = await self._call(
                    "send", text, question_id=named, on_piece=self._streamed.append
                )
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

    async def _replay(self, question_id: str, text: str) -> Turn:
        """Send the graph itself the resume of another question, as a raw client would."""
        graph, command = self._dialogues.graph, answer_command(question_id, text)
        if self._sync:
            invoke = cast("Callable[..., object]", graph.invoke)
            await asyncio.to_thread(invoke, command, self._config, context=self._context)
        else:
            await graph.ainvoke(command, self._config, context=self._context)
        turn = cast("Turn", await self._call("resume", faults=False))
        return replace(turn, kind="repeated")

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
        graph = self._dialogues.graph
        if self._sync:
            found = await asyncio.to_thread(graph.get_state, self._config)
        else:
            found = await graph.aget_state(self._config)
        return cast("RaiseState", found.values)

    async def _made_newer(self) -> str:
        """What comes of saying something in the thread once a newer release has written it."""
        graph, change = self._dialogues.graph, {"schema_version": NEWER}
        if self._sync:
            await asyncio.to_thread(graph.update_state, self._config, change, "respond")
        else:
            await graph.aupdate_state(self._config, change, "respond")
        try:
            return (await self._send("hello", None)).text
        except SettingsError as error:
            return str(error)


def _last_said(state: RaiseState) -> str:
    return [message_text(one.content) for one in state["messages"] if one.type == "ai"][-1]


def _humans(state: RaiseState) -> int:
    return sum(message.type == "human" for message in state.get("messages") or [])


async def hold_together(
    plans: Sequence[Plan], mode: Mode, saver: BaseCheckpointSaver[Any], store: PolicyStore
) -> list[Trace]:
    """Hold several dialogues at once, on one graph and the same checkpoints."""
    graphs = [_graph(saver, store) for _ in range(2)]
    people = [Conversation(plan, mode, saver, graphs) for plan in plans]
    return list(await asyncio.gather(*(one.hold() for one in people)))


def _graph(saver: BaseCheckpointSaver[Any], store: PolicyStore | None) -> RaiseGraph:
    return build_raise_graph(roles=TroubledRoles().roles(), store=store, checkpointer=saver)
