"""What a trained model holds: the training rows of a project in digested form (D1).

For each coded document only the counts of its keyed token buckets and its label. The order of the rows follows from
what they say, so nothing tells the order of the source, and equal training makes equal bytes. The format is
safetensors: arrays without code; reading checks every bound.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy import sparse

from reviewapp.errors import Damaged
from training.core.relevance import canonical_order
from training.core.tokens import BUCKETS

ARRAYS = {"indptr": np.int64, "buckets": np.int32, "counts": np.uint16, "labels": np.uint8}


@dataclass(frozen=True)
class TrainingRows:
    """Digested training: counts (n, BUCKETS) of uint16, and whether each row is positive (n,)."""

    counts: sparse.csr_array
    labels: NDArray[np.bool_]

    @property
    def positives(self) -> int:
        return int(self.labels.sum())

    @property
    def negatives(self) -> int:
        return len(self.labels) - self.positives

    @property
    def vocabulary(self) -> int:
        """Different tokens."""
        return len(np.unique(self.counts.indices))


def digest(counts: sparse.csr_array, labels: NDArray[np.bool_]) -> TrainingRows:
    """Bring rows (n, BUCKETS) into canonical order."""
    order = canonical_order(counts, labels)
    return TrainingRows(sparse.csr_array(counts[order]), labels[order])


def to_bytes(rows: TrainingRows) -> bytes:
    """The rows as one safetensors file."""
    return save(
        {
            "indptr": rows.counts.indptr.astype(np.int64),
            "buckets": rows.counts.indices.astype(np.int32),
            "counts": rows.counts.data.astype(np.uint16),
            "labels": rows.labels.astype(np.uint8),
        }
    )


def from_bytes(plain: bytes) -> TrainingRows:
    """Read what :func:`to_bytes` wrote; raises :class:`Damaged` for anything else."""
    try:
        arrays = load(plain)
    except (SafetensorError, ValueError, KeyError) as problem:
        raise Damaged("The trained model’s content cannot be read: it is not a safetensors file.") from problem
    if found := _problem(arrays):
        raise Damaged(f"The trained model’s content cannot be used: {found}.")
    shape = (len(arrays["labels"]), BUCKETS)
    counts = sparse.csr_array((arrays["counts"], arrays["buckets"], arrays["indptr"].astype(np.int32)), shape=shape)
    return TrainingRows(counts, arrays["labels"].astype(bool))


def _problem(arrays: dict[str, NDArray[np.generic]]) -> str | None:
    """What makes these arrays unfit to be rows; None when nothing does."""
    if {name: array.dtype.type for name, array in arrays.items()} != ARRAYS:
        return "other arrays are in it than belong there"
    indptr, buckets, counts, labels = (arrays[name] for name in ARRAYS)
    if any(array.ndim != 1 for array in arrays.values()) or len(indptr) != len(labels) + 1:
        return "its arrays do not fit together"
    if len(buckets) != len(counts) or indptr[0] != 0 or indptr[-1] != len(buckets) or (np.diff(indptr) < 0).any():
        return "its rows do not end where they should"
    if len(buckets) and not (buckets.min() >= 0 and buckets.max() < BUCKETS and counts.min() > 0):
        return "a token lies outside the index"
    inside = np.ones(len(buckets), bool)
    inside[indptr[:-1][np.diff(indptr) > 0]] = False
    if (np.diff(buckets, prepend=-1)[inside] <= 0).any() or not set(np.unique(labels)) <= {0, 1}:
        return "its rows are not in order"
    return None
