"""A web page round RAISE: it shows why a question is asked, what is known, and deletes it for good.

Run: pip install 'raise-penguin[serve]' fastapi && python examples/web_page/app.py
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from talk import Talk

from raise_penguin.graphs import RaiseContext

STATIC = Path(__file__).parent / "static"
COOKIE = "dialogue"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Words(BaseModel):
    """What the person sends; empty words skip a waiting question."""

    text: str = Field(max_length=50_000)
    question_id: str | None = None


async def private(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Give each browser a dialogue of its own, under a name that nobody can guess.

    A page elsewhere can do nothing with it: the cookie stays at home (SameSite).
    """
    thread = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    request.state.thread = thread
    response = await call_next(request)
    response.headers.update(HEADERS)
    if COOKIE not in request.cookies:
        response.set_cookie(COOKIE, thread, httponly=True, samesite="strict")
    return response


def of_request(request: Request) -> tuple[Talk, str]:
    """The conversations, and which one is the browser's."""
    return request.app.state.talk, request.state.thread


Mine = Annotated[tuple[Talk, str], Depends(of_request)]


def make_app(database: Path, context: RaiseContext) -> FastAPI:
    """The app; its conversations are kept in a SQLite file."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with Talk.opened(database, context) as app.state.talk:
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(private)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.get("/")(page)
    app.get("/api/dialogue")(dialogue)
    app.post("/api/turn")(turn)
    app.delete("/api/known/{attribute}")(delete_fact)
    app.delete("/api/dialogue")(delete_all)
    return app


async def page() -> FileResponse:
    """The page itself."""
    return FileResponse(STATIC / "page.html")


async def dialogue(mine: Mine) -> dict[str, Any]:
    """All that was said, for a page that is loaded again."""
    talk, thread = mine
    return await talk.shown(thread) | {"offline": talk.offline}


async def turn(words: Words, mine: Mine) -> StreamingResponse:
    """Take a turn; the answer comes as lines of JSON, pieces first, the whole turn last."""
    talk, thread = mine

    async def written() -> AsyncIterator[str]:
        async for line in talk.take(thread, words.text, words.question_id):
            yield json.dumps(line) + "\n"

    return StreamingResponse(written(), media_type="application/x-ndjson")


async def delete_fact(attribute: str, mine: Mine) -> dict[str, Any]:
    """Delete one thing that is known."""
    talk, thread = mine
    left = await talk.forget_fact(thread, attribute)
    if left is None:
        raise HTTPException(404, "nothing is known of that")
    return left


async def delete_all(response: Response, mine: Mine) -> dict[str, Any]:
    """Delete everything; the next message begins a dialogue of another name."""
    talk, thread = mine
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return await talk.forget(thread)


def main() -> None:
    """Serve the page on this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8322)
    parser.add_argument("--database", type=Path, default=Path("dialogues.sqlite"))
    parser.add_argument("--model", default="offline")
    parser.add_argument("--country", default="", help="two letters, for help lines")
    given = parser.parse_args()
    context = RaiseContext(model=given.model, country=given.country)
    uvicorn.run(make_app(given.database, context), port=given.port, access_log=False)


if __name__ == "__main__":
    main()
