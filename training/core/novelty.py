"""What a model has not learnt from: rows in, one number a row out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.estimates import binomial
from training.core.features import NONZEROS_AT_A_TIME
from training.core.relevance import RelevanceModel

CONFIDENCE = 0.95
USUAL = 0.05  # of the known documents are stranger than the limit, by how it is chosen
MANY = 2 * USUAL  # of new documents, surely, are drift
ENOUGH = 20  # new documents, and known ones, below which nothing is said


@dataclass(frozen=True)
class Drift:
    """How many new documents are stranger than all but :data:`USUAL` of the known ones, with its exact interval."""

    limit: float
    documents: int
    strange: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.strange / self.documents

    @property
    def found(self) -> bool:
        """Whether it is at least :data:`MANY`, at the confidence of the interval."""
        return self.low > MANY


def drift(known: NDArray[np.float64], new: NDArray[np.float64]) -> Drift | None:
    """Compare how much of each new document (m,) is unseen with how much of each known one (n,).

    The limit is the known documents' 95th percentile. The interval is Clopper and Pearson's 1934, at 95 %; it takes the
    limit for known, which the known documents should outnumber the new ones for. None where either is too few.
    """
    if min(len(known), len(new)) < ENOUGH:
        return None
    limit = float(np.quantile(known, 1 - USUAL, method="higher"))
    strange = int((new > limit).sum())
    return Drift(limit, len(new), strange, *binomial(strange, len(new), CONFIDENCE))


def evidence(rows: sparse.csr_array, model: RelevanceModel) -> NDArray[np.float32]:
    """How much the model knows about each row, for and against together: sum of ``|weight| × value``, (n,).

    Little of it means that no prediction about the row is informative, which is another thing than evidence that
    cancels out (Sharma and Bilgic 2017, "Evidence-based uncertainty sampling for active learning").
    """
    weights = np.zeros(rows.shape[1], np.float32)
    weights[model.buckets] = np.abs(model.weights)
    found: NDArray[np.float32] = rows @ weights
    return found


def unseen(rows: sparse.csr_array, seen: NDArray[np.int32]) -> NDArray[np.float64]:
    """Share of each row's weight that lies on buckets which are not among ``seen``: 0 to 1, (n,).

    A row has unit length, so its squared values are shares of 1. Rows without any token have none unseen.
    """
    strange = np.ones(rows.shape[1], bool)
    strange[seen] = False
    found = np.zeros(rows.shape[0])
    step = max(1, NONZEROS_AT_A_TIME * max(rows.shape[0], 1) // max(int(rows.nnz), 1))
    for start in range(0, rows.shape[0], step):
        piece = rows[start : start + step]
        weights = np.where(strange[piece.indices], piece.data.astype(np.float64) ** 2, 0.0)
        sums = np.concatenate([[0.0], np.cumsum(weights)])
        found[start : start + step] = sums[piece.indptr[1:]] - sums[piece.indptr[:-1]]
    return np.clip(found, 0.0, 1.0)


def witness(rows: sparse.csr_array, reviewed: NDArray[np.integer]) -> NDArray[np.float64]:
    """Mean cosine of each row with the reviewed rows, less its mean cosine with all rows: (n,).

    The empirical witness function of the maximum mean discrepancy (Gretton et al. 2012) with the cosine as kernel: it
    is most negative where there are documents and few of them are reviewed.
    """
    every = np.asarray(rows.sum(axis=0), np.float64).ravel() / max(rows.shape[0], 1)
    picked = np.asarray(rows[reviewed].sum(axis=0), np.float64).ravel() / max(len(reviewed), 1)
    found: NDArray[np.float64] = rows @ (picked - every)
    return found
