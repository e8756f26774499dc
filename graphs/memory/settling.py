"""Erasing beyond the current state: older checkpoints, other threads, the space they took."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage

from ..state import RaiseState, message_text
from .erasing import emptied, masked
from .record import Erasure
from .shelf import Shelf
from .words import words_of

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.store.base import BaseStore
    from langgraph.types import StateSnapshot

    from ..raise_graph import RaiseGraph

COMPACTING = ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")


async def settled(
    graph: RaiseGraph, snapshot: StateSnapshot, on_piece: Callable[[str], None] | None = None
) -> StateSnapshot:
    """As ``settled_sync``, not on the event loop."""
    if _due(snapshot) is None:
        return snapshot
    return await asyncio.to_thread(settled_sync, graph, snapshot, on_piece)


def settled_sync(
    graph: RaiseGraph, snapshot: StateSnapshot, on_piece: Callable[[str], None] | None = None
) -> StateSnapshot:
    """Carry out the erasing that the person asked for in the run that just ended.

    The thread's checkpoints are deleted and its current state, already clean, is written anew; the
    person's other threads are cleaned likewise, or deleted where everything is to go.

    Args:
        graph: A RAISE graph with a checkpointer of its own.
        snapshot: The thread as it stands after the run.
        on_piece: Is given the sentence that is added to the agent's last words.

    Returns:
        The thread as it stands now; unchanged where nothing was asked for.
    """
    due = _due(snapshot)
    if due is None:
        return snapshot
    state = cast("RaiseState", snapshot.values)
    thread: str = snapshot.config["configurable"]["thread_id"]
    record = state["memory"]
    if graph.store is not None:
        others = Shelf(graph.store, record["person"], is_digest=True)
        erase_threads(graph, others, due, skip=thread)
        if due["everything"]:
            others.leave_thread(thread)
        compact(graph.store)
    told = _told(state, due.get("language", ""), on_piece)
    clean = emptied(told) if due["everything"] else masked(told, due["attributes"], answered=True)
    rewrite(graph, thread, {**clean, "memory": {**clean["memory"], "erase": None}})
    compact(_saver(graph))
    return graph.get_state(_config(thread))


def erase_threads(graph: RaiseGraph, shelf: Shelf, erasure: Erasure, *, skip: str = "") -> int:
    """Clean or delete the threads of a person.

    Returns:
        How many threads were touched.
    """
    touched = 0
    for thread in [each for each in shelf.threads() if each != skip]:
        if erasure["everything"]:
            _saver(graph).delete_thread(thread)
            shelf.leave_thread(thread)
            touched += 1
        elif state := cast("RaiseState", graph.get_state(_config(thread)).values):
            rewrite(graph, thread, masked(state, erasure["attributes"]))
            touched += 1
    return touched


def leave_list(store: BaseStore, snapshot: StateSnapshot) -> None:
    """Take a thread that is to be deleted off the list of its person's threads."""
    record = cast("RaiseState", snapshot.values).get("memory")
    if record:
        thread: str = snapshot.config["configurable"]["thread_id"]
        Shelf(store, record["person"], is_digest=True).leave_thread(thread)


def rewrite(graph: RaiseGraph, thread: str, clean: RaiseState) -> None:
    """Put one clean state in the place of all checkpoints of a thread."""
    _saver(graph).delete_thread(thread)
    graph.update_state(_config(thread), cast("dict[str, Any]", clean), as_node="remember")


def compact(holder: object) -> bool:
    """Overwrite what was deleted, where a store or saver keeps a SQLite file.

    SQLite leaves deleted rows in free pages and in its write-ahead log until both are rewritten.

    Returns:
        Whether it was done; not where there is no SQLite file, or where somebody else reads it.
    """
    connection: Any = getattr(holder, "conn", None)
    if isinstance(connection, sqlite3.Connection):
        lock: Any = getattr(holder, "lock", contextlib.nullcontext())
        with lock, contextlib.suppress(sqlite3.OperationalError):
            connection.commit()
            for statement in COMPACTING:
                connection.execute(statement).fetchall()
            return True
        return False
    loop = getattr(holder, "loop", None)
    if loop is None or not type(connection).__module__.startswith("aiosqlite"):
        return False
    return asyncio.run_coroutine_threadsafe(_compacted(holder, connection), loop).result()


async def _compacted(holder: Any, connection: Any) -> bool:
    """The same on the loop of an async store or saver."""
    async with holder.lock:
        with contextlib.suppress(sqlite3.OperationalError):
            await connection.commit()
            for statement in COMPACTING:
                await (await connection.execute(statement)).fetchall()
            return True
    return False


def _told(state: RaiseState, language: str, on_piece: Callable[[str], None] | None) -> RaiseState:
    """The state with what was done beyond it, and the question that stands, in its last words."""
    last = state["messages"][-1]
    text = message_text(last.content)
    added = f" {words_of(language).say.also_gone}"
    if pending := state.get("pending"):
        added += f"\n\n{pending['question']}"
    if on_piece:
        on_piece(added)
    message = AIMessage(text + added, id=last.id, name="raise")
    return {**state, "messages": [*state["messages"][:-1], message]}


def _due(snapshot: StateSnapshot) -> Erasure | None:
    """What the thread still has to have erased."""
    record = cast("RaiseState", snapshot.values).get("memory")
    return record["erase"] if record else None


def _saver(graph: RaiseGraph) -> Any:
    return cast("Any", graph.checkpointer)


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread}}
