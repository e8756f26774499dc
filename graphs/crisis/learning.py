"""Learning the weights of ``learnt.py`` from labelled messages: logistic regression.

Needs scikit-learn (extra ``report``); reading the weights does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...penguin.errors import DataError
from .learnt import BUCKETS, KINDS, Weighed, Weights, buckets, damped, words_of_text
from .message_set import LabelledMessage
from .spelling import folded, undisguised

Floats = npt.NDArray[np.float64]

STRENGTH = 30.0
"""Inverse of the ridge; 10 to 100 differ by less than .01 in recall."""
PRECISION = 1e-5
"""Gradient at which a fit ends: a coarser one ends at other weights on another machine."""
EVERYDAY = 4.0
"""Labelled messages that an everyday text counts for: few stand for most of what is read."""
STEPS = 127
"""Weights are stored as whole steps of a row's largest one."""


def learn(messages: Sequence[LabelledMessage], everyday: Sequence[str], out: Path) -> int:
    """Fit the weights and write them.

    Args:
        messages: Acute ones of every kind, and calm ones.
        everyday: Texts of people in no danger; see ``everyday.py``.
        out: The file of weights.

    Returns:
        Bytes written.
    """
    weights = fit(messages, everyday)
    scales: Floats = np.abs(weights.rows).max(axis=1) / STEPS
    steps: Floats = np.round(weights.rows / scales[:, None])
    np.savez_compressed(
        out,
        rarity=weights.rarity.astype(np.float16),
        steps=steps.astype(np.int8),
        scales=scales.astype(np.float32),
        offsets=weights.offsets,
    )
    return out.stat().st_size


def fit(messages: Sequence[LabelledMessage], everyday: Sequence[str]) -> Weights:
    """The weights of danger, of each kind and of danger of somebody else.

    Raises:
        DataError: A kind of danger has no message, or all are about the writer.
    """
    found = {one.danger for one in messages} | {f"about {one.about}" for one in messages}
    if lacking := {*KINDS, "", "about self", "about other"} - found:
        names = ", ".join(sorted(name or "no danger" for name in lacking))
        raise DataError(f"no labelled message for: {names}; add some of each")
    rows, rarity = _features([*(one.text for one in messages), *everyday])
    kinds = np.array([*(one.danger for one in messages), *([""] * len(everyday))])
    other = np.array([*(one.about == "other" for one in messages), *([False] * len(everyday))])
    acute = kinds != ""
    counts = np.where(np.arange(len(kinds)) < len(messages), 1.0, EVERYDAY)
    fits = [_fit(rows, acute, counts)]
    fits += [_fit(rows[acute], kinds[acute] == kind) for kind in KINDS]
    fits.append(_fit(rows[acute], other[acute]))
    return Weights(
        rarity=rarity.astype(np.float32),
        rows=np.stack([weights for weights, _ in fits]).astype(np.float32),
        offsets=np.array([offset for _, offset in fits], dtype=np.float32),
    )


def weigh_unseen(
    messages: Sequence[LabelledMessage], everyday: Sequence[str], folds: int
) -> list[Weighed]:
    """Each text, the everyday ones last, weighed by what was learnt from the other folds.

    Every ``folds``-th text is in the same fold.
    """
    texts = [*(one.text for one in messages), *everyday]
    found: dict[int, Weighed] = {}
    for fold in range(folds):
        places = range(fold, len(texts), folds)
        weights = fit(
            [one for place, one in enumerate(messages) if place % folds != fold],
            [text for place, text in enumerate(everyday, len(messages)) if place % folds != fold],
        )
        found |= {place: weights.weigh(undisguised(folded(texts[place]))) for place in places}
    return [found[place] for place in range(len(texts))]


def _features(texts: Sequence[str]) -> tuple[Any, Floats]:
    """Sparse damped rows of inverse document frequencies, and these; 0 for a bucket never met."""
    from scipy.sparse import csr_matrix

    found = [sorted(buckets(words_of_text(undisguised(folded(text))))) for text in texts]
    places = np.concatenate([np.array(one, dtype=np.int64) for one in found])
    count = np.bincount(places, minlength=BUCKETS)
    rarity = np.where(count > 0, np.log((1 + len(texts)) / (1 + count)) + 1, 0.0)
    rarity = rarity.astype(np.float16).astype(np.float64)  # as it is stored
    values = [damped(rarity[one]) for one in found]
    ends = np.cumsum([0, *map(len, found)])
    shape = (len(texts), BUCKETS)
    return csr_matrix((np.concatenate(values), places, ends), shape=shape), rarity


def _fit(
    rows: Any, labels: npt.NDArray[np.bool_], counts: Floats | None = None
) -> tuple[Floats, float]:
    """Weights and offset of one logistic regression, both labels counting the same."""
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(
        C=STRENGTH, class_weight="balanced", max_iter=3000, tol=PRECISION
    )
    model.fit(rows, labels, counts)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])
