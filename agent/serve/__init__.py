"""An OpenAI-compatible chat endpoint: ``raise-penguin serve``, or the app to mount in your own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .application import serve_app
    from .checkpoints import carry_over
    from .erasing import ErasingSqliteSaver
    from .settings import ServeSettings

__all__ = ["ErasingSqliteSaver", "ServeSettings", "carry_over", "serve_app"]

_HOMES = {
    "ErasingSqliteSaver": "erasing",
    "ServeSettings": "settings",
    "carry_over": "checkpoints",
    "serve_app": "application",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: importing LangGraph takes seconds."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
