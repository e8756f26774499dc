"""Guards the web page's server: whose dialogue it is, what a page elsewhere can do, deletion."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from app import make_app
from browser import SENSITIVE

from raise_penguin.graphs import Dialogues, RaiseContext

UNUSUAL = "I turned 34 in the year of the comet"


@asynccontextmanager
async def browser_of(database: Path, **context: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A client with a cookie jar, as one browser is."""
    app = make_app(database, RaiseContext.model_validate(context))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client,
    ):
        await client.get("/")
        yield client


async def say(client: httpx.AsyncClient, text: str, question: str | None = None) -> Any:
    """One turn; the last line of it."""
    done = await client.post("/api/turn", json={"text": text, "question_id": question})
    lines = [json.loads(line) for line in done.text.splitlines()]
    *pieces, last = lines
    if "turn" in last and pieces:
        assert "".join(piece["piece"] for piece in pieces).split() == last["turn"]["text"].split()
    return last


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def test_a_turn_shows_the_reason_and_what_is_known(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        asked = (await say(client, SENSITIVE))["turn"]
        assert asked["question"]["reason"]
        then = (await say(client, "I am 34", asked["question"]["id"]))["turn"]
        assert [fact["label"] for fact in then["known"]] == ["Age"]
        shown = (await client.get("/api/dialogue")).json()
        assert [one["who"] for one in shown["messages"]] == ["you", "raise", "you", "raise"]
        assert shown["offline"]
        assert (await say(client, "I am 99", asked["question"]["id"]))["turn"]["kind"] == "repeated"


async def test_unreadable_words_are_told(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        assert "empty" in (await say(client, " \x01 "))["error"]
        done = await client.post("/api/turn", json={"text": "x" * 60_000})
        assert done.status_code == 422


async def test_a_turn_that_fails_is_logged_without_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def send(*_: object, **__: object) -> None:
        raise OSError(UNUSUAL)

    monkeypatch.setattr(Dialogues, "send", send)
    async with browser_of(tmp_path / "d.sqlite") as client:
        done = await client.post("/api/turn", json={"text": UNUSUAL})
        assert done.text == ""
    gc.collect()  # asyncio logs what nobody asked a task for when the task is gone
    assert "a turn failed (OSError)" in caplog.text
    assert UNUSUAL not in caplog.text


async def test_each_browser_has_a_dialogue_of_its_own(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        await say(client, SENSITIVE)
        client.cookies.clear()
        page = await client.get("/")
        cookie = page.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await client.get("/api/dialogue")).json()["messages"] == []


async def test_a_page_elsewhere_can_do_nothing(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        page = await client.get("/")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        plain = {"Content-Type": "text/plain"}
        done = await client.post("/api/turn", content='{"text": "x"}', headers=plain)
        assert done.status_code == 422
        assert "access-control-allow-origin" not in done.headers


async def test_a_deleted_fact_leaves_no_value_in_the_decision_log(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        await say(client, SENSITIVE)
        await say(client, "I'm 24")
        await say(client, "no, I'm 34, not 24")
        assert b"corrected age" in bytes_on_disk(tmp_path)
        await client.delete("/api/known/age")
        assert b"corrected age" not in bytes_on_disk(tmp_path)


async def test_one_fact_is_deleted_from_every_checkpoint(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        asked = (await say(client, SENSITIVE))["turn"]["question"]
        told = (await say(client, f"{UNUSUAL}. I am 34.", asked["id"]))["turn"]
        words = next(fact["words"] for fact in told["known"] if fact["id"] == "age")
        assert words.encode() in bytes_on_disk(tmp_path)
        left = (await client.delete("/api/known/age")).json()
        assert [fact["value"] for fact in left["known"] if fact["id"] == "age"] == [""]
        assert words not in json.dumps(left)
        assert left["question"] == told["question"]
        assert words.encode() not in bytes_on_disk(tmp_path)
        assert (await client.delete("/api/known/age")).status_code == 200
        assert (await client.delete("/api/known/shoe_size")).status_code == 404
        after = (await say(client, "no", told["question"]["id"]))["turn"]
        assert after["kind"] in {"question", "reply"}
        assert (after["question"] or {}).get("attribute") != "age"


async def test_a_corrected_fact_is_deleted_as_it_was_before_too(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        await say(client, f"{SENSITIVE} I'm 24.")
        await say(client, "no, I'm 34")
        assert b"18-24 -> 25-34" in bytes_on_disk(tmp_path)  # in the decision log
        left = (await client.delete("/api/known/age")).json()
        assert left["messages"][0]["text"].startswith(SENSITIVE)
        for words in ("I'm 24", "I'm 34", "18-24", "25-34"):
            assert words not in json.dumps(left)
            assert words.encode() not in bytes_on_disk(tmp_path)


async def test_everything_is_deleted_from_the_file(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        asked = (await say(client, f"{SENSITIVE} {UNUSUAL}."))["turn"]["question"]
        await say(client, "I am 34", asked["id"])
        assert UNUSUAL.encode() in bytes_on_disk(tmp_path)
        done = await client.delete("/api/dialogue")
        assert done.json() == {"messages": [], "known": []}
        assert UNUSUAL.encode() not in bytes_on_disk(tmp_path)
        assert (await client.get("/api/dialogue")).json()["messages"] == []


async def test_a_dialogue_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with browser_of(tmp_path / "d.sqlite") as client:
        await say(client, SENSITIVE)
        cookies = dict(client.cookies)
    async with browser_of(tmp_path / "d.sqlite") as client:
        client.cookies.clear()
        client.cookies.update(cookies)
        shown = (await client.get("/api/dialogue")).json()
        assert shown["question"]["id"] == "question-1"
