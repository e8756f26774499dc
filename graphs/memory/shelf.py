"""One person's place in a LangGraph store: kept facts, and the threads they spoke in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ...penguin.attributes import load_attributes
from ...penguin.data_files import first_problem
from ...penguin.errors import SettingsError, StoreError
from .keeping import KeptFact, today

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore, SearchItem

ROOT = "raise_penguin"
"""First label of every namespace that memory writes to."""
PAGE = 500
FACT: TypeAdapter[KeptFact] = TypeAdapter(KeptFact)


def digest(name: str) -> str:
    """A short digest, so that neither a person's id nor a thread's stands beside a fact."""
    return hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=16).hexdigest()


class Shelf:
    """What is kept of one person. Blocking calls: not for an event loop.

    Args:
        store: Any LangGraph store.
        person: Your id of the person, or its digest as a thread's state holds it.
        is_digest: Whether ``person`` is such a digest.

    Raises:
        SettingsError: The id is empty.
    """

    def __init__(self, store: BaseStore, person: str, *, is_digest: bool = False) -> None:
        if not person.strip():
            raise SettingsError("memory needs to know whose it is: give the person's id")
        self.person = person if is_digest else digest(person.strip())
        self._store = store
        self._facts = (ROOT, self.person, "facts")
        self._threads = (ROOT, self.person, "threads")

    def facts(self) -> dict[str, KeptFact]:
        """Kept facts by attribute id, in the attributes' order.

        Those past their expiry, or of an attribute that there is no more, are deleted first.

        Raises:
            StoreError: The store holds something that is no kept fact.
        """
        found: dict[str, KeptFact] = {}
        for item in list(entries(self._store, self._facts)):
            fact = kept_fact(item)
            if today() >= fact.expires or item.key not in load_attributes():
                self._store.delete(self._facts, item.key)
            else:
                found[item.key] = fact
        order = list(load_attributes())
        return dict(sorted(found.items(), key=lambda pair: order.index(pair[0])))

    def keep(self, fact: KeptFact) -> None:
        """Keep a fact in place of the one of that attribute. Never embedded for search."""
        value: dict[str, Any] = FACT.dump_python(fact, mode="json")
        self._store.put(self._facts, fact.attribute, value, index=False)

    def drop(self, attribute_id: str) -> None:
        """Delete the fact of an attribute, if there is one."""
        self._store.delete(self._facts, attribute_id)

    def note_thread(self, thread: str) -> None:
        """Remember that the person speaks in a thread, so that erasing can reach it."""
        if self._store.get(self._threads, thread, refresh_ttl=False) is None:
            self._store.put(self._threads, thread, {"since": today().isoformat()}, index=False)

    def threads(self) -> list[str]:
        """Ids of the threads in which the person spoke with memory on."""
        return [item.key for item in entries(self._store, self._threads)]

    def leave_thread(self, thread: str) -> None:
        """Take a thread off the list."""
        self._store.delete(self._threads, thread)

    def clear(self) -> int:
        """Delete all kept facts; the threads stay listed until they are erased.

        Returns:
            How many there were.
        """
        kept = list(entries(self._store, self._facts))
        for item in kept:
            self._store.delete(self._facts, item.key)
        return len(kept)


def entries(store: BaseStore, namespace: tuple[str, ...]) -> Iterator[SearchItem]:
    """All entries below a namespace."""
    offset = 0
    while page := store.search(namespace, limit=PAGE, offset=offset, refresh_ttl=False):
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def kept_fact(item: SearchItem) -> KeptFact:
    """Read an entry.

    Raises:
        StoreError: It is no kept fact.
    """
    try:
        return FACT.validate_python(item.value)
    except ValidationError as error:
        raise StoreError(
            f"the memory store holds no readable fact at {item.key}: {first_problem(error)}; "
            "erase it with raise-penguin memory forget, or repair the store"
        ) from error
