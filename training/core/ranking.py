"""Scores in, orders out: who is read next, and what the charts show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Movements:
    """How scores moved from one version to another: counts, and the ordinals that moved most, the farthest first."""

    above_before: int
    above_after: int
    rising: int
    falling: int
    most: NDArray[np.int64]
    rises: NDArray[np.int64]
    falls: NDArray[np.int64]


def movements(
    before: NDArray[np.float32], after: NDArray[np.float32], among: NDArray[np.bool_], threshold: float, listed: int
) -> Movements:
    """Who crosses the threshold upwards (``rises``) or downwards, ``among`` the documents; (n,) each, scores 0..1.

    The lists hold so many ordinals at most; equal moves come by ordinal.
    """
    limit = np.float32(threshold)
    was, now = (before >= limit) & among, (after >= limit) & among
    by = after.astype(np.float64) - before
    up, down = now & ~was, was & ~now
    return Movements(
        above_before=int(was.sum()),
        above_after=int(now.sum()),
        rising=int(up.sum()),
        falling=int(down.sum()),
        most=_first(-np.abs(by), among, listed),
        rises=_first(-by, up, listed),
        falls=_first(by, down, listed),
    )


def _first(keys: NDArray[np.float64], among: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    ordinals = np.flatnonzero(among)
    return ordinals[np.argsort(keys[ordinals], kind="stable")[:count]]


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


def shuffled(count: int, seed: int) -> NDArray[np.int32]:
    """The ordinals 0 to ``count`` - 1 in an order that looks random and is the same for the same seed: (count,).

    Each ordinal has a place of its own (splitmix64 of it and the seed), so documents that come later fall among the
    others without changing the order of those.
    """
    keys = np.arange(count, dtype=np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    keys = np.multiply(keys ^ (keys >> 30), 0xBF58476D1CE4E5B9, dtype=np.uint64)
    keys = np.multiply(keys ^ (keys >> 27), 0x94D049BB133111EB, dtype=np.uint64)
    keys ^= keys >> 31
    return np.argsort(keys, kind="stable").astype(np.int32)


def ascending(keys: NDArray[np.floating], among: NDArray[np.integer]) -> NDArray[np.int32]:
    """These ordinals by ascending key, equal keys by ordinal."""
    ordinals = np.sort(among)
    return ordinals[np.argsort(keys[ordinals], kind="stable")].astype(np.int32)


def _order(keys: NDArray[np.int64], open_: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Open ordinals by ascending key, then by ordinal; a key and an ordinal in one integer sort fastest."""
    ordinals = np.flatnonzero(open_)
    pairs = keys[ordinals] << 32 | ordinals
    pairs.sort()
    return (pairs & 0xFFFFFFFF).astype(np.int32)


def _bits(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Integers that sort as the values do; holds for floats from 0 up."""
    return values.view(np.uint32).astype(np.int64)
