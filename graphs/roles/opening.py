"""Opening the agent's three roles, offline or on any chat model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...penguin.errors import SettingsError
from .protocols import Responder, Selector, Triager

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

OFFLINE = "offline"
"""The name of the embedded rules; every figure they produce carries it."""


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Who does triage, who chooses the questions, who writes the reply."""

    triage: Triager
    select: Selector
    respond: Responder


def offline_roles() -> Roles:
    """The embedded rules: no key, no server, no cost."""
    from .offline_responder import OfflineResponder
    from .offline_select import OfflineSelector
    from .offline_triage import OfflineTriager

    return Roles(triage=OfflineTriager(), select=OfflineSelector(), respond=OfflineResponder())


def open_roles(
    model: str | BaseChatModel = OFFLINE,
    *,
    triage: str | BaseChatModel | None = None,
    select: str | BaseChatModel | None = None,
    respond: str | BaseChatModel | None = None,
    base_url: str | None = None,
    time_limit: float = 60.0,
) -> Roles:
    """Open the roles.

    Args:
        model: For every role: "offline", a name such as "openai:gpt-4o-mini", or a chat model.
        triage: Another one for triage; ``model`` when omitted, and likewise below.
        select: Another one for choosing questions.
        respond: Another one for the final reply.
        base_url: URL of an OpenAI-compatible server for the models given by name.
        time_limit: Seconds for one answer.

    Raises:
        SettingsError: A name is not of the form provider:model, or its package is missing.
        ModelUnavailableError: A key is missing.
    """
    rules = offline_roles()
    opened: dict[str, BaseChatModel] = {}

    def chat_model(choice: str | BaseChatModel | None) -> BaseChatModel | None:
        chosen = choice or model
        if chosen == OFFLINE:
            return None
        if not isinstance(chosen, str):
            return chosen
        if chosen not in opened:
            from ...penguin.models import open_model

            opened[chosen] = open_model(chosen, base_url=base_url or None, timeout=time_limit)
        return opened[chosen]

    if model == "":
        raise SettingsError("no model is named; use 'offline' or a name such as openai:gpt-4o-mini")
    triager, selector, responder = chat_model(triage), chat_model(select), chat_model(respond)
    if triager is selector is responder is None:
        return rules
    from .model_respond import ModelResponder
    from .model_select import ModelSelector
    from .model_triage import ModelTriager

    return Roles(
        triage=ModelTriager(triager, time_limit=time_limit) if triager else rules.triage,
        select=ModelSelector(selector, time_limit=time_limit) if selector else rules.select,
        respond=ModelResponder(responder, time_limit=time_limit) if responder else rules.respond,
    )
