"""The offline reward of every set of attributes, scored once: what planners are compared on.

A reward here is what ``plan run`` pays for, replies of the offline writer scored by the offline
judge. Every set is scored for a pool of people of each situation, so that the best set is known.
"""

from __future__ import annotations

import asyncio
import os
import zipfile
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ...graphs.roles import ReplyRequest
from ...graphs.roles.offline_responder import OfflineResponder
from ...penguin.attributes import load_attributes
from ...penguin.domains import load_situations
from ...penguin.errors import SettingsError
from ...penguin.facts import Facts
from ...penguin.judging.offline import OfflineJudge
from ...penguin.people import generator
from ...policies.planners.lattice import Floats, Lattice, lattice
from ...policies.reward import Evaluation, JudgedReward, people_of
from ...policies.reward_cache import content_key
from ...policies.scoring import Known, RewardError


@dataclass(frozen=True)
class Scored:
    """Every set of up to some attributes, scored for a pool of people of one situation."""

    situation: str
    """Its id; its planning query is the message."""
    depth: int
    scores: Floats
    """People x sets in the order of ``sets``, 1 to 5."""

    @property
    def sets(self) -> Lattice:
        """The sets."""
        return space(self.depth)

    @property
    def worth(self) -> Floats:
        """The pool's mean score of every set: the truth here."""
        return self.scores.mean(axis=0)

    @property
    def way(self) -> float:
        """Points of score from a random one of the largest sets to the best of them.

        Raises:
            SettingsError: There is none: every set is worth the same.
        """
        leaves = self.worth[self.sets.levels[-1]]
        way = float(leaves.max() - leaves.mean())
        if way <= 0:
            raise SettingsError(f"{self.situation}: all sets are worth the same; use more people")
        return way

    def share(self, path: Sequence[str]) -> float:
        """Share of that way that a path reaches: 0 as a random set, 1 the best, below 0 worse."""
        leaves = self.worth[self.sets.levels[-1]]
        reached = self.worth[self.sets.row[frozenset(path)]]
        return float(reached - leaves.mean()) / self.way

    @property
    def additive(self) -> float:
        """Share of the variance of the largest sets' worth that single attributes explain."""
        leaves = self.sets.levels[-1]
        worth, members = self.worth[leaves], self.sets.members[leaves]
        effects = np.linalg.lstsq(members, worth, rcond=None)[0]
        return float(1 - (worth - members @ effects).var() / worth.var())

    def noise(self, batch: int) -> tuple[float, float]:
        """Standard deviation of one evaluation by ``batch`` people of the pool.

        Returns:
            As it stands, and without what all sets have in common: a trial's people are the same
            for every set, so lenient ones raise all of them alike. Means over the largest sets.
        """
        leaves = self.scores[:, self.sets.levels[-1]]
        people = len(leaves)
        drawn = (people - batch) / (people - 1) / batch  # without replacement
        own = leaves - leaves.mean(axis=1, keepdims=True)
        whole, apart = (float(np.sqrt(drawn * part.var(axis=0).mean())) for part in (leaves, own))
        return whole, apart


class PoolReward:
    """The reward of a message from scores that are there already.

    Args:
        scored: The scores.
        batch: People of the pool drawn for each trial, the same ones for every set, as planning
            has it; None: all of them, so that the reward is exact.
        seed: Draws them.
    """

    def __init__(self, scored: Scored, batch: int | None, seed: int) -> None:
        self._scored, self._batch, self._seed = scored, batch, seed

    async def __call__(self, known: Known, *, trial: int = 0) -> float:
        """Mean score over the people of a trial, 1 to 5."""
        of_set = self._scored.scores[:, self._scored.sets.row[known]]
        if self._batch is None:
            return float(of_set.mean())
        rng = generator("trial", f"{self._scored.situation}/{self._seed}", trial, 0)
        return float(of_set[rng.permutation(len(of_set))[: self._batch]].mean())


def space(depth: int) -> Lattice:
    """All sets of up to ``depth`` attributes."""
    return lattice(tuple(load_attributes()), depth)


