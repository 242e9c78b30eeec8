"""Scores in, orders out: who is read next, and what the charts show."""

import numpy as np
from numpy.typing import NDArray


def prioritized(scores: NDArray[np.float32], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Ordinals of the open documents, highest score first; equal scores by ordinal."""
    return _order(-scores, open_)


def coverage(scores: NDArray[np.float32], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Ordinals of the open documents, nearest to 0.5 first; equally near by ordinal."""
    return _order(np.abs(scores - np.float32(0.5)), open_)


def ranks(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores 0..1 as ranks 0..100."""
    return scores * np.float32(100)


def histogram(scores: NDArray[np.float32], bins: int = 20) -> NDArray[np.int64]:
    """Documents by score in ``bins`` equal steps from 0 to 1; a score on an edge counts in the upper step."""
    return np.histogram(scores, bins=bins, range=(0.0, 1.0))[0]


def _order(keys: NDArray[np.float32], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    ordinals = np.flatnonzero(open_).astype(np.int32)
    return ordinals[np.argsort(keys[ordinals], kind="stable")]
