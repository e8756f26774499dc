"""Guards what the endpoint keeps of its threads, where, and that deleting deletes."""

from __future__ import annotations

from pathlib import Path

from serving import (
    KEY,
    SENSITIVE,
    endpoint,
    say,
    text,
)

from raise_penguin.agent.serve import ErasingSqliteSaver
from raise_penguin.graphs import Dialogues, build_raise_graph

OTHER_KEY = "a-key-for-tests-0002"


async def test_dialogues_are_kept_in_the_file_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "d.sqlite"
    async with endpoint(dialogues=file) as client:
        await say(client, SENSITIVE, thread="t")
        await say(client, "My secret is plum cake, what now?")
    async with endpoint(dialogues=file) as client:
        assert (await say(client, "I am 34", thread="t"))["raise"]["question"]["remaining"] == 1
    assert b"plum cake" not in contents(tmp_path)
    assert SENSITIVE.encode() in contents(tmp_path)


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_a_thread_is_deleted_from_the_file_by_its_own_caller(tmp_path: Path) -> None:
    async with endpoint(key=KEY, keys=(KEY, OTHER_KEY), dialogues=tmp_path / "d.sqlite") as client:
        asked = await say(client, SENSITIVE, user="t/1 ü")
        other = {"Authorization": f"Bearer {OTHER_KEY}"}
        for headers, kind in ((other, "repeated"), ({}, "question")):
            gone = await client.delete("/v1/threads/t%2F1 ü", headers=headers)
            assert gone.json()["deleted"]
            if kind == "question":
                assert SENSITIVE.encode() not in contents(tmp_path)
            again = await say(client, SENSITIVE, user="t/1 ü")
            assert again["raise"]["kind"] == kind
        assert text(again) == text(asked)  # pyright: ignore[reportPossiblyUnbound]


async def test_deleted_bytes_are_overwritten_whatever_sqlite_does_by_default(
    tmp_path: Path,
) -> None:
    async with ErasingSqliteSaver.from_conn_string(str(tmp_path / "d.sqlite")) as saver:
        await saver.conn.execute("PRAGMA secure_delete = OFF")
        await saver.adelete_thread("of a file that is still empty")
        graph = build_raise_graph(checkpointer=saver)
        await Dialogues(graph).send("t", SENSITIVE)
        await saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert SENSITIVE.encode() in contents(tmp_path)
        await Dialogues(graph).forget("t")
        assert SENSITIVE.encode() not in contents(tmp_path)


async def test_threads_in_memory_are_bounded() -> None:
    async with endpoint(keep=2) as client:
        for thread in ("a", "b", "c"):
            await say(client, SENSITIVE, thread=thread)
        kinds = {
            thread: (await say(client, SENSITIVE, thread=thread))["raise"]["kind"]
            for thread in ("c", "a")
        }
        assert kinds == {"c": "repeated", "a": "question"}
