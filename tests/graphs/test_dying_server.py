"""Guards the person against a dead or slow model server: a safe reply, marked, whatever happens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.penguin.errors import ModelUnavailableError

SERVER = Path(__file__).resolve().parents[1] / "servers" / "chat_server.py"
MESSAGE = "I want to quit my job on Friday. Good idea?"


class MortalServer:
    """A chat server of its own, which a test may kill at any time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.root = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def script(self, *, forever: str) -> None:
        import json
        from urllib.request import Request, urlopen

        body = json.dumps({"behaviours": [], "forever": forever}).encode()
        with urlopen(Request(f"{self.root}/script", body)):
            pass

    def talk(self, **settings: Any) -> Dialogues:
        context = RaiseContext(model="openai:test", base_url=f"{self.root}/v1", **settings)
        return Dialogues(build_raise_graph(checkpointer=InMemorySaver()), context=context)


@pytest.fixture
def server() -> Iterator[MortalServer]:
    made = MortalServer()
    try:
        yield made
    finally:
        made.kill()
        assert made.process.stdout is not None
        made.process.stdout.close()


def check_safe(turn: Any, *roles: str) -> None:
    """A whole reply of the rules, marked with the roles whose model failed."""
    assert turn.kind == "reply"
    assert turn.state["outcome"] == "answered"
    assert len(turn.text.split()) > 40
    assert {entry["role"] for entry in turn.state["degraded"]} == set(roles)
    assert all(entry["cause"].strip(": ") for entry in turn.state["degraded"])


async def test_dead_from_the_start(server: MortalServer) -> None:
    server.kill()
    talk = server.talk(budget=1)
    turn = await talk.send("t", MESSAGE)
    while turn.kind == "question":
        turn = await talk.send("t", "I'm 34")
    check_safe(turn, "triage", "select", "respond")


async def test_killed_between_two_turns(server: MortalServer) -> None:
    talk = server.talk(budget=1)
    turn = await talk.send("t", MESSAGE)
    assert turn.state["degraded"] == []
    server.kill()
    turn = await talk.send("t", "I'm 34")
    check_safe(turn, "select", "respond")
    assert turn.state["facts"]["age"]["value"] == "25-34"  # the rules still read the answer


async def test_killed_while_it_streams_the_reply(server: MortalServer) -> None:
    talk = server.talk(budget=0)
    server.script(forever="slow:0.05")
    pieces: list[str] = []

    def hear(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == 3:
            server.kill()

    turn = await talk.send("t", MESSAGE, on_piece=hear)
    check_safe(turn, "respond")
    assert pieces[0].startswith("It")
    assert "".join(pieces).endswith(turn.text)  # half of the one reply, then the whole other
    assert [message.type for message in turn.state["messages"]] == ["human", "ai"]


async def test_danger_needs_no_server(server: MortalServer) -> None:
    server.kill()
    turn = await server.talk(country="GB").send("t", "I am going to kill myself tonight.")
    assert turn.state["outcome"] == "crisis"
    assert "116 123" in turn.text
    assert turn.state.get("degraded", []) == []


@pytest.mark.parametrize("slow", ["triage", "select", "respond"])
async def test_each_role_has_a_time_limit_of_its_own(server: MortalServer, slow: str) -> None:
    server.script(forever="delay:0.4")
    talk = server.talk(budget=1, time_limit=30, **{f"{slow}_limit": 0.2})
    turn = await talk.send("t", MESSAGE)
    while turn.kind == "question":
        turn = await talk.send("t", "I'm 34")
    assert {entry["role"] for entry in turn.state["degraded"]} == {slow}
    assert all("0.2 s" in entry["cause"] for entry in turn.state["degraded"])


async def test_a_limit_of_its_own_may_be_longer_than_the_common_one(server: MortalServer) -> None:
    server.script(forever="delay:0.4")
    turn = await server.talk(budget=0, time_limit=0.2, respond_limit=30).send("t", MESSAGE)
    assert {entry["role"] for entry in turn.state["degraded"]} == {"triage"}


def test_limits_are_of_their_role() -> None:
    context = RaiseContext(time_limit=9, select_limit=2)
    assert [context.limit(role) for role in ("triage", "select", "respond")] == [9, 2, 9]
    assert issubclass(ModelUnavailableError, RuntimeError)  # so that Studio shows its words
