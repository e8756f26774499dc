"""Raw records of other sources as scenarios: each public format, told apart by its field names.

A shape gives what it could read and names what it could not use. Python literals in cells are
parsed as data by ``ast.literal_eval``, never evaluated.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ..attributes import load_attributes
from ..domains import load_domains
from ..profile import known_values
from ..reading import read_facts

Record = Mapping[str, Any]

MOST_LITERAL = 100_000
"""Longest Python literal parsed, in characters."""
MOST_DEPTH = 8
DOMAIN_NAMES = {
    "life transition": "life",
    "life decisions": "life",
    "academic": "education",
    "finance": "financial",
}


class BrokenRecordError(ValueError):
    """A record from which nothing can be made; the loader names its place."""


@dataclass
class Read:
    """What one record gave."""

    queries: list[str]
    values: dict[str, str]
    situation: str = ""
    domain: str = ""
    unused: list[str] = field(default_factory=list[str])
    """What the record holds and a scenario cannot, each with why."""


def read_record(record: Record) -> Read:
    """Read a record of any known shape.

    Raises:
        BrokenRecordError: Its shape is not known, or what it needs is missing.
    """
    for fits, read in _SHAPES:
        if fits(record):
            return read(record)
    names = ", ".join(list(record)[:8]) or "nothing"
    raise BrokenRecordError(f"no known format; it holds {names}")


def labelled_values(record: Record) -> dict[str, str]:
    """Values under the paper's labels ("Past Self-Harm History"), known ones only."""
    return known_values(
        {
            item.id: _text(record.get(item.label), item.label)
            for item in load_attributes().values()
            if record.get(item.label) is not None
        }
    )


def background_values(text: str) -> dict[str, str]:
    """Values out of one line such as "Age: 45-54 years, Gender: Male, ... Emotional State: x."."""
    labels = {item.label: item.id for item in load_attributes().values()}
    names = "|".join(re.escape(label) for label in labels)
    parts = re.split(rf"(?:^|[,.;]?\s+|,)({names}):\s*", text)
    found = {
        labels[label]: value.strip().rstrip(",.; ")
        for label, value in zip(parts[1::2], parts[2::2], strict=False)
    }
    return known_values(found)


