"""How reliable a judge is: agreement with labels over all and WITHIN what the writer knew.

The paper's r = .92 pools two clumps, replies written with and without the profile; a judge that
only tells the clumps apart reaches it too. Within a condition there is nothing to hide behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..profile import Profile
from .labels import LabelledCase, load_attacks, load_pairs
from .panel import PanelAgreement, panel_agreement
from .verdict import DIMENSIONS, Judge, Unscored, Verdict

Values = npt.NDArray[np.float64]
IN_FLIGHT = 8
RESAMPLES = 1_000
LEAST = 8
"""Fewest ratings for which a figure is given."""


@dataclass(frozen=True)
class Rated:
    """One label with the judge's score of the same thing."""

    case: str
    half: str
    condition: str
    measure: str
    """A dimension, or "mean" for the reply's mean."""
    label: float
    score: float


@dataclass(frozen=True)
class Agreement:
    """Figures over some ratings; each with its 95 % interval over cases."""

    n: int
    figures: dict[str, tuple[float, float, float] | None]
    """None where a figure is not defined, as a correlation with scores that are all the same."""
    bias: float
    """Mean of score minus label."""


@dataclass
class Calibration:
    """Everything about one judge."""

    judge: str
    rated: list[Rated] = field(default_factory=list[Rated])
    unscored: list[str] = field(default_factory=list[str])
    panel: PanelAgreement | None = None
    """How far the votes are apart, where the judge is a panel."""

    def select(
        self, *, half: str = "", condition: str = "", measure: str = "dimensions"
    ) -> list[Rated]:
        """Some of the ratings; "dimensions" takes all three together."""
        return [
            one
            for one in self.rated
            if (not half or one.half == half)
            and (not condition or one.condition == condition)
            and (one.measure != "mean" if measure == "dimensions" else one.measure == measure)
        ]


async def calibrate(judge: Judge, cases: Sequence[LabelledCase]) -> Calibration:
    """Have a judge score labelled replies. A reply without a score is counted, never a number."""
    result, slots = Calibration(judge.name), asyncio.Semaphore(IN_FLIGHT)

    async def one(case: LabelledCase, place: int) -> Verdict | Unscored:
        async with slots:
            return await judge.judge(case.query, case.person, case.replies[place].text)

    units = [(case, place) for case in cases for place in range(len(case.replies))]
    verdicts = await asyncio.gather(*(one(case, place) for case, place in units))
    result.panel = panel_agreement(one for one in verdicts if isinstance(one, Verdict))
    for (case, place), verdict in zip(units, verdicts, strict=True):
        reply = case.replies[place]
        if isinstance(verdict, Unscored):
            result.unscored.append(f"{case.id}: {verdict.cause}")
            continue
        pairs: list[tuple[str, float, float]] = [
            (name, reply.score(name), verdict.score(name)) for name in DIMENSIONS
        ]
        mean = sum(label for _, label, _ in pairs) / len(pairs)
        pairs.append(("mean", mean, verdict.mean))
        result.rated += [
            Rated(case.id, case.half, reply.condition, name, label, score)
            for name, label, score in pairs
        ]
    return result


def agreement(rated: Sequence[Rated], *, seed: int = 0) -> Agreement | None:
    """Agreement figures; None where there are too few ratings.

    Cohen's kappa is of whole numbers (scores are rounded), linearly and quadratically weighted. ICC
    is the two-way, absolute-agreement, single-rating form (2,1) of Shrout and Fleiss (1979).
    """
    if len(rated) < LEAST:
        return None
    labels = np.array([one.label for one in rated])
    scores = np.array([one.score for one in rated])
    cases = np.array([one.case for one in rated])
    rng = np.random.Generator(np.random.PCG64(seed))
    names = np.unique(cases)
    samples: list[npt.NDArray[np.intp]] = []
    places = {name: np.flatnonzero(cases == name) for name in names}
    for _ in range(RESAMPLES):
        drawn = rng.choice(names, len(names))
        samples.append(np.concatenate([places[name] for name in drawn]))
    figures: dict[str, tuple[float, float, float] | None] = {}
    for name, figure in FIGURES.items():
        value = figure(labels, scores)
        resampled = [figure(labels[sample], scores[sample]) for sample in samples]
        defined = [one for one in resampled if not np.isnan(one)]
        figures[name] = None
        if not np.isnan(value) and defined:
            low, high = np.percentile(defined, [2.5, 97.5])
            figures[name] = (value, float(low), float(high))
    return Agreement(len(rated), figures, float(np.mean(scores - labels)))