def held_out(n: int) -> list[str]:
    """Situations that no policy is planned on: of the test split, then of validation.

    Fewer than the test split has are spread over its domains.

    Raises:
        SettingsError: There are not so many.
    """
    of = {
        split: [name for name, (_, one) in load_situations().items() if one.split == split]
        for split in ("test", "validation")
    }
    test, every = of["test"], [*of["test"], *of["validation"]]
    if not 0 < n <= len(every):
        raise SettingsError(f"there are {len(every)} situations held out, not {n}")
    return [test[place * len(test) // n] for place in range(n)] if n < len(test) else every[:n]


def planning_query(situation: str) -> str:
    """The message of a situation."""
    return load_situations()[situation][1].planning_queries[0]


def score(situation: str, depth: int, people: int, seed: int) -> Scored:
    """Score every set, as ``plan run`` would.

    Raises:
        RewardError: A reply got no score.
    """
    return Scored(situation, depth, _scores(situation, people, seed, space(depth).sets))


def _scores(situation: str, people: int, seed: int, sets: Sequence[Known]) -> Floats:
    responder, senders = OfflineResponder(), people_of(situation, people, seed)(0)

    async def write(query: str, domain: str, facts: Facts) -> str:
        return responder.compose(ReplyRequest(query=query, domain=domain, facts=facts))

    async def all_of_them() -> list[Evaluation]:
        domain = load_situations()[situation][0].id
        query, judge = planning_query(situation), OfflineJudge()
        reward = JudgedReward(query, domain, senders, writer=write, judge=judge)
        return [await reward.detail(known) for known in sets]

    found = asyncio.run(all_of_them())
    if causes := [cause for one in found for cause in one.unscored]:
        raise RewardError(f"{situation}: {len(causes)} replies got no score: {causes[-1]}")
    return np.array([[one.score for one in each.per_person] for each in found]).T


def score_all(
    situations: Sequence[str],
    depth: int,
    people: int,
    *,
    seed: int = 0,
    cache: Path | None = None,
    processes: int | None = None,
) -> list[Scored]:
    """Score every set of some situations, by several processes.

    Args:
        situations: Their ids.
        depth: Attributes of the largest sets.
        people: People in the pool of each.
        seed: Draws the people.
        cache: File of scores. What it holds is taken where writer and judge still give the first
            person the same for sets of one; what is scored is added to it as soon as it is there.
        processes: As many as there are cores when omitted.

    Raises:
        SettingsError: The cache is no such file, or cannot be written.
    """
    keys = {one: _key(one, depth, people, seed) for one in situations}
    held = _read(cache) if cache else {}
    sets = space(depth).sets[: 1 + len(load_attributes())]
    for one, key in keys.items():
        if key in held and not np.array_equal(
            held[key][:1, : len(sets)], _scores(one, 1, seed, sets)
        ):
            del held[key]  # writer or judge have changed
    due = [one for one, key in keys.items() if key not in held]
    with workers(processes if due else 1) as pool:
        for made in pool.map(score, due, repeat(depth), repeat(people), repeat(seed)):
            held[keys[made.situation]] = made.scores
            if cache:
                _write(cache, held)
    return [Scored(one, depth, held[keys[one]]) for one in situations]


@contextmanager
def workers(processes: int | None) -> Generator[ProcessPoolExecutor]:
    """Processes with one thread each for linear algebra."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield pool


def _key(situation: str, depth: int, people: int, seed: int) -> str:
    """What the scores of a situation depend on, but for writer and judge."""
    senders = [one.model_dump() for one in people_of(situation, people, seed)(0)]
    return content_key(planning_query(situation), senders, space(depth).names, depth)


def _read(path: Path) -> dict[str, Floats]:
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key].astype(float) for key in file.files}
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise SettingsError(
            f"{path} is no file of scores: remove it, or give another --cache ({error})"
        ) from error


def _write(path: Path, scores: Mapping[str, Floats]) -> None:
    """Replace the file at once, so that a kill leaves the old one or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        with fresh.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **scores)
        fresh.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error}") from error
