"""Guards one turn at a time over a PostgreSQL server: connections, pools, two processes."""

from __future__ import annotations

import asyncio
import threading

import pytest
from at_once import answers_at_once
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.advisory_lock import advisory_locks

pytest.importorskip("langgraph.checkpoint.postgres", reason="pip install 'raise-penguin[postgres]'")


def asked(postgres: str, thread: str) -> str:
    """The id of a question that waits in a thread."""
    from langgraph.checkpoint.postgres import PostgresSaver

    with PostgresSaver.from_conn_string(postgres) as saver:
        saver.setup()
        talk = Dialogues(build_raise_graph(roles=Script().roles(), checkpointer=saver))
        question = talk.send_sync(thread, SENSITIVE).question
    assert question
    return question["id"]


def one_taken(kinds: list[str]) -> None:
    assert sorted(kinds) == ["question", *["repeated"] * (len(kinds) - 1)]


@pytest.mark.parametrize("savers", [("sync", "sync"), ("sync", "async")])
def test_two_processes_at_once_count_once(savers: tuple[str, str], postgres: str) -> None:
    thread = "-".join(savers)
    question = asked(postgres, thread)
    results = answers_at_once(postgres, question, savers, thread)
    one_taken([result["kind"] for result in results])
    assert len(results[0]["said"]) == 2


async def test_more_turns_than_a_pool_has_connections_end(postgres: str) -> None:
    """A turn must not keep a connection of the pool while it waits for a model."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    settings = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(
        postgres, min_size=1, max_size=2, kwargs=settings, open=False, timeout=20
    ) as pool:
        saver = AsyncPostgresSaver(pool)  # pyright: ignore[reportArgumentType]
        await saver.setup()
        talk = Dialogues(build_raise_graph(roles=Script().roles(), checkpointer=saver))
        turns = await asyncio.gather(*(talk.send(f"pool-{each}", SENSITIVE) for each in range(6)))
        assert {turn.kind for turn in turns} == {"question"}


def test_a_lock_is_one_sessions_and_ends_with_it(postgres: str) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver

    with (
        PostgresSaver.from_conn_string(postgres) as one,
        PostgresSaver.from_conn_string(postgres) as other,
    ):
        mine, theirs = advisory_locks(one), advisory_locks(other)
        assert mine is not None
        assert theirs is not None
        assert mine.taken("a")
        assert not mine.taken("a")  # as by a thread beside a task of the same process
        assert not theirs.taken("a")
        assert theirs.taken("b")
        mine.release("a")
        assert theirs.taken("a")
        del theirs  # as when its process ends
        until = threading.Event()
        for _ in range(100):
            if mine.taken("a"):
                break
            until.wait(0.05)
        else:
            pytest.fail("the lock outlived its session")


def test_a_server_that_dropped_the_connection_is_asked_anew(postgres: str) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver

    with PostgresSaver.from_conn_string(postgres) as saver:
        locks = advisory_locks(saver)
        assert locks is not None
        assert locks.taken("x")
        saver.conn.execute(  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )
        locks.release("x")
        assert locks.taken("x")
        locks.release("x")
