"""Token counts in, weighted unit-length rows out: 1 + ln(count), times the rarity of the token in this index."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.tokens import BUCKETS, MOST_COUNTED

NONZEROS_AT_A_TIME = 2**22


def document_frequencies(counts: sparse.csr_array) -> NDArray[np.int64]:
    """In how many documents each bucket occurs: (BUCKETS,)."""
    frequencies = np.zeros(BUCKETS, np.int64)
    for start in range(0, counts.nnz, NONZEROS_AT_A_TIME):
        frequencies += np.bincount(counts.indices[start : start + NONZEROS_AT_A_TIME], minlength=BUCKETS)
    return frequencies


def inverse_document_frequencies(frequencies: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
    """Smoothed rarity, ``ln((1 + n) / (1 + df)) + 1``: (BUCKETS,).

    What stands in a single document counts too: over three keys and eleven collections that found relevant documents
    0.03 to 0.06 points of ATD earlier than leaving it out.
    """
    rarity: NDArray[np.float32] = (np.log((1 + documents) / (1 + frequencies)) + 1).astype(np.float32)
    return rarity


def weigh(counts: sparse.csr_array, idf: NDArray[np.float32]) -> sparse.csr_array:
    """Weigh counts by rarity and scale each row to length 1 (a row of unknown tokens stays 0).

    Returns a float32 matrix that shares ``indices`` and ``indptr`` with the counts. A row's values depend on that row
    and ``idf`` alone, to the byte.
    """
    values = np.empty(counts.nnz, np.float32)
    for start, stop in _row_runs(counts.indptr):
        first, last = counts.indptr[start], counts.indptr[stop]
        weights = _DAMPED[counts.data[first:last]] * idf[counts.indices[first:last]]
        lengths = np.diff(counts.indptr[start : stop + 1])
        values[first:last] = weights / np.repeat(_norms(weights, lengths), lengths)
    return sparse.csr_array((values, counts.indices, counts.indptr), shape=counts.shape)


def _row_runs(indptr: NDArray[np.integer]) -> list[tuple[int, int]]:
    """Cut rows into runs of some NONZEROS_AT_A_TIME values, so that temporary arrays stay small."""
    targets = np.arange(NONZEROS_AT_A_TIME, indptr[-1], NONZEROS_AT_A_TIME)
    cuts = np.unique(np.concatenate([[0], np.searchsorted(indptr, targets), [len(indptr) - 1]]))
    return [(int(start), int(stop)) for start, stop in pairwise(cuts)]


def _norms(weights: NDArray[np.float32], lengths: NDArray[np.integer]) -> NDArray[np.float32]:
    norms = np.ones(len(lengths), np.float32)
    filled = np.flatnonzero(lengths)
    if len(filled):
        starts = (np.cumsum(lengths) - lengths)[filled]
        norms[filled] = np.sqrt(np.add.reduceat(weights * weights, starts))
    norms[norms == 0] = 1
    return norms


_DAMPED = np.concatenate([[0], 1 + np.log(np.arange(1, MOST_COUNTED + 1))]).astype(np.float32)
