"""What the graph itself costs: time and bytes of a dialogue beside those of an empty graph.

``raise-penguin eval bench overhead`` prints the table. The empty graph has the same four nodes and
edges and holds the same conversation of three questions, and does nothing else; the roles of the
RAISE graph answer at once. Dialogues of the two alternate, so that both meet the same machine.
"""

from __future__ import annotations

import asyncio
import operator
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from ...graphs import Dialogues, RaiseContext, build_raise_graph
from ...penguin.attributes import load_attributes
from .instant import ANSWERS, MESSAGE, REPLY, InstantRoles

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

QUESTIONS = len(ANSWERS)
WARM_UP = 2
"""First dialogues of a graph, which are not counted."""
MOST = 2.0
"""Times the empty graph that the RAISE graph may cost."""

Saver = Literal["memory", "sqlite", "aiosqlite"]
Durability = Literal["sync", "exit"]
NAMES = {"memory": "InMemorySaver", "sqlite": "SqliteSaver", "aiosqlite": "AsyncSqliteSaver"}


class EmptyState(TypedDict, total=False):
    """The conversation and how far it is."""

    messages: Annotated[list[AnyMessage], add_messages]
    asked: Annotated[int, operator.add]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A checkpointer and how it is used."""

    saver: Saver
    durability: Durability
    run: Literal["invoke", "ainvoke"]

    @property
    def label(self) -> str:
        """Its name in the table."""
        names = {
            "memory": "InMemorySaver",
            "sqlite": "SqliteSaver",
            "aiosqlite": "AsyncSqliteSaver",
        }
        return f"{names[self.saver]}, {self.durability}, {self.run}"


SETTINGS = (
    Setting(saver="memory", durability="sync", run="invoke"),
    Setting(saver="memory", durability="sync", run="ainvoke"),
    Setting(saver="sqlite", durability="sync", run="invoke"),
    Setting(saver="sqlite", durability="exit", run="invoke"),
    Setting(saver="aiosqlite", durability="sync", run="ainvoke"),
    Setting(saver="aiosqlite", durability="exit", run="ainvoke"),
)


@dataclass
class Cost:
    """What dialogues of one graph cost."""

    milliseconds: list[float] = field(default_factory=list[float])
    kilobytes: float | None = None
    """On disk, a dialogue; None where nothing is on disk."""

    @property
    def time(self) -> float:
        """Median milliseconds of a dialogue."""
        return median(self.milliseconds)


def empty_graph(checkpointer: Any) -> Any:
    """Four nodes that only pass the conversation on."""
    questions = [item.questions[0] for item in load_attributes().values()]

    def triage(state: EmptyState) -> EmptyState:
        del state
        return {"asked": 0}

    def select(state: EmptyState) -> EmptyState:
        if (number := state["asked"]) == QUESTIONS:
            return {}
        said = AIMessage(questions[number], id=f"question-{number + 1}", name="raise")
        return {"messages": [said], "asked": 1}

    def ask(state: EmptyState) -> EmptyState:
        answer = interrupt(state["messages"][-1].text)
        return {"messages": [HumanMessage(answer, id=f"answer-to-question-{state['asked']}")]}

    def respond(state: EmptyState) -> EmptyState:
        number = len(state["messages"])
        return {"messages": [AIMessage("".join(REPLY), id=f"reply-{number}", name="raise")]}

    def after_select(state: EmptyState) -> str:
        return "ask" if state["messages"][-1].type == "ai" else "respond"

    builder: Any = StateGraph(EmptyState)
    for node in (triage, select, ask, respond):
        builder.add_node(node.__name__, node)
    builder.add_edge(START, "triage")
    builder.add_edge("triage", "select")
    builder.add_conditional_edges("select", after_select, ["ask", "respond"])
    builder.add_edge("ask", "select")
    builder.add_edge("respond", END)
    return builder.compile(checkpointer=checkpointer)


def raise_graph(checkpointer: Any) -> Any:
    """The RAISE graph with instant roles."""
    return build_raise_graph(roles=InstantRoles().roles(), checkpointer=checkpointer)


def offline_graph(checkpointer: Any) -> Any:
    """The RAISE graph with the offline roles, which do real work."""
    return build_raise_graph(checkpointer=checkpointer)


async def measure(
    setting: Setting,
    graphs: dict[str, Callable[[Any], Any]],
    dialogues: int,
    *,
    through_door: bool = False,
) -> dict[str, Cost]:
    """Cost of each graph's dialogues, which take turns.

    Args:
        setting: The checkpointer.
        graphs: How to build each graph, by name.
        dialogues: How many are counted of each.
        through_door: Whether turns go through ``Dialogues.send``, as an application's do.
    """
    costs = {name: Cost() for name in graphs}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.sqlite" for name in graphs}
        async with _savers(setting, files) as savers:
            built = {name: build(savers[name]) for name, build in graphs.items()}
            talk = _through_door if through_door else _dialogue
            for number in range(WARM_UP + dialogues):
                for name, graph in built.items():
                    started = time.perf_counter()
                    await talk(graph, setting, f"thread-{number}")
                    if number >= WARM_UP:
                        taken = time.perf_counter() - started
                        costs[name].milliseconds.append(1_000 * taken)
        if setting.saver != "memory":
            for name, file in files.items():
                costs[name].kilobytes = _size(file) / 1024 / (WARM_UP + dialogues)
    return costs


@asynccontextmanager
async def _savers(setting: Setting, files: dict[str, Path]) -> AsyncGenerator[dict[str, Any]]:
    """A checkpointer of its own for each graph."""
    async with AsyncExitStack() as stack:
        savers: dict[str, Any] = {}
        for name, file in files.items():
            if setting.saver == "memory":
                savers[name] = InMemorySaver()
            elif setting.saver == "sqlite":
                saver = stack.enter_context(SqliteSaver.from_conn_string(str(file)))
                saver.setup()
                savers[name] = saver
            else:
                made = AsyncSqliteSaver.from_conn_string(str(file))
                savers[name] = await stack.enter_async_context(made)
                await savers[name].setup()
        yield savers


async def _dialogue(graph: Any, setting: Setting, thread: str) -> None:
    """A message and three answers, straight to the graph."""
    config: RunnableConfig = {"configurable": {"thread_id": thread}}
    steps = [{"messages": [{"role": "user", "content": MESSAGE}]}, *map(_resume, ANSWERS)]
    for step in steps:
        if setting.run == "invoke":
            graph.invoke(step, config, durability=setting.durability)
        else:
            await graph.ainvoke(step, config, durability=setting.durability)


def _resume(answer: str) -> Command[Any]:
    return Command(resume=answer)


async def _through_door(graph: Any, setting: Setting, thread: str) -> None:
    """The same dialogue through ``Dialogues``."""
    door = Dialogues(graph, context=RaiseContext(), durability=setting.durability)
    for words in (MESSAGE, *ANSWERS):
        if setting.run == "invoke":
            door.send_sync(thread, words)
        else:
            await door.send(thread, words)


def _size(file: Path) -> int:
    """Bytes of a database once its log is folded in and its free pages are given back."""
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
    finally:
        connection.close()
    return file.stat().st_size


def row(label: str, base: Cost, other: Cost) -> str:
    """One line of the table: milliseconds and kilobytes of both, and their ratios."""
    line = f"{label:<34} {base.time:>8.1f} {other.time:>8.1f} {other.time / base.time:>6.2f}"
    if base.kilobytes is None or other.kilobytes is None:
        return line
    ratio = other.kilobytes / base.kilobytes
    return f"{line} {base.kilobytes:>9.1f} {other.kilobytes:>8.1f} {ratio:>6.2f}"


def main(dialogues: int) -> None:
    """Print the tables."""
    typer.echo(
        f"medians of {dialogues} dialogues of {QUESTIONS} questions, {os.cpu_count()} cores; "
        f"x: times the empty graph, at most {MOST:g} wanted"
    )
    head = f"{'empty':>8} {'RAISE':>8} {'x':>6} {'empty':>9} {'RAISE':>8} {'x':>6}"
    typer.echo(f"\n{'':<34} {'milliseconds':>24} {'kilobytes on disk':>25}")
    typer.echo(f"{'the graph alone, instant roles':<34} {head}")
    graphs = {"empty": empty_graph, "raise": raise_graph}
    for setting in SETTINGS:
        found = _run(measure(setting, graphs, dialogues))
        typer.echo(row(setting.label, found["empty"], found["raise"]))
    typer.echo("\nfor information: turns through Dialogues.send; then with the offline roles")
    for name, build in (("Dialogues", raise_graph), ("offline roles", offline_graph)):
        for setting in (SETTINGS[1], SETTINGS[2]):
            base = _run(measure(setting, {"empty": empty_graph}, dialogues))
            other = _run(measure(setting, {"raise": build}, dialogues, through_door=True))
            typer.echo(row(f"{name}: {setting.label}"[:34], base["empty"], other["raise"]))


def _run(measuring: Awaitable[dict[str, Cost]]) -> dict[str, Cost]:
    async def wait() -> dict[str, Cost]:
        return await measuring

    return asyncio.run(wait())
