"""Weighted rows and decisions in, a relevance model out; a model and rows in, scores out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from sklearn import config_context
from sklearn.linear_model import LogisticRegression

from reviewapp.errors import NotEnoughTraining

# All negatives together weigh this much less than all positives: a review finds positives by leaning towards them.
POSITIVE_LEAN = 10.0

PARAMETERS: dict[str, str | float | int] = {
    "algorithm": "logistic regression, L2, dual coordinate descent (liblinear)",
    "C": 0.5,
    "positive_lean": POSITIVE_LEAN,
    "tolerance": 1e-3,
    "max_iterations": 1000,
    "seed": 0,
    "calibration": "Platt on the training rows, classes balanced",
}


@dataclass(frozen=True)
class RelevanceModel:
    """A linear model over the buckets that its training rows used; all other buckets weigh nothing."""

    buckets: NDArray[np.int32]
    weights: NDArray[np.float32]
    bias: float

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """As plain arrays, to be stored without code in the file."""
        return {"buckets": self.buckets, "weights": self.weights, "bias": np.array([self.bias], np.float64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Read what ``to_arrays`` wrote."""
        return cls(
            buckets=arrays["buckets"].astype(np.int32, copy=False),
            weights=arrays["weights"].astype(np.float32, copy=False),
            bias=float(arrays["bias"].astype(np.float64)[0]),
        )


def fit_relevance(rows: sparse.csr_array, labels: NDArray[np.bool_]) -> RelevanceModel:
    """Fit on coded rows (n, BUCKETS) and their decisions (n,), True for relevant.

    The same set of rows gives the same bytes in whatever order it comes. Raises NotEnoughTraining when either class
    is empty.
    """
    if not labels.any() or labels.all():
        missing = "relevant" if not labels.any() else "irrelevant"
        raise NotEnoughTraining(f"No {missing} document is coded yet; code at least one to train.")
    order = canonical_order(rows, labels)
    labels = labels[order]
    active, compact = _compact(rows[order])
    weights = _solve(compact, labels)
    slope, bias = _calibration(compact @ weights.astype(np.float64), labels)
    return RelevanceModel(active, (weights * slope).astype(np.float32), bias)


def canonical_order(rows: sparse.csr_array, labels: NDArray[np.bool_] | NDArray[np.intp]) -> NDArray[np.intp]:
    """An order of the rows that follows from what each row says, not from where it came from.

    Rows that compare equal are the same row with the same label, up to a 64-bit collision.
    """
    cells = rows.indices.astype(np.uint64) << 32 | rows.data.astype(np.float32).view(np.uint32)
    cells = np.multiply(cells, 0x9E3779B97F4A7C15, dtype=np.uint64)
    cells = np.multiply(cells ^ (cells >> 32), 0xD6E8FEB86659FD93, dtype=np.uint64)
    cells ^= cells >> 32
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(cells, dtype=np.uint64)])
    return np.lexsort((sums[rows.indptr[1:]] - sums[rows.indptr[:-1]], labels))


def cross_scored(rows: sparse.csr_array, labels: NDArray[np.bool_], folds: int = 5) -> NDArray[np.float32]:
    """What each coded row (n, BUCKETS) scores by a model that has not seen it: (n,), in the order of the rows.

    Every class is dealt out to the folds in canonical order, so the order of the rows does not matter. Raises
    NotEnoughTraining when a class has fewer than two rows.
    """
    fold = np.empty(len(labels), np.intp)
    order = canonical_order(rows, labels)
    for label in (True, False):
        members = order[labels[order] == label]
        fold[members] = np.arange(len(members)) % folds
    scores = np.empty(len(labels), np.float32)
    for held_out in range(folds):
        inside = fold == held_out
        if inside.any():
            scores[inside] = score(rows[inside], fit_relevance(rows[~inside], labels[~inside]))
    return scores


def score(values: sparse.csr_array, model: RelevanceModel) -> NDArray[np.float32]:
    """Probability of relevance for each row, 0..1, in row order; 0.5 is where two balanced classes would be even.

    Reads the rows once, in order, and copies none of them, so they may be memory-mapped.
    """
    weights = np.zeros(values.shape[1], np.float32)
    weights[model.buckets] = model.weights
    scores: NDArray[np.float32] = expit(values @ weights + np.float32(model.bias))
    return scores


def contributions(row: sparse.csr_array, model: RelevanceModel) -> NDArray[np.float32]:
    """What each of a row's buckets adds to the log-odds: (nonzeros,), in the order of ``row.indices``.

    Their sum and ``model.bias`` make the log-odds of the score.
    """
    weights = np.zeros(row.shape[1], np.float32)
    weights[model.buckets] = model.weights
    added: NDArray[np.float32] = row.data * weights[row.indices]
    return added


def _compact(rows: sparse.csr_array) -> tuple[NDArray[np.int32], sparse.csr_array]:
    """The buckets that occur at all, and the rows over those alone: the fit costs by column."""
    kept = rows.data != 0
    indices = rows.indices[kept]
    used = np.zeros(rows.shape[1], bool)
    used[indices] = True
    active = np.flatnonzero(used).astype(np.int32)
    positions = np.empty(rows.shape[1], np.int32)
    positions[active] = np.arange(len(active), dtype=np.int32)
    indptr = np.concatenate([[0], np.cumsum(kept)])[rows.indptr]
    return active, sparse.csr_array(
        (rows.data[kept].astype(np.float64), positions[indices], indptr.astype(np.int32)),
        shape=(rows.shape[0], len(active)),
    )


def _solve(rows: sparse.csr_array, labels: NDArray[np.bool_]) -> NDArray[np.float32]:
    if rows.shape[1] == 0:
        return np.empty(0, np.float32)
    solver = LogisticRegression(
        solver="liblinear",
        dual=True,  # touches no BLAS, so the number of threads cannot change a bit
        C=PARAMETERS["C"],
        tol=PARAMETERS["tolerance"],
        max_iter=PARAMETERS["max_iterations"],
        random_state=PARAMETERS["seed"],
    )
    with config_context(assume_finite=True, skip_parameter_validation=True):
        solver.fit(rows, labels, sample_weight=_sample_weights(labels))
    weights: NDArray[np.float32] = solver.coef_[0].astype(np.float32)
    return weights


def _sample_weights(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    positives = int(labels.sum())
    negative = positives / (POSITIVE_LEAN * (len(labels) - positives))
    return np.where(labels, 1.0, negative) * (len(labels) / (positives * (1 + 1 / POSITIVE_LEAN)))


def _calibration(margins: NDArray[np.float64], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and bias that turn margins into probabilities: Platt 1999, with both classes given equal weight.

    The fitted margins are kept small by the penalty, and lean towards positives; stretched so, scores use the whole
    range, and 0.5 is where two balanced classes would be even. Platt's softened targets keep a separable training set
    from stretching without end. The order of scores does not depend on it.
    """
    spread = float(margins.std())
    if spread == 0:
        return 1.0, -float(margins.mean())
    positives = int(labels.sum())
    negatives = len(labels) - positives
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weights = np.where(labels, 0.5 / positives, 0.5 / negatives)

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = (line[0] * margins / spread) + line[1]
        errors = weights * (expit(odds) - targets)
        value = float((weights * (np.logaddexp(0, odds) - targets * odds)).sum())
        return value, np.array([(errors * margins / spread).sum(), errors.sum()])

    line = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return max(float(line[0]) / spread, 1.0), float(line[1])
