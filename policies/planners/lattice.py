"""The sets that a plan may pass through, and the best path through them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from ...penguin.errors import SettingsError
from ..plan import Problem
from ..scoring import Known

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LIMIT = 8_000
"""Most sets that are enumerated: 15 attributes at depth 5 have 4,944."""

TIE = 1e-6
"""Weight of a prefix at which no dialogue ends: of two orders of one set the better start wins."""


@dataclass(frozen=True)
class Lattice:
    """All sets of up to ``depth`` attributes, the smaller first, with the way down from each."""

    names: tuple[str, ...]
    sets: tuple[Known, ...]
    members: Floats
    """Sets x attributes: 1 where the set holds the attribute."""
    row: dict[Known, int]
    """Row of each set."""
    levels: tuple[slice, ...]
    """Rows of the sets of each size."""
    without: tuple[Rows, ...]
    """For each size, sets x size: the row of the set without its first, second, ... attribute."""

    @property
    def depth(self) -> int:
        """Size of the largest sets."""
        return len(self.levels) - 1

    def worth(self, values: Floats, problem: Problem) -> Floats:
        """Reward less what asking for the sets cost; ``values`` is sets x any."""
        costs: Floats = np.array([[problem.costs.get(name, 0.0)] for name in self.names], float)
        return values - self.members @ costs.reshape(-1, 1)

    def best_paths(self, worth: Floats, chances: Sequence[float]) -> Rows:
        """For each column of ``worth`` the path that is worth most.

        A path is worth the mean of its prefixes, each by the chance that the dialogue ends there;
        dynamic programming over the sizes finds the best of all orders.

        Returns:
            Columns x (depth + 1): rows of the prefixes, the empty set first.
        """
        total, steps = self._climb(worth, chances)
        ends = self.levels[-1].start + total[self.levels[-1]].argmax(axis=0)
        columns = np.array(range(worth.shape[1]), dtype=np.intp)
        return self._descend(steps, ends, columns)

    def best_ways(self, worth: Floats, chances: Sequence[float], most: int) -> Rows:
        """The best path to each of the largest sets, for one column of ``worth``; best first.

        Returns:
            At most ``most`` x (depth + 1) rows.
        """
        total, steps = self._climb(worth[:, None], chances)
        leaves = self.levels[-1]
        ends = leaves.start + np.argsort(-total[leaves, 0], kind="stable")[:most]
        return self._descend(steps, ends, np.zeros(len(ends), dtype=np.intp))

    def _climb(self, worth: Floats, chances: Sequence[float]) -> tuple[Floats, list[Rows]]:
        """Worth of the best path to every set, and which attribute comes last on it."""
        total = np.empty_like(worth)
        steps: list[Rows] = []
        for size, rows in enumerate(self.levels):
            total[rows] = chances[size] * worth[rows]
            if size and any(chances[:size]):
                before = total[self.without[size]]  # sets x size x columns
                steps.append(before.argmax(axis=1))
                total[rows] += before.max(axis=1)
            elif size:  # what comes before is worth nothing: any order will do
                steps.append(np.zeros((len(worth[rows]), worth.shape[1]), dtype=np.intp))
        return total, steps

    def _descend(self, steps: list[Rows], ends: Rows, columns: Rows) -> Rows:
        """The paths that end at some sets, each in its column."""
        path = np.empty((len(ends), len(self.levels)), dtype=np.intp)
        path[:, -1] = ends
        for size in range(self.depth, 0, -1):
            place = path[:, size] - self.levels[size].start
            path[:, size - 1] = self.without[size][place, steps[size - 1][place, columns]]
        return path

    def best_path(self, values: Floats, problem: Problem) -> tuple[str, ...]:
        """The attributes of the best path for one reward of every set, in the order to ask."""
        chances = [max(chance, TIE) for chance in problem.stop_chances]
        rows: list[int] = self.best_paths(self.worth(values[:, None], problem), chances)[0].tolist()
        return tuple(
            next(iter(self.sets[after] - self.sets[before])) for before, after in pairwise(rows)
        )


@lru_cache(maxsize=8)
def lattice(names: tuple[str, ...], depth: int) -> Lattice:
    """The lattice of some attributes; the same one for the same arguments.

    Raises:
        SettingsError: It has more sets than ``LIMIT``.
    """
    count = sum(math.comb(len(names), size) for size in range(depth + 1))
    if count > LIMIT:
        raise SettingsError(
            f"{len(names)} attributes have {count} sets of up to {depth}, and this planner weighs "
            f"{LIMIT} at most: lower the depth, leave attributes out, or use planner 'mcts'"
        )
    levels = [list(combinations(range(len(names)), size)) for size in range(depth + 1)]
    rows = [chosen for level in levels for chosen in level]
    place = {chosen: row for row, chosen in enumerate(rows)}
    members = np.zeros((len(rows), len(names)))
    for row, chosen in enumerate(rows):
        members[row, chosen] = 1.0
    sets = tuple(frozenset(names[one] for one in chosen) for chosen in rows)
    ends = [sum(map(len, levels[: size + 1])) for size in range(depth + 1)]
    return Lattice(
        names=names,
        sets=sets,
        members=members,
        row={known: row for row, known in enumerate(sets)},
        levels=tuple(slice(end - len(level), end) for end, level in zip(ends, levels, strict=True)),
        without=tuple(
            np.array(
                [[place[one[:i] + one[i + 1 :]] for i in range(size)] for one in level],
                dtype=np.intp,
            ).reshape(len(level), size)
            for size, level in enumerate(levels)
        ),
    )
