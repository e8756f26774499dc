"""The records of one JSON document: an array, one record, or an object that holds lists of them.

The text is walked element by element, so that each record is known by the line it begins at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ..errors import DataError
from .raw import Raw, as_record

SPACE = re.compile(r"[ \t\r\n]*")
RECORD_KEYS = {"User_Profile", "profile", "query", "attributes"}
"""An object with one of these is itself a record, whatever lists it holds."""
DECODER = json.JSONDecoder()


def json_records(path: Path, text: str) -> Iterator[Raw]:
    """The records of a document.

    Args:
        path: Where it is from, for the places of the records.
        text: An array or an object.

    Raises:
        DataError: It is not JSON; names the line.
    """
    try:
        yield from _records(path, text, _skip(text, 0))
    except RecursionError as error:
        raise DataError(f"{path} is not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        line = text.count("\n", 0, getattr(error, "pos", 0)) + 1
        raise DataError(f"{path}:{line}: not JSON: {error}") from error


def _records(path: Path, text: str, start: int) -> Iterator[Raw]:
    lines = _Lines(text)
    if text[start] == "[":
        for number, (at, element) in enumerate(_elements(text, start), 1):
            yield as_record(f"{path}:{lines.at(at)}: record {number}", element)
        return
    whole, end = cast("tuple[dict[str, Any], int]", DECODER.raw_decode(text, start))
    _ended(text, end)
    lists = [name for name, value in whole.items() if _holds_records(value)]
    if not lists or RECORD_KEYS & set(whole):
        yield as_record(f"{path}:{lines.at(start)}: record 1", whole)
        return
    for name, at in _members(text, start):
        if name in lists and text[at] == "[":
            for number, (place, element) in enumerate(_elements(text, at, inside=True), 1):
                yield as_record(f"{path}:{lines.at(place)}: {name}, record {number}", element)


def _holds_records(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(one, dict) for one in cast("list[object]", value)
    )


class _Lines:
    """The line numbers of growing places in a text."""

    def __init__(self, text: str) -> None:
        self._text, self._place, self._line = text, 0, 1

    def at(self, place: int) -> int:
        self._line += self._text.count("\n", self._place, place)
        self._place = place
        return self._line


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _elements(text: str, at: int, *, inside: bool = False) -> Iterator[tuple[int, object]]:
    """The elements of the array that begins at a place, each with its own."""
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        at += 1
    else:
        while True:
            value, end = DECODER.raw_decode(text, at)
            yield at, value
            at = _skip(text, end)
            mark, at = text[at : at + 1], at + 1
            if mark == "]":
                break
            if mark != ",":
                raise json.JSONDecodeError("expected ',' or ']'", text, at - 1)
            at = _skip(text, at)
    if not inside:
        _ended(text, at)


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The names of the object that begins at a place, each with the place of its value."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, end = DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, end) + 1)
        yield name, at
        at = _skip(text, DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)


def _ended(text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise json.JSONDecodeError("more after the end", text, at)
