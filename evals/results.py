"""The results of a run: one SQLite file that survives a kill at any moment, and transcripts."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..penguin.errors import RunError
from ..penguin.judging.verdict import Unscored, Verdict
from .dialogue import Dialogue
from .settings import EvalSettings

SCHEMA = """
create table if not exists run(
    id integer primary key check (id = 1), settings text not null, finished integer not null
) strict;
create table if not exists dialogue(unit text primary key, record text not null) strict;
create table if not exists judgement(
    unit text primary key references dialogue(unit), verdict text, cause text,
    check ((verdict is null) <> (cause is null))
) strict;
"""


class Results:
    """The folder of a run. Only one process at a time may add to it.

    Args:
        folder: The run's folder.
        connection: Its database.
        lock: The open lock file, where the run is open for writing.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: Any = None) -> None:
        self.folder = folder
        self._connection = connection
        self._lock = lock

    @classmethod
    def start(cls, folder: Path, settings: EvalSettings) -> Self:
        """Start a run, or go on with one of the same settings.

        Raises:
            RunError: The folder cannot be written, another process runs there, or the run that it
                holds had other settings; each differing one is named.
        """
        with ExitStack() as opened:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                lock = opened.enter_context(_lock(folder))
            except OSError as error:
                raise RunError(f"{folder} cannot be written: {error.strerror or error}") from error
            with _as_run_error(folder):
                connection = sqlite3.connect(folder / "results.sqlite", timeout=5)
                opened.callback(connection.close)
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = full")
                connection.executescript(SCHEMA)
                row = connection.execute("select settings from run").fetchone()
                if row is None:
                    with connection:
                        connection.execute(
                            "insert into run values (1, ?, 0)", (settings.model_dump_json(),)
                        )
                else:
                    _same(folder, EvalSettings.model_validate_json(row[0]), settings)
            opened.pop_all()  # all went well: the files stay open until close()
            return cls(folder, connection, lock)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a run for reading.

        Raises:
            RunError: There is no run in the folder.
        """
        path = folder / "results.sqlite"
        if not path.is_file():
            raise RunError(f"{folder} holds no run; make one with 'raise-penguin eval run --out'")
        connection = sqlite3.connect(path, timeout=5)
        results = cls(folder, connection)
        try:
            results.settings()
        except RunError:
            connection.close()
            raise
        return results

    def settings(self) -> EvalSettings:
        """The run's settings."""
        with _as_run_error(self.folder):
            row = self._connection.execute("select settings from run").fetchone()
            if row is None:
                raise RunError(f"{self.folder} holds a run that was never started")
            return EvalSettings.model_validate_json(row[0])

    def save_dialogue(self, unit: str, dialogue: Dialogue) -> None:
        """Keep a finished dialogue, before it is judged. It is on disk when this returns."""
        with _as_run_error(self.folder), self._connection:
            self._connection.execute(
                "insert or replace into dialogue values (?, ?)", (unit, dialogue.model_dump_json())
            )

    def save_judgement(self, unit: str, verdict: Verdict | Unscored) -> None:
        """Keep a verdict, or why there is none. It is on disk when this returns."""
        scored = isinstance(verdict, Verdict)
        row = (
            unit,
            verdict.model_dump_json() if scored else None,
            None if scored else verdict.cause,
        )
        with _as_run_error(self.folder), self._connection:
            self._connection.execute("insert or replace into judgement values (?, ?, ?)", row)

    def dialogues(self) -> dict[str, Dialogue]:
        """Finished dialogues by unit, in a stable order."""
        with _as_run_error(self.folder):
            rows = self._connection.execute("select unit, record from dialogue").fetchall()
            found = [(unit, Dialogue.model_validate_json(record)) for unit, record in rows]
        return dict(sorted(found, key=lambda one: (one[1].scenario, one[1].condition)))

    def judgements(self) -> dict[str, Verdict | Unscored]:
        """Verdicts by unit, and why there is none."""
        with _as_run_error(self.folder):
            rows = self._connection.execute("select unit, verdict, cause from judgement").fetchall()
        return {
            unit: Verdict.model_validate_json(verdict) if verdict else Unscored(cause=cause)
            for unit, verdict, cause in rows
        }

    def finish(self) -> None:
        """Mark the run as complete."""
        with _as_run_error(self.folder), self._connection:
            self._connection.execute("update run set finished = 1")

    def is_finished(self) -> bool:
        """Whether every unit was done."""
        with _as_run_error(self.folder):
            row = self._connection.execute("select finished from run").fetchone()
        return bool(row and row[0])

    def write_transcripts(self) -> Path:
        """Write all dialogues with their verdicts as JSON lines, whole or not at all."""
        path = self.folder / "transcripts.jsonl"
        judged = self.judgements()
        try:
            with path.with_suffix(".part").open("w", encoding="utf-8") as part:
                for unit, dialogue in self.dialogues().items():
                    verdict = judged.get(unit)
                    line = {
                        **dialogue.model_dump(mode="json"),
                        "verdict": verdict.model_dump(mode="json") if verdict else None,
                    }
                    part.write(json.dumps(line, ensure_ascii=False) + "\n")
                part.flush()
                os.fsync(part.fileno())
            path.with_suffix(".part").replace(path)
        except OSError as error:
            raise RunError(f"{path} cannot be written: {error.strerror or error}") from error
        return path

    def close(self) -> None:
        """Close the files and let another process in."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def _as_run_error(folder: Path) -> Generator[None]:
    """Say in one line what is wrong with a run's database."""
    try:
        yield
    except sqlite3.Error as error:
        raise RunError(f"{folder}/results.sqlite cannot be used: {error}") from error
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise RunError(f"{folder}/results.sqlite holds a record that is broken: {first}") from error


def _lock(folder: Path) -> Any:
    """Hold the folder's lock; the system frees it however the process ends."""
    handle = (folder / "lock").open("w")
    try:
        import fcntl
    except ImportError:  # Windows: SQLite's own locks keep the file whole
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise RunError(f"{folder}: another process is running this evaluation") from error
    return handle


def _same(folder: Path, stored: EvalSettings, wanted: EvalSettings) -> None:
    """Refuse to mix two runs."""
    before, now = stored.model_dump(), wanted.model_dump()
    differing = [
        f"{name} was {before[name]!r}, now {now[name]!r}"
        for name in now
        if before[name] != now[name]
    ]
    if differing:
        raise RunError(
            f"{folder} holds a run with other settings: {'; '.join(differing)}. "
            "Give another --out, or the settings of that run"
        )
