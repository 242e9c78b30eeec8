"""Groups of documents that say similar things, found without any decision: rows in, a group for each row out.

Latent semantic analysis (Deerwester et al. 1990: a truncated singular value decomposition of the weighted rows, by the
method of Halko et al. 2011), then
spherical mini-batch k-means (Sculley 2010) in that space. The space is fitted on a sample and everything is then placed
in it piece by piece, so memory does not grow with the collection.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.extmath import randomized_svd

from training.core.ranking import shuffled

SAMPLE = 20_000  # rows that the space and the groups are fitted on
DIMENSIONS = 64
MOST_GROUPS = 64
ROWS_AT_A_TIME = 20_000
NO_GROUP = -1


@dataclass(frozen=True)
class Groups:
    """The group of each row (n,), :data:`NO_GROUP` for rows without tokens, and its cosine with the group's middle."""

    group: NDArray[np.int16]
    closeness: NDArray[np.float32]
    count: int


def find(rows: sparse.csr_array, seed: int, report: Callable[[int], None] = lambda done: None) -> Groups:
    """Group the rows (n, BUCKETS); the same rows and seed give the same groups.

    ``report`` is told how many rows have their place.
    """
    filled = np.flatnonzero(np.diff(rows.indptr))
    groups = Groups(np.full(rows.shape[0], NO_GROUP, np.int16), np.zeros(rows.shape[0], np.float32), 0)
    if not len(filled):
        return groups
    sample = filled[shuffled(len(filled), seed)[:SAMPLE]]
    sample.sort()
    space = _Space(rows[sample], seed)
    middles = _middles(space.place(rows[sample]), wanted(len(filled)), seed)
    for start in range(0, rows.shape[0], ROWS_AT_A_TIME):
        piece = slice(start, start + ROWS_AT_A_TIME)
        likeness = space.place(rows[piece]) @ middles.T
        groups.group[piece] = likeness.argmax(axis=1)
        groups.closeness[piece] = likeness.max(axis=1)
        report(min(start + ROWS_AT_A_TIME, rows.shape[0]))
    groups.group[np.diff(rows.indptr) == 0] = NO_GROUP
    return _by_size(groups, len(middles))


def wanted(documents: int) -> int:
    """How many groups to look for: grows with the square root of the collection, from 2 to :data:`MOST_GROUPS`."""
    return int(min(max(2, np.sqrt(documents / 4)), MOST_GROUPS, documents))


def order(groups: Groups, number: int) -> NDArray[np.int32]:
    """The ordinals of one group, the most typical first, equally typical ones by ordinal."""
    members = np.flatnonzero(groups.group == number)
    return members[np.argsort(-groups.closeness[members], kind="stable")].astype(np.int32)


def means(rows: sparse.csr_array, groups: Groups) -> NDArray[np.float32]:
    """Mean value of each bucket in each group, less that in all rows, which sets it apart: (groups, BUCKETS)."""
    inside = groups.group >= 0
    membership = sparse.csr_array(
        (np.ones(int(inside.sum()), np.float32), (groups.group[inside], np.flatnonzero(inside))),
        shape=(groups.count, rows.shape[0]),
    )
    sums = (membership @ rows).toarray()
    sizes = np.maximum(np.asarray(membership.sum(axis=1)).ravel(), 1)
    everything = np.asarray(rows.sum(axis=0)).ravel() / max(int(inside.sum()), 1)
    apart: NDArray[np.float32] = (sums / sizes[:, None] - everything).astype(np.float32)
    return apart


def name(apart: NDArray[np.float32], documents: Sequence[Mapping[str, int]], most: int = 4) -> tuple[str, ...]:
    """The words that set a group apart, strongest first, out of what its own documents say.

    ``apart`` is the group's row of :func:`means`; ``documents`` are the terms of typical members with their buckets. A
    word stands in at least three of them, or in all where there are fewer, so that no single document names a group.
    """
    counts: dict[str, int] = {}
    buckets: dict[str, int] = {}
    for terms in documents:
        for term, bucket in terms.items():
            counts[term] = counts.get(term, 0) + 1
            buckets[term] = bucket
    needed = min(3, len(documents))
    # A pair of words may have stood on either side of a full stop, so it is no name.
    usual = (term for term, count in counts.items() if count >= needed and " " not in term and not term.isnumeric())
    telling = [term for term in usual if apart[buckets[term]] > 0]
    return tuple(sorted(telling, key=lambda term: (-apart[buckets[term]], term))[:most])


class _Space:
    """A space of few dimensions, in which rows have unit length."""

    def __init__(self, rows: sparse.csr_array, seed: int) -> None:
        # What stands in a single row makes no two rows alike, and the decomposition costs by column.
        shared = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]) > 1)
        dimensions = max(1, min(DIMENSIONS, rows.shape[0] - 1, len(shared) - 1))
        self._axes = np.zeros((rows.shape[1], dimensions), np.float32)
        if len(shared) > 1:
            _, _, axes = randomized_svd(rows[:, shared], dimensions, n_iter=3, random_state=seed)
            self._axes[shared] = axes.T

    def place(self, rows: sparse.csr_array) -> NDArray[np.float32]:
        """Where the rows lie: (n, dimensions)."""
        return _unit(rows @ self._axes)


def _middles(placed: NDArray[np.float32], count: int, seed: int) -> NDArray[np.float32]:
    found = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=4096).fit(placed)
    return _unit(found.cluster_centers_.astype(np.float32))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def _by_size(groups: Groups, count: int) -> Groups:
    """Number the groups that have members from the largest to the smallest."""
    sizes = np.bincount(groups.group[groups.group >= 0], minlength=count)
    largest = np.argsort(-sizes, kind="stable")[: int((sizes > 0).sum())]
    renamed = np.full(count + 1, NO_GROUP, np.int16)  # the last entry is that of NO_GROUP
    renamed[largest] = np.arange(len(largest))
    return Groups(renamed[groups.group], groups.closeness, len(largest))
