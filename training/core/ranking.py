"""Scores in, orders out: who is read next, and what the charts show."""

import numpy as np
from numpy.typing import NDArray


def prioritized(scores: NDArray[np.float32], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Ordinals of the open documents, highest score first; equal scores by ordinal."""
    return _order(-_bits(scores), open_)


def coverage(scores: NDArray[np.float32], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Ordinals of the open documents, nearest to 0.5 first; equally near by ordinal."""
    return _order(_bits(np.abs(scores - np.float32(0.5))), open_)


def ranks(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores 0..1 as ranks 0..100."""
    return scores * np.float32(100)


def histogram(scores: NDArray[np.float32], bins: int = 20) -> NDArray[np.int64]:
    """Documents by score in ``bins`` equal steps from 0 to 1; a score on an edge counts in the upper step."""
    return np.histogram(scores, bins=bins, range=(0.0, 1.0))[0]


def _order(keys: NDArray[np.int64], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Open ordinals by ascending key, then by ordinal; a key and an ordinal in one integer sort fastest."""
    ordinals = np.flatnonzero(open_)
    pairs = keys[ordinals] << 32 | ordinals
    pairs.sort()
    return (pairs & 0xFFFFFFFF).astype(np.int32)


def _bits(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Integers that sort as the values do; holds for floats from 0 up."""
    return values.view(np.uint32).astype(np.int64)
