"""Opening a chat model by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .errors import ModelUnavailableError, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def open_model(
    spec: str, *, base_url: str | None = None, timeout: float = 60.0, max_retries: int = 2
) -> BaseChatModel:
    """Open a chat model.

    Args:
        spec: Provider and model, e.g. "openai:gpt-4o-mini", as ``init_chat_model`` takes it.
        base_url: URL of an OpenAI-compatible server; a local one needs no key.
        timeout: Seconds for one request.
        max_retries: How often the client tries again after 429, 5xx or a cut connection; it
            heeds Retry-After.

    Raises:
        SettingsError: The name has no provider, or the provider's package is not installed.
        ModelUnavailableError: The key is missing.
    """
    provider, _, name = spec.partition(":")
    if not name:
        raise SettingsError(
            f"model {spec!r} names no provider: write it as provider:model, e.g. "
            "openai:gpt-4o-mini, or 'offline' for the built-in rules"
        )
    settings: dict[str, Any] = {"timeout": timeout, "max_retries": max_retries}
    if base_url:
        settings["base_url"] = base_url
        if provider == "openai" and not os.environ.get("OPENAI_API_KEY"):
            settings["api_key"] = "no-key-needed"
    elif provider == "openai" and not os.environ.get("OPENAI_API_KEY"):
        raise ModelUnavailableError(
            f"{spec} needs a key: set OPENAI_API_KEY, or give --base-url of a server without one"
        )
    from langchain.chat_models import init_chat_model

    try:
        opener: Any = init_chat_model
        return opener(name, model_provider=provider, **settings)
    except ImportError as error:
        raise SettingsError(
            f"{spec} needs a package: pip install langchain-{provider.replace('_', '-')}"
        ) from error
    except ValueError as error:
        raise SettingsError(f"model {spec!r} cannot be opened: {error}") from error
