"""RaiseMiddleware: an agent of ``create_agent`` asks the few facts it must know before it acts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, cast

from langchain.agents.middleware import AgentMiddleware, AgentState, hook_config
from langchain.agents.middleware.types import PrivateStateAttr
from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.config import get_config

from ..graphs.context import RaiseContext
from ..graphs.raise_graph import build_raise_graph
from ..graphs.roles import OFFLINE
from ..graphs.state import RaiseState, message_text
from ..graphs.sync_door import SyncDoor
from ..penguin.errors import SettingsError
from .agent_record import RaiseRecord, exchange, record_of, unread
from .host_run import has_checkpointer, turn_config
from .known_person import known_person, with_known_person
from .replay import Replay
from .reply_message import without_model

if TYPE_CHECKING:
    from langchain.agents.middleware import ModelRequest, ModelResponse
    from langchain_core.language_models import BaseChatModel
    from langgraph.runtime import Runtime

    from ..graphs.roles import Roles
    from ..policies.store import PolicyStore

Update = dict[str, Any]


class RaiseAgentState(AgentState[Any]):
    """The agent's state with what RAISE knows; private, so it is in no input and no output."""

    raise_penguin: NotRequired[Annotated[RaiseRecord, PrivateStateAttr]]


class RaiseMiddleware(AgentMiddleware[RaiseAgentState, Any, Any]):
    """Sensitive messages go through RAISE before the agent, harmless ones straight to it.

    Each newest message of the person is triaged before the agent starts. In acute danger the turn
    ends with help, and the agent is not called. For a sensitive message RAISE asks what it must
    know; then the agent answers with its tools, and what is known stands in its system message as
    data.

    RAISE runs as a subgraph of this hook, with checkpoints of its own in the agent's thread: the
    hook runs again at each answer, but no model is called and no question asked a second time.

    Args:
        model: Chat model for RAISE's roles; as in the context when omitted ("offline").
        mode: "interrupt" pauses the run with the question as payload; resume it with
            ``answer_command(question_id, answer)``. "message" ends it with the question as an
            AIMessage, and the person's next message goes on.
        reply: Who answers a sensitive message: the "agent", knowing what was asked, or "raise",
            whose reply ends the turn.
        context: Further settings, or what gives them from the agent's own run-time context, such as
            the person's country; ``mode`` in them is not used.
        roles: Roles of your own in place of the model.
        store: Policy store; the context's, or the shipped one, when omitted.

    Example:
        >>> from langchain.agents import create_agent
        >>> from langchain_core.language_models import FakeListChatModel
        >>> from langgraph.checkpoint.memory import InMemorySaver
        >>> agent = create_agent(
        ...     FakeListChatModel(responses=["Cook it for nine minutes."]),
        ...     middleware=[RaiseMiddleware()],
        ...     checkpointer=InMemorySaver(),
        ... )
        >>> agent.invoke(
        ...     {"messages": [("user", "How long does pasta cook?")]},
        ...     {"configurable": {"thread_id": "1"}},
        ... )["messages"][-1].text
        'Cook it for nine minutes.'
    """

    state_schema = RaiseAgentState

    def __init__(
        self,
        model: str | BaseChatModel | None = None,
        *,
        mode: Literal["interrupt", "message"] = "interrupt",
        reply: Literal["agent", "raise"] = "agent",
        context: RaiseContext | Callable[[Any], RaiseContext] | None = None,
        roles: Roles | None = None,
        store: PolicyStore | None = None,
    ) -> None:
        super().__init__()
        self._mode = mode
        self._context = context or RaiseContext()
        fixed = self._context if isinstance(self._context, RaiseContext) else RaiseContext()
        self._by_rules = roles is None and model in (None, OFFLINE)
        self._graph = build_raise_graph(
            model,
            roles=roles,
            store=store,
            checkpointer=True,
            answers=("acute",) if reply == "agent" else ("sensitive", "acute"),
            takes_state=True,
        )
        self._stateless = self._graph.copy(update={"checkpointer": None})
        self._replay = Replay(fixed, store=store, others=True)
        self._door = SyncDoor()

    @hook_config(can_jump_to=["end"])
    def before_agent(self, state: RaiseAgentState, runtime: Runtime[Any]) -> Update | None:
        """Read the newest message; ask, help, or let the agent go on."""
        record = state.get("raise_penguin")
        read = unread(state["messages"], record)
        if read is None:
            return _still_asking(record)
        settings, kept = self._settings(runtime), self._kept()
        held = self._graph.get_state(get_config()).values if kept else {}
        past = [] if (record and kept) or held else _past(state, read)
        start = _going_on(self._door.run(self._replay.state(past)), read)
        if kept:
            found = self._graph.invoke(start, turn_config(held, read), context=settings)
        else:
            found = self._stateless.invoke(start, context=settings)
        return _after(state, read, found, self._by_rules and without_model(settings))

    @hook_config(can_jump_to=["end"])
    async def abefore_agent(self, state: RaiseAgentState, runtime: Runtime[Any]) -> Update | None:
        """As ``before_agent``."""
        record = state.get("raise_penguin")
        read = unread(state["messages"], record)
        if read is None:
            return _still_asking(record)
        settings, kept = self._settings(runtime), self._kept()
        held = (await self._graph.aget_state(get_config())).values if kept else {}
        past = [] if (record and kept) or held else _past(state, read)
        start = _going_on(await self._replay.state(past), read)
        if kept:
            found = await self._graph.ainvoke(start, turn_config(held, read), context=settings)
        else:
            found = await self._stateless.ainvoke(start, context=settings)
        return _after(state, read, found, self._by_rules and without_model(settings))

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        """Put what is known before the agent's model."""
        return handler(_knowing(request))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """As ``wrap_model_call``."""
        return await handler(_knowing(request))

    def _kept(self) -> bool:
        """Whether the agent has a checkpointer, so that dialogues are kept in its threads.

        Raises:
            SettingsError: It has none, and questions shall interrupt.
        """
        kept = has_checkpointer()
        if not kept and self._mode == "interrupt":
            raise SettingsError(
                "RaiseMiddleware(mode='interrupt') pauses the agent, which needs a checkpointer: "
                "create_agent(..., checkpointer=InMemorySaver()), or use mode='message'"
            )
        return kept

    def _settings(self, runtime: Runtime[Any]) -> RaiseContext:
        """The settings of this run."""
        given = self._context
        settings = given if isinstance(given, RaiseContext) else given(runtime.context)
        return settings.model_copy(update={"mode": self._mode})


