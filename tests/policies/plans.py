"""What the store's tests share: a light embedder and plans."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np

from raise_penguin.penguin.embedding import Vectors
from raise_penguin.policies.plan import Branch
from raise_penguin.policies.records import Cost, PlanRecord, Provenance


class HashEmbedder:
    """Vectors from the hash of a text: light, the same everywhere, and without meaning."""

    width = 16

    def __init__(self, name: str = "hash") -> None:
        self.name = name

    def embed(self, texts: Sequence[str]) -> Vectors:
        digests = [hashlib.sha256(f"{self.name}/{text}".encode()).digest() for text in texts]
        seeds = [int.from_bytes(digest[:8], "little") for digest in digests]
        rows = [np.random.default_rng(seed).normal(size=self.width) for seed in seeds]
        vectors = np.array(rows, np.float32).reshape(len(texts), self.width)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


MADE = Provenance(
    planner="mcts",
    models={"writer": "offline", "judge": "offline"},
    prompts={"judge": "3"},
    depth=2,
    budget=10,
    evaluations=9,
    people=2,
    seed=0,
    cost=Cost(calls=36, tokens=900, money=0.02),
    made=date(2026, 3, 1),
)
TREE = Branch(
    "age",
    0.8,
    {"18-24": Branch("education_level", 0.3, {}, None), "65+": Branch("gender", 0.1, {}, None)},
    Branch("gender", 0.2, {}, None),
)


def plan(query: str, *, evaluations: int = 9, seed: int = 0) -> PlanRecord:
    """A plan with all that a store may hold."""
    return PlanRecord(
        query=query,
        domain="career",
        situation="career_quitting",
        path=("age", "gender"),
        values=(2.0, 3.0, 3.5),
        provenance=MADE.model_copy(update={"evaluations": evaluations, "seed": seed}),
        errors=(0.1, 0.05, 0.0),
        scores={frozenset(): 2.0, frozenset({"age"}): 3.0, frozenset({"age", "gender"}): 3.5},
        tree=TREE,
    )
