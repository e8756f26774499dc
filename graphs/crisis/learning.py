"""Learning the weights of ``learnt.py`` from labelled messages: logistic regression.

Needs scikit-learn (extra ``report``); reading the weights does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .learnt import BUCKETS, KINDS, buckets, words_of_text
from .message_set import LabelledMessage
from .spelling import folded, undisguised

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STRENGTH = 10.0
"""Inverse of the ridge; 3 to 40 differ by less than .01 in recall."""
STEPS = 127
"""Weights are stored as whole steps of a row's largest one."""


def learn(messages: Sequence[LabelledMessage], out: Path) -> int:
    """Fit the weights and write them.

    Args:
        messages: Acute ones of every kind, and calm ones.
        out: The file of weights.

    Returns:
        Bytes written.
    """
    rows, rarity = _features(messages)
    acute = np.array([bool(one.danger) for one in messages])
    kinds = np.array([one.danger for one in messages])
    other = np.array([one.about == "other" for one in messages])
    fits = [_fit(rows, acute)]
    fits += [_fit(rows[acute], kinds[acute] == kind) for kind in KINDS]
    fits.append(_fit(rows[acute], other[acute]))
    weights = np.stack([weight for weight, _ in fits])
    scales = np.abs(weights).max(axis=1) / STEPS
    np.savez_compressed(
        out,
        rarity=rarity.astype(np.float16),
        steps=np.round(weights / scales[:, None]).astype(np.int8),
        scales=scales.astype(np.float32),
        offsets=np.array([offset for _, offset in fits], dtype=np.float32),
    )
    return out.stat().st_size


def _features(
    messages: Sequence[LabelledMessage],
) -> tuple[csr_matrix, npt.NDArray[np.float64]]:
    """Unit rows of inverse document frequencies, and the frequencies; 0 for a bucket never met."""
    from scipy.sparse import csr_matrix

    found = [sorted(buckets(words_of_text(undisguised(folded(one.text))))) for one in messages]
    places = np.concatenate([np.array(one, dtype=np.int64) for one in found])
    count = np.bincount(places, minlength=BUCKETS)
    rarity = np.where(count > 0, np.log((1 + len(messages)) / (1 + count)) + 1, 0.0)
    rarity = rarity.astype(np.float16).astype(np.float64)  # as it is stored
    values = [rarity[one] / np.linalg.norm(rarity[one]) for one in found]
    ends = np.cumsum([0, *map(len, found)])
    return (
        csr_matrix((np.concatenate(values), places, ends), shape=(len(messages), BUCKETS)),
        rarity,
    )


def _fit(rows: csr_matrix, labels: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.float64], float]:
    """Weights and offset of one logistic regression, both labels counting the same."""
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000)
    model.fit(rows, labels)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])
