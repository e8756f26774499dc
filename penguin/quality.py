"""How good a set of scenarios is: counts, variety, length, leaks and near copies.

Nothing here knows how a set was made, so it measures anybody's scenarios.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .attributes import load_attributes
from .building import names_own_value
from .scenario import Scenario
from .voices import load_voices
from .wording import first_wording

if TYPE_CHECKING:
    from .embedding import Embedder

WORD = re.compile(r"[\w']+")
SENTENCE = re.compile(r"[.!?\n]+")
LONG_WORD = 6
"""Letters above which a word counts as long, by the readability index LIX (Björnsson 1968)."""
BLOCK = 2_000
TELLS = 0.8
"""Cosine from which a sentence says the same as one by which a person would tell a value."""
NEAR_COPY = 0.95


@dataclass(frozen=True)
class Quality:
    """Figures of a set of scenarios."""

    scenarios: int
    people: int
    by_domain: dict[str, int]
    by_style: dict[str, int]
    by_split: dict[str, int]
    distinct_queries: int
    largest_template: float
    """Largest share of the set that one hand-written query fills, 0 to 1."""
    largest_frame: float
    """Largest share in which one opener or closer stands, 0 to 1."""
    words: dict[str, float]
    """Words a query: least, median, 90th percentile, most."""
    readability: dict[str, float]
    """LIX: 10th percentile, median, 90th percentile; below 30 is very easy, above 60 very hard."""
    distinct_ngrams: dict[str, tuple[float, float, float]]
    """Different runs of one, two and three words among all runs, by domain, 0 to 1."""
    names_own_value: int
    """Queries in which the reader finds a value of their sender's profile."""
    tells_own_value: int
    """Queries with a sentence as near as .8 to one by which a person would say such a value."""
    nearest_elsewhere: dict[str, float]
    """Cosine to the nearest query of another situation: median, 99th percentile, most."""
    near_copies: int
    """Queries nearer than .95 to one of another situation."""
    crossing_splits: int
    """People or situations that stand in two splits."""

    def as_json(self) -> dict[str, Any]:
        """All figures as plain data."""
        return asdict(self)


def measure_quality(scenarios: Sequence[Scenario], embedder: Embedder) -> Quality:
    """Measure a set.

    Args:
        scenarios: At least one.
        embedder: Says which queries mean the same.
    """
    queries = [scenario.query for scenario in scenarios]
    vectors = embedder.embed(queries)
    nearest = _nearest_elsewhere(vectors, [_situation(scenario) for scenario in scenarios])
    lengths = [len(WORD.findall(query)) for query in queries]
    templates = Counter(scenario.template for scenario in scenarios if scenario.template)
    return Quality(
        scenarios=len(scenarios),
        people=len({scenario.profile.id for scenario in scenarios}),
        by_domain=dict(Counter(scenario.domain for scenario in scenarios)),
        by_style=dict(Counter(scenario.style or "none" for scenario in scenarios)),
        by_split=dict(Counter(scenario.split or "none" for scenario in scenarios)),
        distinct_queries=len({query.lower() for query in queries}),
        largest_template=max(templates.values(), default=0) / len(scenarios),
        largest_frame=_largest_frame(queries) / len(scenarios),
        words=_points(lengths, {"least": 0, "median": 50, "p90": 90, "most": 100}),
        readability=_points(
            [lix(query) for query in queries], {"p10": 10, "median": 50, "p90": 90}
        ),
        distinct_ngrams=_distinct_ngrams(scenarios),
        names_own_value=sum(names_own_value(one.query, one.profile) for one in scenarios),
        tells_own_value=_tells_own_value(scenarios, embedder),
        nearest_elsewhere=_points(nearest.tolist(), {"median": 50, "p99": 99, "most": 100}),
        near_copies=int((nearest >= NEAR_COPY).sum()),
        crossing_splits=crossing_splits(scenarios),
    )


