"""What was paid for while planning, on disk by content, so that it is never paid for again.

Any number of processes may share the file. A value is stored as soon as it is there and survives a
kill; while one process makes a value, the others wait for it instead of paying for it too.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ..penguin.errors import RaisePenguinError

SCHEMA = """
create table if not exists value(key text primary key, value text not null) strict, without rowid;
create table if not exists claim(
    key text primary key, owner text not null, until real not null  -- seconds since 1970
) strict, without rowid;
"""
POLL = 0.05
"""Seconds between two looks for a value that somebody else is making."""


class CacheError(RaisePenguinError):
    """The cache cannot be used: the file cannot be written, or is no cache."""


def content_key(*parts: object) -> str:
    """The key of what was made from these parts: the SHA-256 of their JSON."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class RewardCache:
    """Texts by key in one SQLite file; each is made once.

    Args:
        path: The file; made where there is none.
        lease: Seconds after which the work of a process that gives no sign of life may be taken
            over; the longest wait after a kill.

    Raises:
        CacheError: The file cannot be used.
    """

    def __init__(self, path: str | Path, *, lease: float = 6.0) -> None:
        self.path = Path(path)
        self.lease = lease
        self.made = 0
        """Values made and stored by this process."""
        self.found = 0
        """Values that were there already."""
        self._owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        with self._as_cache_error():
            # autocommit: each statement is a transaction of its own
            self._connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            try:
                self._refuse_others()
                self._connection.execute("pragma journal_mode = wal")
                # survives a kill; the last values may be lost with the machine's power
                self._connection.execute("pragma synchronous = normal")
                self._connection.executescript(SCHEMA)
            except (sqlite3.Error, CacheError):
                self._connection.close()
                raise

    async def once(self, key: str, make: Callable[[], Awaitable[str]]) -> str:
        """The value of a key; made if it is not there. Only a value is stored, never an error.

        Args:
            key: From ``content_key``.
            make: Makes the value. While it does, other callers of the key wait, here and in other
                processes. Where it fails, its error is the caller's, and the next one may try.

        Raises:
            CacheError: The file cannot be used.
        """
        while True:
            if (value := self._value(key)) is not None:
                self.found += 1
                return value
            if self._claim(key):
                break
            await asyncio.sleep(POLL)
        async with self._held(key):
            # made between the look and the claim
            if (value := self._value(key)) is not None:
                self.found += 1
                return value
            value = await make()
            with self._as_cache_error():
                self._connection.execute("insert or replace into value values (?, ?)", (key, value))
            self.made += 1
            return value

    def __len__(self) -> int:
        with self._as_cache_error():
            return int(self._connection.execute("select count(*) from value").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def unreadable(self, problem: str) -> CacheError:
        """The error for a value that is there and is not what its maker stores."""
        return CacheError(
            f"the cache {self.path} holds a value that cannot be read ({problem}): give another "
            "file with --cache, or take the release that filled this one"
        )

    def _refuse_others(self) -> None:
        """Leave a database alone that is something else, such as a policy store."""
        rows = self._connection.execute("select name from sqlite_master where type = 'table'")
        if others := sorted({name for (name,) in rows} - {"value", "claim"}):
            raise CacheError(
                f"the cache {self.path} is another database, with a table {others[0]!r}; give "
                "another file with --cache"
            )

    def _value(self, key: str) -> str | None:
        with self._as_cache_error():
            row = self._connection.execute(
                "select value from value where key = ?", (key,)
            ).fetchone()
        return row[0] if row else None

    def _claim(self, key: str) -> bool:
        """Whether the key is now ours to make: nobody else alive is making it."""
        now = time.time()
        with self._as_cache_error():
            cursor = self._connection.execute(
                "insert into claim values (?, ?, ?) on conflict(key) do update"
                " set owner = excluded.owner, until = excluded.until where claim.until < ?",
                (key, self._owner, now + self.lease, now),
            )
        return cursor.rowcount == 1

    @asynccontextmanager
    async def _held(self, key: str) -> AsyncGenerator[None]:
        """Keep a claim alive, and give it up at the end."""
        renewal = asyncio.create_task(self._renew(key))
        try:
            yield
        finally:
            renewal.cancel()
            with self._as_cache_error():
                self._connection.execute(
                    "delete from claim where key = ? and owner = ?", (key, self._owner)
                )

    async def _renew(self, key: str) -> None:
        while True:
            await asyncio.sleep(self.lease / 4)
            with suppress(sqlite3.Error):  # the next renewal makes up for one that failed
                self._connection.execute(
                    "update claim set until = ? where key = ? and owner = ?",
                    (time.time() + self.lease, key, self._owner),
                )

    @contextmanager
    def _as_cache_error(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CacheError(
                f"the cache {self.path} cannot be used: {error}; give another file with --cache"
            ) from error
