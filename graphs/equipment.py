"""What the nodes of one graph work with: roles and stored plans, opened once, when first needed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..penguin.errors import DataError, StoreError
from ..policies.retrieval import NEIGHBOURS, Neighbour, Retrieval
from .context import RaiseContext
from .roles import Roles, offline_roles, open_roles
from .state import Degradation

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..policies.store import PolicyStore

REMEMBERED_QUERIES = 1_000


class Equipment:
    """Roles and policy store of a graph.

    Args:
        models: Chat models by role ("model" for all), which override the names in the context.
        store: A policy store already open; otherwise the context's path, or the shipped one.
    """

    def __init__(
        self,
        *,
        models: Mapping[str, str | BaseChatModel] | None = None,
        roles: Roles | None = None,
        store: PolicyStore | None = None,
    ) -> None:
        self._models = dict(models or {})
        self._given_roles = roles
        self._given_store = store
        self._roles: dict[tuple[str, ...], Roles] = {}
        self._stores: dict[str, PolicyStore] = {}
        self._neighbours: OrderedDict[tuple[str, str], tuple[tuple[Neighbour, ...], str]] = (
            OrderedDict()
        )
        self._retrievals: OrderedDict[tuple[str, str, str], Retrieval] = OrderedDict()
        self._domains: dict[tuple[str, str], dict[str, tuple[Neighbour, ...]]] = {}
        self._rules: Roles | None = None

    async def rules(self) -> Roles:
        """The offline roles, which stand in where a model fails."""
        if self._rules is None:
            self._rules = await asyncio.to_thread(offline_roles)
        return self._rules

    async def roles(self, context: RaiseContext) -> Roles:
        """The roles that a context asks for."""
        if self._given_roles is not None:
            return self._given_roles
        key = (
            context.model,
            context.triage_model,
            context.select_model,
            context.respond_model,
            context.base_url,
            str(context.time_limit),
        )
        if key not in self._roles:
            self._roles[key] = await asyncio.to_thread(self._open_roles, context)
        return self._roles[key]

    def _open_roles(self, context: RaiseContext) -> Roles:
        given = self._models
        return open_roles(
            given.get("model", context.model),
            triage=given.get("triage", context.triage_model),
            select=given.get("select", context.select_model),
            respond=given.get("respond", context.respond_model),
            base_url=context.base_url or None,
            time_limit=context.time_limit,
        )

    async def neighbours(
        self, context: RaiseContext, query: str
    ) -> tuple[tuple[Neighbour, ...], str, list[Degradation]]:
        """Stored plans of the nearest messages.

        Returns:
            The neighbours, nearest first; the store's fingerprint; and, where the store could not
            be read, what to record: selection then falls back to the static order.
        """
        try:
            key = (context.policy_store, query)
            if key not in self._neighbours:
                self._neighbours[key] = await asyncio.to_thread(self._look_up, *key)
                if len(self._neighbours) > REMEMBERED_QUERIES:
                    self._neighbours.popitem(last=False)
            near, fingerprint = self._neighbours[key]
            return near, fingerprint, []
        except (StoreError, DataError, OSError) as error:
            return (), "", [Degradation(role="policy", cause=str(error)[:300])]

    async def retrieval(
        self, context: RaiseContext, query: str, domain: str
    ) -> tuple[Retrieval, list[Degradation]]:
        """What the policy knows about a message of a domain.

        Returns:
            The retrieval and, where the store could not be read, what to record: it then knows the
            static order alone.
        """
        near, _, unread = await self.neighbours(context, query)
        if unread:
            return Retrieval((), domain=domain), unread
        key = (context.policy_store, query, domain)
        if key not in self._retrievals:
            of_domain = await asyncio.to_thread(self._of_domain, context.policy_store, domain)
            self._retrievals[key] = Retrieval(near, of_domain, domain=domain)
            if len(self._retrievals) > REMEMBERED_QUERIES:
                self._retrievals.popitem(last=False)
        return self._retrievals[key], []

    def _look_up(self, path: str, query: str) -> tuple[tuple[Neighbour, ...], str]:
        """Search the store; not on the event loop, as it reads files and embeds."""
        store = self._store(path)
        return tuple(store.nearest(query, NEIGHBOURS)), store.fingerprint

    def _of_domain(self, path: str, domain: str) -> tuple[Neighbour, ...]:
        """All plans of a domain; read once a store."""
        store = self._store(path)
        key = (path, store.fingerprint)
        if key not in self._domains:
            plans: defaultdict[str, list[Neighbour]] = defaultdict(list)
            for plan in store.plans():
                plans[plan.domain].append(plan)
            self._domains = {key: {name: tuple(found) for name, found in plans.items()}}
        return self._domains[key].get(domain, ())

    def _store(self, path: str) -> PolicyStore:
        from ..policies.store import PolicyStore, shipped_store_path

        if self._given_store is not None:
            return self._given_store
        if path not in self._stores:
            self._stores[path] = PolicyStore.open(path or shipped_store_path())
        return self._stores[path]
