"""Guards one turn at a time over a PostgreSQL server: connections, pools, two processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from at_once import answers_at_once
from scripted_roles import SENSITIVE, Script

from raise_penguin.graphs import Dialogues, build_raise_graph
from raise_penguin.graphs.advisory_lock import AdvisoryLocks, advisory_locks

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


DROP = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"


def drop_locks(postgres: str) -> None:
    """End every session that holds such a lock."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(DROP)


@contextmanager
def two_locks(postgres: str) -> Generator[tuple[AdvisoryLocks, AdvisoryLocks]]:
    """The locks of two connections, as two processes have them."""
    from langgraph.checkpoint.postgres import PostgresSaver

    with (
        PostgresSaver.from_conn_string(postgres) as one,
        PostgresSaver.from_conn_string(postgres) as other,
    ):
        mine, theirs = advisory_locks(one), advisory_locks(other)
        assert mine is not None
        assert theirs is not None
        yield mine, theirs


@pytest.mark.parametrize("noticed", ["at the next turn", "at the end of another"])
def test_locks_that_were_lost_with_the_connection_are_taken_back(
    noticed: str, postgres: str
) -> None:
    with two_locks(postgres) as (mine, theirs):
        assert mine.taken("under way")
        assert mine.taken("another")
        drop_locks(postgres)
        mine.release("another")
        if noticed == "at the next turn":
            assert mine.taken("next")
        assert not theirs.taken("under way")
        mine.release("under way")
        assert theirs.taken("under way")


def test_a_lock_that_another_process_took_meanwhile_is_told(
    postgres: str, caplog: pytest.LogCaptureFixture
) -> None:
    with two_locks(postgres) as (mine, theirs):
        assert mine.taken("shared")
        drop_locks(postgres)
        assert theirs.taken("shared")
        assert mine.taken("next")
        assert "was taken while the connection was lost" in caplog.text
        mine.release("shared")
        assert not mine.taken("shared")


def test_a_turn_goes_on_where_the_server_of_the_locks_cannot_be_reached(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from psycopg import Connection, OperationalError

    def connect() -> Connection[tuple[int]]:
        raise OperationalError("too many clients")

    locks = AdvisoryLocks(connect)
    assert locks.taken("t")
    assert not locks.taken("t"), "still one at a time in this process"
    locks.release("t")
    assert locks.taken("t")
    assert "no lock over processes: OperationalError" in caplog.text


def test_a_server_that_dropped_the_connection_is_asked_anew(postgres: str) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver

    with PostgresSaver.from_conn_string(postgres) as saver:
        locks = advisory_locks(saver)
        assert locks is not None
        assert locks.taken("x")
        drop_locks(postgres)
        locks.release("x")
        assert locks.taken("x")
        locks.release("x")
