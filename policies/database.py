"""Opening the file of a policy store: for one who writes, and for any number who read.

While plans are written the file is in WAL mode, so that readers never wait for a writer. The
last writer turns that off again when it closes: a finished store is one file, and opens from a
folder where nothing can be written.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..penguin.errors import StoreError
from .schema import SCHEMA_VERSION, TABLES, migrate, read_meta, transaction, write_meta

PATIENCE = 60.0
"""Seconds to wait for another writer's turn."""
PRIMARY = 0xFF
"""The part of an SQLite error code that names its kind."""


def refuse_folder(path: Path) -> None:
    """Tell a folder from a store that is missing.

    Raises:
        StoreError: It is a folder.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder, and a policy store is a file: name one in it")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a store for adding plans; an older one is migrated in place.

    Raises:
        StoreError: It is no policy store, newer than this release, or cannot be written.
    """
    try:
        connection = _connect(path, "mode=rw")
        try:
            migrate(path, connection)
            _try_writing(connection)
            _use_wal(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} cannot be opened for writing: {error}; copy it to where you may write"
        ) from error
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a store; one of an older version is migrated in memory, and its file left alone.

    Raises:
        StoreError: It is no policy store, newer than this release, or cannot be read.
    """
    try:
        connection = _connect_reader(path)
        try:
            if read_meta(path, connection).version == SCHEMA_VERSION:
                return connection
            copy = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
            try:
                connection.backup(copy)
                migrate(path, copy)
            except BaseException:
                copy.close()
                raise
        except BaseException:
            connection.close()
            raise
        connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path} is not a policy store: {error}") from error
    return copy


def create_tables(path: Path, embedder: str, width: int, print_: str) -> None:
    """Make an empty store of a missing or empty file, once, whoever else tries at the same time.

    Raises:
        StoreError: The file cannot be written, or is something else.
    """
    try:
        connection = _connect(path, "mode=rwc")
        try:
            with transaction(connection):
                if not connection.execute("select 1 from sqlite_schema").fetchone():
                    for table in TABLES:
                        connection.execute(table)
                    write_meta(connection, embedder, width, print_)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be written: {error}") from error


def close_writer(connection: sqlite3.Connection) -> None:
    """Close a store that was written; the last to do so leaves one plain file."""
    try:
        connection.execute("pragma wal_checkpoint(truncate)")
        # not to wait for others: whoever closes last does it
        connection.execute("pragma busy_timeout=0")
        connection.execute("pragma journal_mode=delete")
    except (sqlite3.OperationalError, sqlite3.ProgrammingError):
        # somebody else has the file open, and all that was written is safe in it and its WAL; or
        # it is closed already
        pass
    finally:
        connection.close()


def _try_writing(connection: sqlite3.Connection) -> None:
    """Fail now where the file or its folder cannot be written, and not once a plan is paid for."""
    connection.execute("begin immediate")
    try:
        # a row that is new: writing what stands there already would need no right to write
        connection.execute("insert into meta values ('written by', 'nobody')")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers read while this one writes."""
    try:
        connection.execute("pragma journal_mode=wal")
    except sqlite3.OperationalError:
        # somebody holds the file at this moment; without WAL they wait for each other instead
        return


def _connect(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        check_same_thread=False,
        timeout=PATIENCE,
        isolation_level=None,
    )


def _connect_reader(path: Path) -> sqlite3.Connection:
    """Connect for reading, also where SQLite may not write the files that WAL mode needs.

    Raises:
        StoreError: Plans wait in a WAL file that cannot be read from here.
    """
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("select 1 from sqlite_schema").fetchone()
        return connection
    except sqlite3.Error as error:
        connection.close()
        if error.sqlite_errorcode & PRIMARY not in (
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
        ):
            raise
    for suffix in ("-wal", "-journal"):
        left = path.with_name(path.name + suffix)
        if left.exists() and left.stat().st_size:
            raise StoreError(
                f"{path} was not closed by its last writer, and its folder cannot be written: "
                f"copy it with {left.name} to a folder of yours and open it there"
            )
    return _connect(path, "immutable=1")
