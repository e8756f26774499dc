"""Guards what the agent costs: bytes on disk, steps, and the table of waiting times."""

from __future__ import annotations

import pytest

from raise_penguin.evals.benchmarks import first_token, overhead
from raise_penguin.evals.benchmarks.instant import ANSWERS, MESSAGE, InstantRoles
from raise_penguin.graphs import build_raise_graph


@pytest.mark.parametrize("setting", overhead.SETTINGS[2:], ids=lambda setting: setting.label)
async def test_a_dialogue_takes_at_most_twice_the_disk_of_an_empty_graphs(
    setting: overhead.Setting,
) -> None:
    graphs = {"empty": overhead.empty_graph, "raise": overhead.raise_graph}
    found = await overhead.measure(setting, graphs, 10)
    empty, ours = found["empty"].kilobytes, found["raise"].kilobytes
    assert empty is not None
    assert ours is not None
    assert 5 < empty < ours <= overhead.MOST * empty


async def test_both_graphs_hold_the_same_conversation_in_as_many_steps() -> None:
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command

    said: list[list[str]] = []
    steps: list[int] = []
    for build in (overhead.empty_graph, overhead.raise_graph):
        graph, config = build(InMemorySaver()), {"configurable": {"thread_id": "t"}}
        await graph.ainvoke({"messages": [{"role": "user", "content": MESSAGE}]}, config)
        for answer in ANSWERS:
            await graph.ainvoke(Command(resume=answer), config)
        state = await graph.aget_state(config)
        said.append([message.type for message in state.values["messages"]])
        steps.append(len([one async for one in graph.aget_state_history(config)]))
    assert said[0] == said[1]
    assert len(said[0]) == 2 + 2 * len(ANSWERS)
    assert steps[0] == steps[1]


async def test_a_node_writes_only_what_it_changed() -> None:
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command

    graph = build_raise_graph(roles=InstantRoles().roles(), checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [{"role": "user", "content": MESSAGE}]}, config)  # pyright: ignore[reportArgumentType]
    updates = graph.astream(Command(resume=ANSWERS[0]), config, stream_mode="updates")  # pyright: ignore[reportArgumentType]
    written = {
        node: set(update)
        async for one in updates
        for node, update in one.items()
        if node != "__interrupt__"
    }
    assert written["select"] == {"messages", "facts", "asked", "pending", "answer", "log", "calls"}


def test_the_table_of_waiting_times(capsys: pytest.CaptureFixture[str]) -> None:
    first_token.main(latency=0.05, times=1, model="", base_url="")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(first_token.WAITS)
    for wait, line in zip(first_token.WAITS, lines[2:], strict=True):
        assert line.startswith(wait.label)
        first, _, whole = map(float, line[len(wait.label) :].split())
        assert first <= whole
    small_talk = [line for line in lines if line.startswith("the reply to small talk")]
    first, _, whole = map(float, small_talk[0].split()[-3:])
    assert first < whole, "the reply came in one piece"
