"""RAISE as a LangChain tool: an agent hands over a sensitive message and gets back what to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from langchain.tools import ToolRuntime
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.tools import BaseTool, StructuredTool

from ..graphs.context import RaiseContext
from ..graphs.crisis.danger import detect_danger
from ..graphs.raise_graph import build_raise_graph
from ..graphs.roles import OFFLINE
from ..graphs.state import SCHEMA_VERSION, RaiseState, last_words
from ..penguin.errors import SettingsError
from .agent_record import check_version
from .host_run import has_checkpointer
from .reply_message import KEY, reply_message, without_model

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..graphs.roles import Roles
    from ..policies.store import PolicyStore

DESCRIPTION = (
    "Answers a message in which a person asks for advice on something that may hurt them: health, "
    "money, work, family, love, safety, low spirits. It may first ask the person a few facts. Hand "
    "over the person's words unchanged. When its last result was a question, call it again with "
    "what the person says next."
)
WORD_FOR_WORD = "Say this to the person, word for word and nothing else:\n\n"

Result = tuple[str, dict[str, Any]]


def raise_tool(
    model: str | BaseChatModel | None = None,
    *,
    mode: Literal["interrupt", "message"] = "interrupt",
    name: str = "ask_raise",
    description: str = DESCRIPTION,
    return_direct: bool = True,
    context: RaiseContext | None = None,
    roles: Roles | None = None,
    store: PolicyStore | None = None,
) -> BaseTool:
    """A tool with one argument, ``message``, for an agent that runs on LangGraph.

    What is known of the person is kept with the tool's results in the agent's own messages (their
    ``artifact``, which no model sees), so a later call knows it and asks nothing twice.

    Args:
        model: Chat model for RAISE's roles; as in the context when omitted ("offline").
        mode: "interrupt" pauses the agent's run with the question as payload; "message" returns
            the question as the tool's result, to be put to the person.
        name: Name of the tool.
        description: Tells the agent's model when to call it.
        return_direct: The result goes to the person as it is and ends the turn, help in a crisis
            too. Otherwise the agent's model is told to say it word for word, which it may not do.
        context: Further settings; ``mode`` in it is not used.
        roles: Roles of your own in place of the model.
        store: Policy store; the context's, or the shipped one, when omitted.

    Example:
        >>> raise_tool(mode="message").name
        'ask_raise'
    """
    settings = (context or RaiseContext()).model_copy(update={"mode": mode})
    offline = roles is None and model in (None, OFFLINE) and without_model(settings)
    graph = build_raise_graph(
        model,
        roles=roles,
        store=store,
        checkpointer=None if mode == "interrupt" else False,  # None: the agent's own
        takes_state=True,
    )

    def started(message: str, runtime: ToolRuntime[Any, Any]) -> RaiseState:
        if mode == "interrupt" and not has_checkpointer(runtime.config):
            raise SettingsError(
                f"{name} pauses the agent for its questions, which needs a checkpointer: give the "
                "agent one, or make the tool with raise_tool(mode='message')"
            )
        return _start(message, _messages(runtime.state), name)

    def told(found: Any) -> Result:
        state = cast("RaiseState", found)
        reply = reply_message(state, offline=offline)
        kept = {key: value for key, value in state.items() if key != "messages"}
        text = reply.text if return_direct else f"{WORD_FOR_WORD}{reply.text}"
        return text, {"state": kept, KEY: reply.response_metadata[KEY]}

    def answer(message: str, runtime: ToolRuntime[Any, Any]) -> Result:
        return told(graph.invoke(started(message, runtime), context=settings))

    async def aanswer(message: str, runtime: ToolRuntime[Any, Any]) -> Result:
        return told(await graph.ainvoke(started(message, runtime), context=settings))

    return StructuredTool.from_function(
        answer,
        coroutine=aanswer,
        name=name,
        description=description,
        return_direct=return_direct,
        response_format="content_and_artifact",
    )


def _messages(state: Any) -> list[AnyMessage]:
    """The agent's messages, whatever its state is."""
    if isinstance(state, list):
        return cast("list[AnyMessage]", state)
    if isinstance(state, dict):
        return cast("dict[str, list[AnyMessage]]", state).get("messages", [])
    return list(getattr(state, "messages", []))


def _start(message: str, messages: list[AnyMessage], name: str) -> RaiseState:
    """The dialogue as the last result of the tool left it, with the new words.

    Where the person's own words show danger, they are read in place of what the agent's model made
    of them.

    Raises:
        SettingsError: The last result was written by a newer version.
    """
    start = _left(messages, name)
    check_version(start.get("schema_version", SCHEMA_VERSION))
    own = last_words(RaiseState(messages=messages))
    start["messages"] = [HumanMessage(own if detect_danger(own) else message)]
    return start


def _left(messages: list[AnyMessage], name: str) -> RaiseState:
    """The state in the newest result of the tool; empty where there is none."""
    for message in reversed(messages):
        if message.type == "tool" and message.name == name and isinstance(message.artifact, dict):
            kept = cast("dict[str, Any]", message.artifact)
            if "state" in kept:
                return RaiseState(**cast("RaiseState", kept["state"]))
    return RaiseState()
