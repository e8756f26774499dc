"""Planners: search for a good order of questions."""

from ...penguin.errors import SettingsError
from ..plan import Planner
from .exhaustive import ExhaustivePlanner
from .greedy import GreedyPlanner
from .mcts import MCTSPlanner
from .random import RandomPlanner
from .static import StaticPlanner
from .surrogate import SurrogatePlanner

__all__ = [
    "DEFAULT",
    "ExhaustivePlanner",
    "GreedyPlanner",
    "MCTSPlanner",
    "RandomPlanner",
    "StaticPlanner",
    "SurrogatePlanner",
    "planner_named",
]

DEFAULT = "surrogate"
"""Name of the planner that is used when none is named."""


def planner_named(name: str = DEFAULT) -> Planner:
    """A planner with its default settings.

    Raises:
        SettingsError: There is none of that name.
    """
    planners: list[Planner] = [
        SurrogatePlanner(),
        MCTSPlanner(),
        MCTSPlanner(name="mcts-earned", trust="earned"),
        GreedyPlanner(),
        StaticPlanner(),
        RandomPlanner(),
        ExhaustivePlanner(),
        ExhaustivePlanner(name="oracle", repeats=False),
    ]
    named = {planner.name: planner for planner in planners}
    if name not in named:
        raise SettingsError(f"no planner {name!r}; use one of: {', '.join(named)}")
    return named[name]
