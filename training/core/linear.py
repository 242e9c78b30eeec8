"""One linear model a class over sparse rows: logistic regression, each class against all others.

There is no intercept: with few examples the largest class would win by its intercept alone. Rows have unit length or
are short, so a row of unknown tokens has the margin 0 for every class.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.linear_model import LogisticRegression

from training.core.relevance import canonical_order

FOLDS = 3


@dataclass(frozen=True)
class LinearModel:
    """Weights (classes, buckets) over the buckets that the training rows used; all others weigh nothing."""

    buckets: NDArray[np.int32]
    weights: NDArray[np.float32]

    def margins(self, rows: sparse.csr_array) -> NDArray[np.float64]:
        """How far each row lies on the side of each class: (n, classes)."""
        found: NDArray[np.float64] = (rows[:, self.buckets] @ self.weights.T).astype(np.float64)
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {"buckets": self.buckets, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read what ``to_arrays`` wrote."""
        return cls(arrays["buckets"].astype(np.int32, copy=False), arrays["weights"].astype(np.float32, copy=False))


def fit_linear(rows: sparse.csr_array, members: NDArray[np.bool_], cost: float) -> LinearModel:
    """Fit on rows (n, buckets) and which classes each belongs to (n, classes), both sides of a class weighing the same.

    The same set of rows gives the same bytes in whatever order it comes.
    """
    order = canonical_order(rows, codes(members))
    buckets = np.unique(rows.indices).astype(np.int32)
    compact = rows[order][:, buckets].astype(np.float64)
    weights = [_fit_class(compact, members[order, place], cost) for place in range(members.shape[1])]
    return LinearModel(buckets, np.array(weights, np.float32).reshape(members.shape[1], len(buckets)))


def held_out_margins(rows: sparse.csr_array, members: NDArray[np.bool_], cost: float) -> NDArray[np.float64]:
    """The margins of each row (n, classes) by a model that has not seen it; folds follow from what the rows say."""
    fold = np.empty(len(members), np.intp)
    fold[canonical_order(rows, codes(members))] = np.arange(len(members)) % FOLDS
    found = np.zeros(members.shape)
    for number in range(min(FOLDS, len(members))):
        inside = fold == number
        found[inside] = fit_linear(rows[~inside], members[~inside], cost).margins(rows[inside])
    return found


def codes(members: NDArray[np.bool_]) -> NDArray[np.intp]:
    """A number for each row of memberships; equal ones get the same (n,)."""
    found: NDArray[np.intp] = np.unique(members, axis=0, return_inverse=True)[1].reshape(-1)
    return found


def _fit_class(rows: sparse.csr_array, labels: NDArray[np.bool_], cost: float) -> NDArray[np.float64]:
    if labels.all() or not labels.any() or not rows.nnz:
        return np.zeros(rows.shape[1])
    solver = LogisticRegression(
        solver="liblinear",
        dual=True,  # touches no BLAS, so the number of threads cannot change a bit
        C=cost,
        tol=1e-3,
        max_iter=5000,
        fit_intercept=False,
        class_weight="balanced",
        random_state=0,
    )
    with config_context(assume_finite=True, skip_parameter_validation=True):
        solver.fit(rows, labels)
    weights: NDArray[np.float64] = solver.coef_[0]
    return weights
