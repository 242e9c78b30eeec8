"""Near-duplicates: documents whose words and word pairs are nearly the same set, found without comparing all pairs.

Candidates come from MinHash signatures cut into bands (Broder 1997, On the Resemblance and Containment of Documents;
Indyk and Motwani 1998 for the bands), and every candidate is checked exactly. A document joins the group of the first
earlier document that it nearly equals, so what comes later never moves it: a group is for life.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.tokens import BUCKETS

THRESHOLD = 0.8  # shared words and word pairs, of all that either has (Jaccard)
BANDS, HASHES = 12, 4  # a pair at the threshold is a candidate with a chance of 0.998, at 0.9 of 0.99999
SHARE = 0.2  # of the groups that are held out

TRAINS, HELD_OUT, NEITHER = 0, 1, 2
ROWS_AT_A_TIME = 20_000
PAIRS_AT_A_TIME = 20_000
EMPTY = np.iinfo(np.uint32).max  # the smallest hash of a document without words

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]  # a row and an earlier one


def groups(counts: sparse.csr_array, known: NDArray[np.int32] | None = None) -> tuple[NDArray[np.int32], Pairs]:
    """The group of each row, named by its first member, and the pairs that nearly equal each other.

    ``known`` are the groups of the first rows, as an earlier call gave them; only pairs of later rows are looked for.
    """
    rows, start = counts.shape[0], 0 if known is None else len(known)
    pairs = _near(counts, _candidates(band_keys(counts), start))
    parents = np.arange(rows, dtype=np.int32)
    if known is not None:
        parents[:start] = known
    np.minimum.at(parents, pairs[0], pairs[1].astype(np.int32))
    while not np.array_equal(jumped := parents[parents], parents):
        parents = jumped
    return parents, pairs


def sides(members: NDArray[np.int32], pairs: Pairs, known: NDArray[np.int8] | None = None) -> NDArray[np.int8]:
    """Whether each row trains, is held out, or neither, by a hash of its group; ``known`` rows stay where they are.

    Neither is what nearly equals rows on both sides: it would carry over what the split keeps apart.
    """
    fraction = (_mixed(members.astype(np.uint64)) >> np.uint64(11)).astype(np.float64) / 2**53
    side = np.where(fraction < SHARE, HELD_OUT, TRAINS).astype(np.int8)
    bridges = pairs[0][side[pairs[0]] != side[pairs[1]]]
    side[bridges] = NEITHER
    if known is not None:
        side[: len(known)] = known
    return side


def band_keys(counts: sparse.csr_array) -> NDArray[np.uint64]:
    """One key a band (rows, BANDS): rows that share one may be near-duplicates."""
    keys = np.empty((counts.shape[0], BANDS), np.uint64)
    for start in range(0, counts.shape[0], ROWS_AT_A_TIME):
        piece = counts[start : start + ROWS_AT_A_TIME]
        smallest = _smallest(piece)
        for band in range(BANDS):
            key = np.zeros(piece.shape[0], np.uint64)
            for _ in range(HASHES):
                key = _mixed(key ^ next(smallest))
            keys[start : start + piece.shape[0], band] = key
    return keys


def _smallest(counts: sparse.csr_array) -> Iterator[NDArray[np.uint64]]:
    """The smallest hash of each row's buckets, under one hash function after the other.

    Looking up a random number for each bucket is dear, so it is looked up once, and each function multiplies it anew.
    """
    filled = np.flatnonzero(np.diff(counts.indptr))
    drawn = np.take(_RANDOM, counts.indices)
    found = np.full(counts.shape[0], EMPTY, np.uint64)
    for factor in _FACTORS:
        if len(filled):
            found[filled] = np.minimum.reduceat(drawn * factor, counts.indptr[filled])
        yield found


def _candidates(keys: NDArray[np.uint64], start: int) -> Pairs:
    """Rows from ``start`` on, each with the first and the last earlier row of the same key in any band."""
    found = []
    for band in range(keys.shape[1]):
        order = np.argsort(keys[:, band], kind="stable")
        ordered = keys[order, band]
        same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
        begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(order) else order
        firsts = begins[np.searchsorted(begins, same, side="right") - 1]
        later = order[same]
        found += [later << 32 | order[firsts], later << 32 | order[same - 1]]
    pairs = np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
    later, earlier = pairs >> 32, pairs & 0xFFFFFFFF
    new = later >= start
    return later[new], earlier[new]


def _near(counts: sparse.csr_array, candidates: Pairs) -> Pairs:
    """The candidates that share enough, by an exact count."""
    later, earlier = candidates
    kept = [_shares(counts, later[piece], earlier[piece]) >= THRESHOLD for piece in _pieces(len(later))]
    near = np.concatenate(kept) if kept else np.empty(0, bool)
    return later[near], earlier[near]


def _pieces(length: int) -> Iterator[slice]:
    return (slice(start, start + PAIRS_AT_A_TIME) for start in range(0, length, PAIRS_AT_A_TIME))


def _shares(counts: sparse.csr_array, later: NDArray[np.int64], earlier: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shared buckets of all that either row has; two rows without any are equal."""
    one, other = _marks(counts[later]), _marks(counts[earlier])
    shared = np.asarray(one.multiply(other).sum(axis=1), np.float64).ravel()
    either = np.diff(one.indptr) + np.diff(other.indptr) - shared
    return np.where(either > 0, shared / np.maximum(either, 1), 1.0)


def _marks(counts: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones(counts.nnz, np.int32), counts.indices, counts.indptr), shape=counts.shape)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finish of splitmix64 (Steele, Lea and Flood 2014): every bit of the result depends on every bit given."""
    mixed: NDArray[np.uint64] = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = np.multiply(mixed ^ (mixed >> np.uint64(30)), np.uint64(0xBF58476D1CE4E5B9))
    mixed = np.multiply(mixed ^ (mixed >> np.uint64(27)), np.uint64(0x94D049BB133111EB))
    return mixed ^ (mixed >> np.uint64(31))


_RANDOM = (_mixed(np.arange(BUCKETS, dtype=np.uint64)) >> np.uint64(32)).astype(np.uint32)
_FACTORS = (_mixed(np.arange(BANDS * HASHES, dtype=np.uint64) + np.uint64(BUCKETS)) | np.uint64(1)).astype(np.uint32)
