"""Messages with what was replied to them, from any file that the loaders read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..errors import DataError
from ..formats.raw import read_raw
from ..formats.shapes import BrokenRecordError, query_texts, read_record

REPLY_FIELDS = ("reply", "replies", "response", "responses", "answer", "completion", "output")
"""Names under which sources keep what was replied; compared without case."""
ID_FIELDS = ("id", "scenario", "query_id")


@dataclass(frozen=True)
class Exchange:
    """One message and its reply."""

    id: str
    query: str
    reply: str = ""
    """Empty where the source holds none."""


@dataclass(frozen=True)
class Read:
    """What a file gave."""

    exchanges: tuple[Exchange, ...]
    unread: int
    """Records without a message."""


def read_exchanges(path: Path) -> Read:
    """Read messages and replies.

    Args:
        path: JSON, JSON lines, CSV or Parquet: ``{"query": ..., "reply": ...}`` or any format
            that ``penguin import`` knows.

    Raises:
        DataError: The file is missing or of no known kind, or holds no message at all.
    """
    found: list[Exchange] = []
    used: set[str] = set()
    unread = 0
    for number, raw in enumerate(read_raw(path), 1):
        queries = [] if raw.problem else _queries(raw.record)
        unread += not queries
        reply = _reply(raw.record)
        named = next((str(raw.record[key]) for key in ID_FIELDS if raw.record.get(key)), "")
        for place, query in enumerate(queries, 1):
            name = named or f"{path.stem}/{number}"
            if len(queries) > 1 or name in used:
                name = f"{name}/{number}.{place}"
            used.add(name)
            found.append(Exchange(name, query, reply))
    if not found:
        raise DataError(f"{path} holds no message: give records with a query, and a reply if any")
    return Read(tuple(found), unread)


def _queries(record: Mapping[str, Any]) -> list[str]:
    if "query" in record or "turns" not in record:
        if isinstance(record.get("query"), str):
            return query_texts(record["query"])
        try:
            return read_record(record).queries
        except BrokenRecordError:
            return []
    return _said_by_person(record["turns"])[:1]


def _said_by_person(turns: object) -> list[str]:
    """What a person says in the transcript of an evaluation; the first is the message."""
    if not isinstance(turns, list):
        return []
    said = [cast("Mapping[str, object]", turn) for turn in cast("list[object]", turns)]
    return [str(turn["text"]) for turn in said if turn.get("role") == "person"]


def _reply(record: Mapping[str, Any]) -> str:
    texts: list[str] = []
    for name, value in record.items():
        if str(name).lower() in REPLY_FIELDS:
            texts += query_texts(value)
    return "\n".join(texts)
