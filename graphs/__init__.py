"""The RAISE graph: build it, talk to it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import RaiseContext
    from .dialogues import Dialogues
    from .memory.memory import Memory
    from .nodes.ask import answer_command
    from .raise_graph import build_raise_graph
    from .state import RaiseState
    from .turn import Turn

__all__ = [
    "Dialogues",
    "Memory",
    "RaiseContext",
    "RaiseState",
    "Turn",
    "answer_command",
    "build_raise_graph",
]

_HOMES = {
    "Dialogues": "dialogues",
    "Memory": "memory.memory",
    "RaiseContext": "context",
    "RaiseState": "state",
    "Turn": "turn",
    "answer_command": "nodes.ask",
    "build_raise_graph": "raise_graph",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: importing LangGraph takes seconds."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
