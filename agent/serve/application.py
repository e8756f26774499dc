"""The endpoint as a Starlette app: OpenAI's chat completions and models, and a health check."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...graphs import Dialogues, RaiseContext
from ...graphs.raise_graph import graph as rules
from .admission import Admission
from .chat_request import MODEL, read_chat_request
from .completion import Completion, ends_with, event
from .conversations import Conversations, Underway
from .errors import IN_DANGER, ApiError, error_body
from .settings import ServeSettings
from .turns import Turns

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from ...graphs.raise_graph import RaiseGraph


def serve_app(
    settings: ServeSettings | None = None,
    *,
    context: RaiseContext | None = None,
    graph: RaiseGraph | None = None,
) -> Starlette:
    """Make the app.

    Args:
        settings: Keys, limits and where dialogues are kept; open and in memory when omitted.
        context: Settings of the agent; questions come as messages whatever its mode says.
        graph: A graph of your own, without a checkpointer; the usual one when omitted.

    Returns:
        An ASGI app; its lifespan opens and closes the store of dialogues, so a server must run it.

    Example:
        >>> [route.path for route in serve_app().routes][:2]
        ['/v1/chat/completions', '/v1/models']
    """
    settings = settings or ServeSettings()
    context = (context or RaiseContext()).model_copy(update={"mode": "message"})
    endpoint = Endpoint(settings, context, graph or rules, rules)
    middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts))]
    if settings.origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.origins),
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["*"],
            )
        )
    return Starlette(
        routes=[
            Route("/v1/chat/completions", endpoint.chat, methods=["POST"]),
            Route("/v1/models", endpoint.models),
            Route("/v1/models/{model}", endpoint.model),
            Route("/v1/threads/{thread:path}", endpoint.forget, methods=["DELETE"]),
            Route("/healthz", endpoint.health),
        ],
        middleware=middleware,
        exception_handlers={ApiError: _refused, HTTPException: _refused, Exception: _refused},
        lifespan=endpoint.lifespan,
    )


class Endpoint:
    """The routes, and what they share while the server runs."""

    def __init__(
        self,
        settings: ServeSettings,
        context: RaiseContext,
        graph: RaiseGraph,
        rules: RaiseGraph,
    ) -> None:
        self._settings = settings
        self._context = context
        self._graph = graph
        self._rules = rules
        self._admission = Admission(settings)
        self._turns: Turns | None = None

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        """Open the store of dialogues; on shutdown let turns end, then close it."""
        del app
        from langgraph.checkpoint.memory import InMemorySaver

        settings = self._settings
        async with _saver(settings) as saver:
            keep = None if settings.dialogues else settings.keep
            turns = self._turns = Turns(
                self._rules,
                Conversations(self._dialogues(saver), waiting=settings.waiting, keep=keep),
                Conversations(
                    self._dialogues(InMemorySaver()), waiting=settings.waiting, keep=settings.keep
                ),
            )
            await turns.warm_up()
            yield
            await turns.close(settings.shutdown_seconds)
            self._turns = None

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        caller = await self._admission.caller(request)
        asked = read_chat_request(await self._admission.body(request))
        underway = self._running().begin(caller, asked, request.headers)
        if asked.stream:
            return StreamingResponse(
                _events(underway, Completion(include_usage=asked.includes_usage)),
                media_type="text/event-stream",
                headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            )
        reply = await underway.reply()
        return JSONResponse(Completion().whole(reply), headers={"Cache-Control": "no-store"})

    async def models(self, request: Request) -> Response:
        """GET /v1/models."""
        await self._admission.caller(request)
        return JSONResponse({"object": "list", "data": [_MODEL]})

    async def model(self, request: Request) -> Response:
        """GET /v1/models/{model}."""
        await self._admission.caller(request)
        if request.path_params["model"] != MODEL:
            message = f"there is no model of that name; use {MODEL!r}"
            raise ApiError(404, message, code="model_not_found", param="model")
        return JSONResponse(_MODEL)

    async def forget(self, request: Request) -> Response:
        """DELETE /v1/threads/{thread}: the caller's dialogue of that name, with all of it."""
        caller = await self._admission.caller(request)
        await self._running().forget(caller, request.path_params["thread"])
        return JSONResponse({"object": "thread.deleted", "deleted": True})

    async def health(self, request: Request) -> Response:
        """GET /healthz: ready to answer; asks for no key and tells nothing of anybody."""
        del request
        return JSONResponse({"status": "ok", "offline": self._context.model == "offline"})

    def _running(self) -> Turns:
        if self._turns is None:
            raise ApiError(503, f"the server is starting or ending. {IN_DANGER}", code="starting")
        return self._turns

    def _dialogues(self, saver: BaseCheckpointSaver[Any]) -> Dialogues:
        return Dialogues(self._graph.copy({"checkpointer": saver}), context=self._context)


_MODEL = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}


def _saver(settings: ServeSettings) -> AbstractAsyncContextManager[BaseCheckpointSaver[Any]]:
    """The store of named threads."""
    from langgraph.checkpoint.memory import InMemorySaver

    from .erasing import ErasingSqliteSaver

    if settings.dialogues is None:
        return InMemorySaver()
    return ErasingSqliteSaver.from_conn_string(str(settings.dialogues))


async def _events(underway: Underway, completion: Completion) -> AsyncIterator[str]:
    """The turn as server-sent events."""
    streamed = ""
    async for piece in underway.follow():
        if piece:
            yield event(completion.piece(piece, first=not streamed))
            streamed += piece
        else:
            yield ": still here\n\n"
    try:
        reply = await underway.reply()
    except ApiError as error:
        yield event(error.body)
        return
    if not ends_with(streamed, reply.text):  # a question; or what stands in for a broken reply
        piece = f"\n\n{reply.text}" if streamed else reply.text
        yield event(completion.piece(piece, first=not streamed))
        streamed += piece
    for chunk in completion.end(reply, streamed):
        yield event(chunk)
    yield "data: [DONE]\n\n"


async def _refused(request: Request, error: Exception) -> Response:
    """Any refusal in OpenAI's shape."""
    if isinstance(error, ApiError):
        return error.response()
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = (
        f"{request.method} is not served here; see /v1/models and /v1/chat/completions"
        if status in (404, 405)
        else f"something went wrong here. {IN_DANGER}"
    )
    return JSONResponse(error_body(status, message, code="not_answered"), status)
