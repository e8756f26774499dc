"""Planners: search for a good order of questions."""

from ...penguin.errors import SettingsError
from ..plan import Planner
from .exhaustive import ExhaustivePlanner
from .mcts import MCTSPlanner

__all__ = ["ExhaustivePlanner", "MCTSPlanner", "planner_named"]


def planner_named(name: str) -> Planner:
    """A planner with its default settings.

    Raises:
        SettingsError: There is none of that name.
    """
    planners: dict[str, Planner] = {"mcts": MCTSPlanner(), "exhaustive": ExhaustivePlanner()}
    if name not in planners:
        raise SettingsError(f"no planner {name!r}; use one of: {', '.join(planners)}")
    return planners[name]
