"""Conditions to needs: those that mean the same, without what the attributes cover already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..attributes import Attribute, load_attributes
from .conditions import WORD, Condition

if TYPE_CHECKING:
    from ..embedding import Embedder, Vectors

SAME = 0.27
"""Mean cosine of two groups from which they are one (wordllama; unrelated words are at 0 to .1)."""
COVERED = 0.5
"""Cosine to a text of an attribute from which a condition asks for that attribute."""
COVERED_BY_SIGN = 0.25
"""The same where one of its patterns matches too. A pattern alone may match by inference: being
pregnant tells a gender, and is another need."""
MOST_WORDS = 5
"""Words of a group that questions and answers are recognised by."""
UNTELLING = frozenset({"where", "which", "what", "who", "how", "many", "much", "live"})
"""Words of a question that name no need; a question for anything may hold them."""
MOST_PHRASES = 4_000
"""Different phrases that are grouped, the most frequent; clustering takes their square."""


@dataclass(frozen=True)
class Group:
    """Conditions that mean the same."""

    conditions: tuple[Condition, ...]
    """The most central first."""
    words: tuple[str, ...] = ()
    """Words that carry the meaning, the most telling first."""

    @property
    def support(self) -> int:
        """Different messages that name it."""
        return len({one.message for one in self.conditions})

    @property
    def wordings(self) -> int:
        """Different sentences that name it: one that stands in all replies is one voice."""
        return len({one.sentence.lower() for one in self.conditions})


@dataclass
class Needs:
    """What was found."""

    groups: list[Group] = field(default_factory=list[Group])
    """What several messages need, the most needed first."""
    covered: Counter[str] = field(default_factory=Counter[str])
    """Conditions that an attribute covers, by its id."""
    rare: int = 0
    """Groups that too few messages, or one sentence alone, name."""
    left_out: int = 0
    """Phrases beyond the most that are grouped."""


def group_needs(conditions: Sequence[Condition], embedder: Embedder, *, least: int) -> Needs:
    """Group conditions by meaning.

    Args:
        conditions: From all exchanges.
        embedder: Compares phrases.
        least: Different messages, and different sentences, that must name a need.
    """
    needs, texts = Needs(), Counter(one.content for one in conditions)
    phrases = [phrase for phrase, _ in texts.most_common(MOST_PHRASES)]
    needs.left_out = len(texts) - len(phrases)
    vectors = embedder.embed(phrases) if phrases else np.zeros((0, 1), np.float32)
    place = {phrase: number for number, phrase in enumerate(phrases)}
    cover = Cover(embedder)
    kept: list[Condition] = []
    for one in conditions:
        if one.content in place:
            name = cover.attribute_of(one, vectors[place[one.content]])
            needs.covered[name] += bool(name)
            kept += [] if name else [one]
    needs.covered = +needs.covered
    rows = sorted({place[one.content] for one in kept})
    labels = dict(zip(rows, _clusters(vectors[rows]), strict=True))
    for label in sorted(set(labels.values())):
        members = [one for one in kept if labels[place[one.content]] == label]
        centre = vectors[[place[one.content] for one in members]].mean(axis=0)
        ordered = sorted(members, key=lambda one: -float(vectors[place[one.content]] @ centre))
        group = Group(tuple(ordered), _words(ordered, centre, embedder))
        if min(group.support, group.wordings) >= least:
            needs.groups.append(group)
        else:
            needs.rare += 1
    needs.groups.sort(key=lambda group: (-group.support, group.conditions[0].content))
    return needs


def _clusters(vectors: Vectors) -> list[int]:
    """A label for each vector, by average linkage over cosines."""
    if len(vectors) < 2:  # noqa: PLR2004 - nothing to compare
        return [0] * len(vectors)
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    distances: Any = np.clip(1.0 - vectors.astype(np.float64) @ vectors.T, 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    untyped: Any = hierarchy
    tree = untyped.linkage(squareform(distances, checks=False), method="average")
    labels = untyped.fcluster(tree, t=1.0 - SAME, criterion="distance")
    return [int(label) for label in labels]


def _words(conditions: Sequence[Condition], centre: Vectors, embedder: Embedder) -> tuple[str, ...]:
    """The words near the middle of a group: those of most messages and nearest first."""
    messages = Counter(
        word
        for one in conditions
        for word in {*one.content.split()} - {one.verb} - UNTELLING
        if WORD.fullmatch(word)
    )
    if not messages:
        return ()
    words = sorted(messages)
    length = float(np.linalg.norm(centre)) or 1.0
    cosines = embedder.embed(words) @ centre / length
    worth = {
        word: messages[word] * float(cosine)
        for word, cosine in zip(words, cosines, strict=True)
        if cosine >= SAME
    }
    return tuple(sorted(worth, key=lambda word: -worth[word])[:MOST_WORDS])


class Cover:
    """What the attributes there are already ask for.

    Args:
        embedder: Compares phrases with how an attribute's values are named and told.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._attributes = load_attributes()
        texts = [(item.id, text) for item in self._attributes.values() for text in _texts(item)]
        self._names = [name for name, _ in texts]
        self._vectors = embedder.embed([text for _, text in texts])

    def attribute_of(self, condition: Condition, vector: Vectors) -> str:
        """The attribute that a condition asks for; "" where it is none of them."""
        near = self.nearness(vector)
        for item in self._attributes.values():
            if near[item.id] >= COVERED_BY_SIGN and _asks_or_tells(item, condition):
                return item.id
        best = max(near, key=lambda name: near[name])
        return best if near[best] >= COVERED else ""

    def nearness(self, vector: Vectors) -> dict[str, float]:
        """The highest cosine of a phrase to any text of each attribute."""
        cosines = self._vectors @ vector
        found = dict.fromkeys(self._attributes, -1.0)
        for name, cosine in zip(self._names, cosines, strict=True):
            found[name] = max(found[name], float(cosine))
        return found


def _texts(item: Attribute) -> list[str]:
    named = [text for value in item.values for text in (value.value, *value.synonyms, *value.said)]
    return [item.label, *named, *item.questions]


def _asks_or_tells(item: Attribute, condition: Condition) -> bool:
    """Whether the condition as a question asks for it, or as a statement tells a value of it."""
    told = condition.clause.replace("you are", "i am").replace("you ", "i ").replace("your", "my")
    return bool(item.asked_pattern.search(f"{condition.clause}?")) or any(
        value.in_passing and value.in_passing.search(told) for value in item.values
    )