def _after(state: RaiseAgentState, read: AnyMessage, found: Any, offline: bool) -> Update:
    """The agent's state after a turn of RAISE, and whether the agent still has to answer."""
    dialogue, earlier = cast("RaiseState", found), state.get("raise_penguin")
    shared = earlier["shared"] if earlier else 0
    said = exchange(state["messages"], dialogue, read, shared=shared, offline=offline)
    update: Update = {"raise_penguin": record_of(dialogue, read, said), "messages": said}
    return update if dialogue.get("outcome") == "handed_over" else {**update, "jump_to": "end"}


def _said(message: AnyMessage) -> HumanMessage:
    return HumanMessage(message_text(message.content), id=message.id)


def _past(state: RaiseAgentState, read: AnyMessage) -> list[AnyMessage]:
    """The messages before the one that is read; the dialogue is read back from them.

    So it is where the agent has no checkpointer, and at the first turn of an agent that was given
    a history, or that a parent graph starts anew for each message.
    """
    return state["messages"][: [message.id for message in state["messages"]].index(read.id)]


def _going_on(start: RaiseState, read: AnyMessage) -> RaiseState:
    begun = RaiseState(**start)
    begun["messages"] = [*(start.get("messages") or []), _said(read)]
    return begun


def _still_asking(record: RaiseRecord | None) -> Update | None:
    """Without new words, the agent does not answer past a waiting question."""
    return {"jump_to": "end"} if record is not None and record["pending"] else None


def _knowing(request: ModelRequest[Any]) -> ModelRequest[Any]:
    """The request with what is known in its system message, as data."""
    record = cast("RaiseAgentState", request.state).get("raise_penguin")
    if record is None or not (record["facts"] or record["level"] == "sensitive"):
        return request
    text = known_person(record["query"], record["facts"], sensitive=record["level"] == "sensitive")
    return request.override(system_message=with_known_person(request.system_message, text))