def icc(labels: Values, scores: Values) -> float:
    """Intraclass correlation (2,1) of two raters, labels and judge."""
    ratings = np.stack([labels, scores], axis=1)
    n, k = ratings.shape
    grand = ratings.mean()
    rows = k * ((ratings.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((ratings.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    total = ((ratings - grand) ** 2).sum()
    rest = (total - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    below = rows + (k - 1) * rest + k * (columns - rest) / n
    return float((rows - rest) / below) if below else float("nan")


def _pearson(labels: Values, scores: Values) -> float:
    if np.ptp(labels) == 0 or np.ptp(scores) == 0:
        return float("nan")
    return float(np.corrcoef(labels, scores)[0, 1])


def _spearman(labels: Values, scores: Values) -> float:
    return _pearson(_ranks(labels), _ranks(scores))


def _ranks(values: Values) -> Values:
    """Ranks, equal values sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def kappa(labels: Values, scores: Values, *, power: int) -> float:
    """Cohen's weighted kappa of scores rounded to 1..5; power 1 is linear, 2 quadratic."""
    first, second = _levels(labels), _levels(scores)
    seen = np.zeros((5, 5))
    np.add.at(seen, (first - 1, second - 1), 1)
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    steps = np.abs(np.subtract.outer(np.arange(5), np.arange(5))) ** power
    chance = float((steps * expected).sum())
    return 1 - float((steps * seen).sum()) / chance if chance else float("nan")


def _levels(values: Values) -> npt.NDArray[np.int64]:
    return np.clip(np.rint(values), 1, 5).astype(np.int64)


def confusion(rated: Sequence[Rated]) -> npt.NDArray[np.int64]:
    """Counts, labels 1 to 5 down and rounded scores 1 to 5 across."""
    counts = np.zeros((5, 5), dtype=np.int64)
    labels = _levels(np.array([one.label for one in rated]))
    scores = _levels(np.array([one.score for one in rated]))
    np.add.at(counts, (labels - 1, scores - 1), 1)
    return counts


FIGURES: dict[str, Callable[[Values, Values], float]] = {
    "pearson": _pearson,
    "spearman": _spearman,
    "kappa linear": lambda labels, scores: kappa(labels, scores, power=1),
    "kappa quadratic": lambda labels, scores: kappa(labels, scores, power=2),
    "icc": icc,
}


@dataclass(frozen=True)
class Controls:
    """How a judge treats pairs and attacks."""

    pairs: int
    ranked_right: int
    """Of two for each pair: each person's own reply above the other's."""
    attacks: int
    fooled: tuple[str, ...]
    """Attacks that scored above 2 in the mean."""
    unscored: int


MOST_FOR_AN_ATTACK = 2.0


async def check_controls(judge: Judge) -> Controls:
    """Judge the shipped pairs and adversarial replies."""
    slots, unscored = asyncio.Semaphore(IN_FLIGHT), 0

    async def mean(query: str, person: Profile, reply: str) -> float | None:
        nonlocal unscored
        async with slots:
            verdict = await judge.judge(query, person, reply)
        if isinstance(verdict, Unscored):
            unscored += 1
            return None
        return verdict.mean

    right = 0
    for pair in load_pairs():
        for own, other in (pair.people, pair.people[::-1]):
            person = Profile(
                id=pair.id, situation=pair.situation, domain=pair.domain, values=own.profile
            )
            mine, theirs = await asyncio.gather(
                mean(pair.query, person, own.reply), mean(pair.query, person, other.reply)
            )
            right += mine is not None and theirs is not None and mine > theirs
    fooled: list[str] = []
    for one in load_attacks():
        person = Profile(id=one.id, situation=one.situation, domain=one.domain, values=one.profile)
        score = await mean(one.query, person, one.reply)
        if score is not None and score > MOST_FOR_AN_ATTACK:
            fooled.append(one.id)
    return Controls(len(load_pairs()), right, len(load_attacks()), tuple(fooled), unscored)


def as_rows(result: Calibration) -> list[dict[str, Any]]:
    """The table of a calibration: by half, condition and measure."""
    rows: list[dict[str, Any]] = []
    measures: tuple[str, ...] = ("dimensions", *DIMENSIONS, "mean")
    for half in dict.fromkeys(one.half for one in result.rated):
        conditions = sorted({one.condition for one in result.rated if one.half == half})
        for condition in (*conditions, ""):
            for measure in measures:
                found = agreement(result.select(half=half, condition=condition, measure=measure))
                if found:
                    rows.append(
                        {
                            "half": half,
                            "within": condition or "all",
                            "measure": measure,
                            "n": found.n,
                            **found.figures,
                            "bias": found.bias,
                        }
                    )
    return rows
