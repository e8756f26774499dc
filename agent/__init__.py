"""Ways to use the agent: a Runnable, a middleware and a tool for LangChain; the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .middleware import RaiseMiddleware
    from .raise_chat import RaiseChat
    from .tool import raise_tool

__all__ = ["RaiseChat", "RaiseMiddleware", "raise_tool"]

_HOMES = {"RaiseChat": "raise_chat", "RaiseMiddleware": "middleware", "raise_tool": "tool"}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: importing LangChain takes seconds."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
