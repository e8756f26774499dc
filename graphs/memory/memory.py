"""Memory for programs: show, put right and erase what is kept of a person."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...penguin.attributes import attribute as attribute_named
from ...penguin.errors import DataError, SettingsError
from .keeping import KeptFact, today
from .record import Erasure
from .settling import compact, erase_threads
from .shelf import ROOT, Shelf, entries, kept_fact

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.store.base import BaseStore

    from ..raise_graph import RaiseGraph


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What an erasure did."""

    facts: int
    """Kept facts that were deleted from the store."""
    threads: int
    """Threads that were cleaned, or deleted where everything went."""


class Memory:
    """What is kept of people, by your ids of them.

    Each method has a blocking twin ending in ``_sync``, for stores and savers that are not async.

    Args:
        store: The LangGraph store that the graph has as ``memory_store``.
        checkpointer: The graph's checkpointer, so that erasing reaches the dialogues; without it
            only the store is erased.

    Example:
        >>> from langgraph.store.memory import InMemoryStore
        >>> Memory(InMemoryStore()).show_sync("ann")
        []
    """

    def __init__(
        self, store: BaseStore, checkpointer: BaseCheckpointSaver[str] | None = None
    ) -> None:
        self._store = store
        self._checkpointer = checkpointer

    async def show(self, person: str) -> list[KeptFact]:
        """All that is kept of a person, with dates; what has expired is deleted first."""
        return await asyncio.to_thread(self.show_sync, person)

    async def forget(self, person: str, attribute: str | None = None) -> Forgotten:
        """Erase one fact of a person, or everything: from the store and from their dialogues.

        The dialogues are those in which memory was on; none of them may be running meanwhile.

        Args:
            person: Your id of them.
            attribute: Which fact; all of them, and the dialogues themselves, when omitted.

        Raises:
            DataError: There is no attribute of that id.
        """
        return await asyncio.to_thread(self.forget_sync, person, attribute)

    async def correct(self, person: str, attribute: str, value: str) -> KeptFact:
        """Put a kept fact right, for a person who asked for it.

        Args:
            person: Your id of them.
            attribute: Which fact.
            value: The paper's name for it, or the person's own words.

        Raises:
            DataError: There is no attribute of that id.
            SettingsError: Nothing of it is kept: the person has to agree in a dialogue first.
        """
        return await asyncio.to_thread(self.correct_sync, person, attribute, value)

    async def sweep(self) -> int:
        """Delete what has expired, of everybody.

        Returns:
            How many facts.
        """
        return await asyncio.to_thread(self.sweep_sync)

    def show_sync(self, person: str) -> list[KeptFact]:
        """As ``show``."""
        return list(Shelf(self._store, person).facts().values())

    def forget_sync(self, person: str, attribute: str | None = None) -> Forgotten:
        """As ``forget``."""
        shelf = Shelf(self._store, person)
        if attribute is None:
            facts = shelf.clear()
        else:
            facts = int(attribute_named(attribute).id in shelf.facts())
            shelf.drop(attribute)
        erasure = Erasure(everything=attribute is None, attributes=[attribute] if attribute else [])
        threads = 0
        if self._checkpointer is not None:
            threads = erase_threads(self._graph(), shelf, erasure)
            compact(self._checkpointer)
        compact(self._store)
        return Forgotten(facts=facts, threads=threads)

    def correct_sync(self, person: str, attribute: str, value: str) -> KeptFact:
        """As ``correct``."""
        shelf = Shelf(self._store, person)
        kept = shelf.facts().get(attribute_named(attribute).id)
        if kept is None:
            raise SettingsError(
                f"nothing is kept of this person's {attribute}; they have to agree to it in a "
                "dialogue before it can be kept"
            )
        if not value.strip():
            raise DataError(f"a value for {attribute} is missing; use forget to erase it")
        right = replace(kept, value=value.strip(), status="known", confirmed=today())
        shelf.keep(right)
        return right

    def sweep_sync(self) -> int:
        """As ``sweep``."""
        expired = [
            item
            for item in entries(self._store, (ROOT,))
            if item.namespace[-1] == "facts" and today() >= kept_fact(item).expires
        ]
        for item in expired:
            self._store.delete(item.namespace, item.key)
        compact(self._store)
        return len(expired)

    def _graph(self) -> RaiseGraph:
        """A graph that reads and writes the dialogues; none of its nodes runs."""
        from ..raise_graph import build_raise_graph

        return build_raise_graph(checkpointer=self._checkpointer)
