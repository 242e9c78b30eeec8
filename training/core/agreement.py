"""How far two people agree who coded the same documents without knowing of each other.

A *table* has a row for each first answer and a column for each second one, and counts documents. Rows and columns stand
for the same answers in the same order.
"""

from collections.abc import Callable
from dataclasses import dataclass

import krippendorff
import numpy as np
from numpy.typing import NDArray

from training.core.estimates import binomial

Measure = Callable[[NDArray[np.float64]], NDArray[np.float64]]
CONFIDENCE = 0.95
DRAWS = 4_000
SEED = 0
EXACT = "Clopper-Pearson, exact"
BOOTSTRAP = f"Bayesian bootstrap of the table with Jeffreys' prior, {DRAWS:,} draws"


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval at :data:`CONFIDENCE`; None where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None
    method: str


@dataclass(frozen=True)
class Agreement:
    """Share of equal answers, Cohen's kappa and Krippendorff's alpha over so many documents coded twice."""

    documents: int
    percent: Estimate
    kappa: Estimate
    alpha: Estimate


def agreement(table: NDArray[np.int64]) -> Agreement:
    """The three measures of one table (answers, answers)."""
    documents = int(table.sum())
    return Agreement(documents, share(int(np.trace(table)), documents), kappa(table), alpha(table))


def share(hits: int, of: int) -> Estimate:
    """A share with the exact interval of Clopper and Pearson 1934."""
    if not of:
        return Estimate(None, None, None, EXACT)
    return Estimate(hits / of, *binomial(hits, of, CONFIDENCE), EXACT)


def kappa(table: NDArray[np.int64]) -> Estimate:
    """Agreement beyond chance, when each of the two answers as often as they did: Cohen 1960."""
    return _bootstrapped(float(kappas(table.astype(np.float64))), table, kappas)


def alpha(table: NDArray[np.int64]) -> Estimate:
    """Agreement beyond chance, when both answer as often as the two did together: Krippendorff 2004, nominal."""
    documents = int(table.sum())
    counts = _values(table)
    known = documents > 0 and np.count_nonzero(counts.sum(axis=0)) > 1
    value = float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")) if known else np.nan
    return _bootstrapped(value, table, lambda tables: alphas(tables, documents))


def kappas(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cohen's kappa of each table (..., answers, answers) of counts or shares; NaN where only one answer occurs."""
    shares = _shares(tables)
    observed = np.trace(shares, axis1=-2, axis2=-1)
    expected = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    return _beyond(observed, expected)


def alphas(tables: NDArray[np.float64], documents: int) -> NDArray[np.float64]:
    """Krippendorff's nominal alpha of each table of so many documents, in closed form; NaN where one answer occurs."""
    shares = _shares(tables)
    observed = np.trace(shares, axis1=-2, axis2=-1)
    answers = (shares.sum(axis=-1) + shares.sum(axis=-2)) / 2
    among = 2 * documents  # answers are drawn without putting them back
    expected = 1 - (1 - (answers**2).sum(axis=-1)) * among / max(among - 1, 1)
    return _beyond(observed, expected)


def _bootstrapped(value: float, table: NDArray[np.int64], measure: Measure) -> Estimate:
    """The measure with the interval of tables drawn from the posterior of the shares: Rubin 1981.

    Half a document in each cell (Jeffreys' prior) keeps the interval honest where few or no documents differ; the plain
    bootstrap covered 38 to 90 % there, this one 93 % and more (``tests/training/core/test_agreement.py``).
    """
    if np.isnan(value):
        return Estimate(None, None, None, BOOTSTRAP)
    drawn = np.random.default_rng(SEED).dirichlet(table.ravel() + 0.5, DRAWS).reshape(DRAWS, *table.shape)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(measure(drawn), [tail, 100 - tail])
    return Estimate(value, float(low), float(high), BOOTSTRAP)


def _values(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each document was given each answer: (documents, answers)."""
    size = len(table)
    pairs = [(first, second) for first in range(size) for second in range(size)]
    each = np.array(
        [np.eye(size, dtype=np.int64)[first] + np.eye(size, dtype=np.int64)[second] for first, second in pairs]
    )
    return np.repeat(each, table.ravel(), axis=0)


def _shares(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        shares: NDArray[np.float64] = tables / tables.sum(axis=(-1, -2), keepdims=True)
    return shares


def _beyond(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
