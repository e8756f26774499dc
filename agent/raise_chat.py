"""RaiseChat: the agent as a LangChain Runnable; a chatbot gets it in ten lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from contextvars import Context
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import set_config_context
from langgraph.checkpoint.memory import InMemorySaver

from ..graphs.context import RaiseContext
from ..graphs.raise_graph import build_raise_graph
from ..graphs.roles import OFFLINE
from .chat_input import ChatInput
from .chat_turns import ChatTurns
from .pieces import astreamed, streamed
from .replay import Replay

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.store.base import BaseStore

    from ..graphs.roles import Roles
    from ..policies.store import PolicyStore


class RaiseChat(Runnable[ChatInput, AIMessage]):
    """The RAISE agent: words or messages in, its question or its reply out, as one AIMessage.

    ``response_metadata["raise_penguin"]`` says what it is (see ``ReplyMetadata``). With a
    ``thread_id`` or ``session_id`` in ``config["configurable"]`` the dialogue is kept by the saver,
    and only the newest words of the input are read; a thread that the saver does not know yet is
    first read back from the messages before them. Without one, every call brings the whole
    transcript, and the state is read back from it by rules. System messages are not read.

    ``config["configurable"]`` may also hold ``question_id`` (the question that the words answer)
    and ``raise_context`` (fields of ``RaiseContext`` for this call, such as the country).

    Args:
        model: Chat model for every role, by name or as an object; as in the context when omitted,
            which is "offline" unless it says otherwise.
        context: Settings. Questions always come as messages, whatever its ``mode`` is.
        checkpointer: Keeps the dialogues: any LangGraph saver, an async one for the async methods.
            A saver in memory, which is the default, keeps the 1,000 that spoke last.
        roles: Roles of your own in place of the model.
        store: Policy store; the context's, or the shipped one, when omitted.
        memory_store: Any LangGraph store: keeps facts that people agreed to have kept, where the
            context, or a call's ``raise_context``, switches memory on and names the person. Needs a
            thread.

    Example:
        >>> chat = RaiseChat()
        >>> chat.invoke("What is a good pasta recipe?").response_metadata["raise_penguin"]["kind"]
        'reply'
    """

    def __init__(
        self,
        model: str | BaseChatModel | None = None,
        *,
        context: RaiseContext | None = None,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        roles: Roles | None = None,
        store: PolicyStore | None = None,
        memory_store: BaseStore | None = None,
    ) -> None:
        settings = (context or RaiseContext()).model_copy(update={"mode": "message"})
        graph = build_raise_graph(
            model,
            roles=roles,
            store=store,
            memory_store=memory_store,
            checkpointer=checkpointer or InMemorySaver(),
            takes_state=True,
        )
        self._turns = ChatTurns(
            graph,
            context=settings,
            replay=Replay(settings, store=store),
            by_rules=roles is None and model in (None, OFFLINE),
        )

    def invoke(
        self, input: ChatInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """The agent's next message.

        Raises:
            MessageError: There are no readable words of a person.
        """
        return self._call_with_config(self._answer, input, config, **kwargs)

    async def ainvoke(
        self, input: ChatInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """As ``invoke``."""
        return await self._acall_with_config(self._aanswer, input, config, **kwargs)

    def stream(
        self, input: ChatInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessage]:
        """The message in pieces as it is written; the last one carries the metadata.

        Should a model fail half-way, a stand-in's whole reply follows what was streamed; the
        metadata then hold the text that counts as ``streamed``.
        """
        yield from self.transform(iter([input]), config, **kwargs)

    async def astream(
        self, input: ChatInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[AIMessage]:
        """As ``stream``."""

        async def inputs() -> AsyncIterator[ChatInput]:
            yield input

        async with aclosing(self.atransform(inputs(), config, **kwargs)) as pieces:
            async for piece in pieces:
                yield piece

    def transform(
        self, input: Iterator[ChatInput], config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessage]:
        """As ``stream``, for an input that comes in pieces."""
        yield from self._transform_stream_with_config(input, self._pieces, config, **kwargs)

    async def atransform(
        self, input: AsyncIterator[ChatInput], config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncGenerator[AIMessage]:
        """As ``astream``, for an input that comes in pieces."""
        written = self._atransform_stream_with_config(input, self._apieces, config, **kwargs)
        async with aclosing(cast("AsyncGenerator[AIMessage]", written)) as pieces:
            async for piece in pieces:
                yield piece

    def forget(self, thread: str) -> None:
        """Delete a dialogue with all its checkpoints (for a saver that is not async)."""
        self._turns.dialogues.forget_sync(thread)

    async def aforget(self, thread: str) -> None:
        """As ``forget``."""
        await self._turns.dialogues.forget(thread)

    def _answer(
        self, given: ChatInput, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> AIMessage:
        del run_manager  # LangChain hands it over; its callbacks stand in the config
        call = self._turns.read(given, config)
        return _apart(config).run(self._turns.take, call)

    async def _aanswer(
        self, given: ChatInput, run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> AIMessage:
        del run_manager
        turn = self._turns.atake(self._turns.read(given, config))
        return await asyncio.get_running_loop().create_task(turn, context=_apart(config))

    def _pieces(
        self,
        given: Iterator[ChatInput],
        run_manager: CallbackManagerForChainRun,
        config: RunnableConfig,
    ) -> Iterator[AIMessage]:
        del run_manager
        call = self._turns.read(_whole(list(given)), config)
        yield from streamed(partial(self._turns.take, call), _apart(config))

    async def _apieces(
        self,
        given: AsyncIterator[ChatInput],
        run_manager: AsyncCallbackManagerForChainRun,
        config: RunnableConfig,
    ) -> AsyncIterator[AIMessage]:
        del run_manager
        call = self._turns.read(_whole([piece async for piece in given]), config)
        written = astreamed(partial(self._turns.atake, call), _apart(config))
        async with aclosing(written) as pieces:
            async for piece in pieces:
                yield piece


def _whole(pieces: list[Any]) -> ChatInput:
    """An input that came in pieces, as LangChain adds them up."""
    return reduce(add, pieces)


def _apart(config: RunnableConfig) -> Context:
    """A context in which a dialogue's own run is seen by the caller's tracing, and nothing more.

    Inside a host's LangGraph node, the host's checkpointer and namespace would else be taken for
    the dialogue's.
    """
    seen = RunnableConfig(
        callbacks=config.get("callbacks"),
        tags=config.get("tags") or [],
        metadata=config.get("metadata") or {},
    )
    with set_config_context(seen) as context:
        return context.copy()