def lix(text: str) -> float:
    """The readability index LIX: words a sentence plus long words in a hundred."""
    words = WORD.findall(text)
    if not words:
        return 0.0
    sentences = sum(1 for part in SENTENCE.split(text) if WORD.search(part))
    long_words = sum(len(word) > LONG_WORD for word in words)
    return len(words) / sentences + 100 * long_words / len(words)


def _situation(scenario: Scenario) -> str:
    return scenario.profile.situation or scenario.id


def _points(values: Sequence[float], places: dict[str, int]) -> dict[str, float]:
    return {name: round(float(np.percentile(values, at)), 3) for name, at in places.items()}


def _largest_frame(queries: Sequence[str]) -> int:
    """How often the most frequent opener or closer of our voices stands in the queries."""
    starts = Counter(query.lower()[:12] for query in queries)
    ends = Counter(query.lower()[-12:] for query in queries)
    most = 0
    for voice in load_voices():
        for text in voice.openers:
            if starts[text.lower()[:12]]:
                most = max(most, sum(query.lower().startswith(text.lower()) for query in queries))
        for text in voice.closers:
            if ends[text.lower()[-12:]]:
                most = max(most, sum(query.lower().endswith(text.lower()) for query in queries))
    return most


def _distinct_ngrams(scenarios: Sequence[Scenario]) -> dict[str, tuple[float, float, float]]:
    shares: dict[str, tuple[float, float, float]] = {}
    for domain in sorted({scenario.domain for scenario in scenarios}):
        texts = [
            WORD.findall(one.query.lower()) for one in scenarios if one.domain == domain
        ]  # fmt: skip
        share: list[float] = []
        for size in (1, 2, 3):
            runs = [run for words in texts for run in zip(*(words[n:] for n in range(size)))]  # noqa: B905
            share.append(round(len(set(runs)) / max(1, len(runs)), 4))
        shares[domain] = (share[0], share[1], share[2])
    return shares


def _nearest_elsewhere(
    vectors: npt.NDArray[np.float32], situations: Sequence[str]
) -> npt.NDArray[np.float32]:
    """For each query the cosine to the nearest one of another situation; 0 where there is none."""
    ids = np.unique(np.asarray(situations), return_inverse=True)[1]
    nearest = np.zeros(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK] @ vectors.T
        block[ids[start : start + BLOCK, None] == ids[None, :]] = 0
        nearest[start : start + BLOCK] = block.max(axis=1)
    return nearest


def _tells_own_value(scenarios: Sequence[Scenario], embedder: Embedder) -> int:
    """Queries with a sentence that means what a person says to tell a value of their profile.

    A sentence tells a value when it is that near to the value's sentences and no nearer to those
    of another value of the same attribute.
    """
    said = {
        (item.id, value.value): first_wording(sentence)
        for item in load_attributes().values()
        for value in item.values
        for sentence in value.said[:1]
    }
    known = embedder.embed(list(said.values()))
    keys = list(said)
    places: dict[str, list[int]] = {}
    for place, (name, _) in enumerate(keys):
        places.setdefault(name, []).append(place)
    parts = [
        (number, part.strip())
        for number, scenario in enumerate(scenarios)
        for part in SENTENCE.split(scenario.query)
        if len(WORD.findall(part)) > 1
    ]
    found: set[int] = set()
    for start in range(0, len(parts), BLOCK):
        some = parts[start : start + BLOCK]
        near = embedder.embed([text for _, text in some]) @ known.T
        for row, column in np.argwhere(near >= TELLS):
            name, value = keys[int(column)]
            profile = scenarios[some[int(row)][0]].profile
            best = near[row, places[name]].max()
            if profile.known(name) == value and near[row, column] >= best:
                found.add(some[int(row)][0])
    return len(found)


def crossing_splits(scenarios: Sequence[Scenario]) -> int:
    """People or situations that stand in two splits."""
    splits: dict[str, set[str]] = {}
    for scenario in scenarios:
        for name in (f"person {scenario.profile.id}", f"situation {_situation(scenario)}"):
            splits.setdefault(name, set()).add(scenario.split)
    return sum(len(names) > 1 for names in splits.values())
