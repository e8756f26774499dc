"""Guards threads over releases: one of version 1 goes on, one of a newer release is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, RaiseContext, build_raise_graph
from raise_penguin.graphs.state import SCHEMA_VERSION
from raise_penguin.penguin.errors import SettingsError

GOLDEN = Path(__file__).with_name("golden") / "version_1.sqlite"


def golden(tmp_path: Path) -> str:
    """A copy of the golden file, since resuming writes to it."""
    return str(shutil.copy(GOLDEN, tmp_path / "version_1.sqlite"))


@pytest.mark.parametrize("mode", ["interrupt", "message"])
def test_a_waiting_thread_of_version_1_goes_on(mode: str, tmp_path: Path) -> None:
    with SqliteSaver.from_conn_string(golden(tmp_path)) as saver:
        context = RaiseContext.model_validate({"mode": mode})
        talk = Dialogues(build_raise_graph(checkpointer=saver), context=context)
        turn = talk.resume_sync(mode)
        assert turn is not None
        assert turn.state.get("schema_version") == 1
        assert "language" not in turn.state
        assert turn.question
        turn = talk.send_sync(mode, "Why do you ask?", question_id=turn.question["id"])
        assert turn.state.get("schema_version") == SCHEMA_VERSION
        assert turn.state.get("language") == "en"
        while turn.kind == "question":
            assert turn.question
            turn = talk.send_sync(mode, "worried", question_id=turn.question["id"])
        assert turn.kind == "reply"
        assert turn.state["facts"]["age"]["value"] == "25-34"
        asked = turn.state["asked"]
        assert 1 <= len(asked) == len(set(asked)) <= 3
        assert "age" not in asked


@pytest.mark.parametrize("mode", ["interrupt", "message"])
def test_an_answered_thread_of_version_1_takes_a_follow_up(mode: str, tmp_path: Path) -> None:
    with SqliteSaver.from_conn_string(golden(tmp_path)) as saver:
        context = RaiseContext.model_validate({"mode": mode})
        talk = Dialogues(build_raise_graph(checkpointer=saver), context=context)
        turn = talk.send_sync("answered", "And what should I tell my boss about my notice?")
        assert turn.kind == "reply", "its budget is used"
        assert turn.state.get("follow_up")
        assert turn.state.get("schema_version") == SCHEMA_VERSION


@pytest.mark.parametrize("door", ["dialogues", "graph"])
@pytest.mark.parametrize("waiting", [True, False])
async def test_a_newer_thread_is_refused_naming_both_versions(door: str, waiting: bool) -> None:
    script = Script(questions=1)
    talk = Dialogues(build_raise_graph(roles=script.roles(), checkpointer=InMemorySaver()))
    config: Any = {"configurable": {"thread_id": "t"}}
    turn = await talk.send("t", SENSITIVE)
    if not waiting:
        turn = await talk.send("t", "no")
    node = "select" if waiting else "respond"
    await talk.graph.aupdate_state(config, {"schema_version": 99}, as_node=node)
    both = rf"version 99.*version {SCHEMA_VERSION}"
    message = {"role": "user", "content": "hello, is anybody there?"}
    with pytest.raises(SettingsError, match=both):
        await (
            talk.send("t", message["content"])
            if door == "dialogues"
            else talk.graph.ainvoke({"messages": [message]}, config)
        )
    assert script.calls.total() == turn.state["calls"]
