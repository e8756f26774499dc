"""A SQLite store of dialogues whose deleted words are gone from the disk."""

from __future__ import annotations

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


class ErasingSqliteSaver(AsyncSqliteSaver):
    """``AsyncSqliteSaver``, but deleting a thread leaves none of its bytes in the file.

    SQLite itself only marks the place as free, and its write-ahead log keeps what was written.
    """

    async def setup(self) -> None:
        """Make the tables, and have SQLite overwrite what is deleted or replaced from now on."""
        await super().setup()
        await self.conn.execute("PRAGMA secure_delete = ON")

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread: overwrite its bytes, then empty the log.

        While another process reads the file the log cannot be emptied; it then is by the next
        deletion, or when the last process closes the file.
        """
        await self.setup()
        await super().adelete_thread(thread_id)
        async with self.lock:
            await self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