def literal(text: str) -> Any:
    """A Python or JSON literal as data; None where the text is none.

    Raises:
        BrokenRecordError: The text is longer than any literal of these formats.
    """
    if len(text) > MOST_LITERAL:
        raise BrokenRecordError(f"a literal of more than {MOST_LITERAL:,} characters")
    if text.lstrip()[:1] not in ("{", "[", "("):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # "\d" in somebody's text
        warnings.simplefilter("ignore", DeprecationWarning)  # the same before Python 3.12
        for parse in (json.loads, ast.literal_eval):
            try:
                return parse(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                continue
    return None


def query_texts(value: object, depth: int = 0) -> list[str]:
    """Queries in any of the shapes in which the public code keeps them.

    A string; ``{"query": text}``; ``{"query_id": text}``; a list of these; a whole record with
    ``Queries``; or any of them written as a literal in a string.

    Raises:
        BrokenRecordError: They are nested deeper than in any of these formats.
    """
    if depth > MOST_DEPTH:
        raise BrokenRecordError("its queries are nested too deeply")
    if isinstance(value, str):
        parsed = literal(value)
        if parsed is not None:
            return query_texts(parsed, depth + 1)
        return [value.strip()] if value.strip() else []
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        for key in ("Queries", "queries", "query", "Query", "text", "query_id"):
            if key in fields:
                return query_texts(fields[key], depth + 1)
        return []
    if isinstance(value, (list, tuple)):
        parts = cast("list[object]", value)
        return [text for part in parts for text in query_texts(part, depth + 1)]
    return []


def domain_named(name: object) -> str:
    """Our id of a domain by the name that another source gives it; "" where there is none."""
    plain = str(name or "").strip().lower()
    known = load_domains()
    if plain in known:
        return plain
    by_name = {domain.name.lower(): domain.id for domain in known.values()}
    return by_name.get(plain) or DOMAIN_NAMES.get(plain, "")


def _text(value: object, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BrokenRecordError(f"{name} is no text")
    return str(value)


def _required(queries: list[str]) -> list[str]:
    if not queries:
        raise BrokenRecordError("it holds no query")
    return queries


def _left(record: Record, used: set[str], why: str) -> list[str]:
    return [f"{name}: {why}" for name in record if name not in used and record[name]]


def _reference_queries(record: Record) -> Read:
    background: object = record["User_Profile"]
    if not isinstance(background, Mapping):
        raise BrokenRecordError("User_Profile is no object")
    person = cast("Record", background)
    values = labelled_values(person)
    if not isinstance(record["Queries"], list):
        raise BrokenRecordError("Queries is no list")
    situation = str(record.get("Scenario") or person.get("Scenario") or "")
    unused = _left(person, {*(item.label for item in load_attributes().values()), "Scenario"},
                   "no attribute of ours")  # fmt: skip
    raw = cast("list[object]", record["Queries"])
    queries = [query_texts(one) for one in raw]
    if not all(queries):
        raise BrokenRecordError(f"query {[bool(one) for one in queries].index(False) + 1} is empty")
    return Read(_required([text for one in queries for text in one]), values, situation, "", unused)


def _reference_results(record: Record) -> Read:
    background = _text(record["Background"], "Background")
    queries = query_texts(_text(record["User Query"], "User Query"))
    unused = _left(record, {"Scenario", "Background", "User Query"}, "a reply or its score")
    scores = [str(value) for name, value in record.items() if "score" in name.lower()]
    if any(score.strip() in ("N/A", "", "0.3333", "0.3333333333333333") for score in scores):
        unused.append("score: was never parsed by the code that wrote it")
    values = background_values(background)
    return Read(_required(queries), values, str(record.get("Scenario") or ""), "", unused)


def _path_row(record: Record) -> Read:
    query = record.get("User Query", record.get("query"))
    queries = query_texts(_text(query, "the query"))
    unused = _left(record, {"User Query", "query"}, "a plan, which is no part of a scenario")
    return Read(_required(queries), {}, unused=[*unused, "profile: the record has none"])


def _forum_record(record: Record) -> Read:
    names = load_attributes()
    values = known_values(
        {name: _text(record[name], name) for name in names if record.get(name) is not None}
    )
    used = {"query", "scenario", "domain", *names}
    domain = domain_named(record.get("domain") or record.get("source"))
    unused = _left(record, used | ({"source"} if domain else set[str]()), "kept by the source only")
    if "past_self_harm_history" not in record:
        unused.append("past_self_harm_history: the source has no such field")
    queries = query_texts(_text(record["query"], "query"))
    return Read(_required(queries), values, str(record.get("scenario") or ""), domain, unused)


def _expanded(record: Record) -> Read:
    attributes: object = record["attributes"]
    if not isinstance(attributes, Mapping):
        raise BrokenRecordError("attributes is no object")
    person = cast("Record", attributes)
    values = labelled_values(person) or known_values(
        {name: str(person[name]) for name in load_attributes() if person.get(name) is not None}
    )
    asked = [record[key] for key in ("query", "original_query", "hard_query") if record.get(key)]
    queries = [text for one in asked for text in query_texts(_text(one, "query"))]
    used = {"attributes", "query", "original_query", "hard_query", "domain", "template"}
    domain = domain_named(record.get("domain") or record.get("expert_domain"))
    unused = _left(record, used, "replies, scores and notes of the source")
    return Read(_required(queries), values, str(record.get("template") or ""), domain, unused)


def _user_safety(record: Record) -> Read:
    user = _text(record["user"], "user")
    values = {
        name: fact["value"]
        for name, fact in read_facts(user, source="message").items()
        if fact["status"] == "known"
    }
    used = {"instruction", "user", "task_domain"}
    unused = _left(record, used, "kept by the source only")
    unused.append(f"user: all but what the reader finds in it ({', '.join(values) or 'nothing'})")
    queries = query_texts(_text(record["instruction"], "instruction"))
    return Read(_required(queries), values, "", domain_named(record.get("task_domain")), unused)


def _profile_alone(record: Record) -> Read:
    return Read([], labelled_values(record), str(record.get("Scenario") or ""))


def _has(*names: str) -> Callable[[Record], bool]:
    return lambda record: all(name in record for name in names)


def _is_profile(record: Record) -> bool:
    return sum(item.label in record for item in load_attributes().values()) >= 3  # noqa: PLR2004


_SHAPES: tuple[tuple[Callable[[Record], bool], Callable[[Record], Read]], ...] = (
    (_has("User_Profile", "Queries"), _reference_queries),
    (_has("Background", "User Query"), _reference_results),
    (_has("User Query", "Best Path"), _path_row),
    (_has("User Query", "Attribute Path"), _path_row),
    (_has("query", "path", "final_reward"), _path_row),
    (_has("attributes", "query"), _expanded),
    (_has("attributes", "original_query"), _expanded),
    (_has("instruction", "user"), _user_safety),
    (_has("query"), _forum_record),
    (_is_profile, _profile_alone),
)
