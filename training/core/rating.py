"""The rating of a version, 0 to 100, by an open formula: four factors, each 0 to 100, and their weighted mean.

- *All labels*: the mean average precision over all labels, on held-out documents.
- *Underperforming labels*: the mean average precision of the worst tenth of the labels, at least one.
- *Coverage*: the share of all documents that the model has words for: half of their weight at least is words and word
  pairs that occur in what it was trained on.
- *Balance*: how like the whole the coded documents are. Seven tenths of it are the cosine between the mean row of the
  coded and that of all documents; three tenths say whether a fifth of the coded ones was picked by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

WEIGHTS = {"all_labels": 0.4, "underperforming": 0.2, "coverage": 0.2, "balance": 0.2}
GRADES = ((90, "Excellent"), (70, "Good"), (50, "Average"), (0, "Poor"))
KNOWN_SHARE = 0.5  # of a document's weight, for it to be covered
CHANCE_WANTED = 0.2  # of the coded documents, to be picked by chance
LIKENESS = 0.7  # of balance; the rest is chance


@dataclass(frozen=True)
class Rating:
    """Factors and score, 0 to 100; None where no held-out positive says anything about the labels."""

    all_labels: float | None
    underperforming: float | None
    coverage: float
    balance: float
    likeness: float
    chance: float

    @property
    def score(self) -> float | None:
        """The weighted mean of the factors."""
        if self.all_labels is None or self.underperforming is None:
            return None
        factors: dict[str, float] = {name: getattr(self, name) for name in WEIGHTS}
        return sum(weight * factors[name] for name, weight in WEIGHTS.items())

    @property
    def grade(self) -> str:
        """The score in a word."""
        return grade(self.score)


def rate(average_precisions: Sequence[float | None], coverage: float, likeness: float, chance: float) -> Rating:
    """Put the measurements together, all 0..1: one average precision a label, None where it has no positives."""
    known = sorted(value for value in average_precisions if value is not None)
    worst = known[: ceil(len(known) / 10)]
    by_chance = min(chance / CHANCE_WANTED, 1.0)
    return Rating(
        all_labels=100 * float(np.mean(known)) if known else None,
        underperforming=100 * float(np.mean(worst)) if worst else None,
        coverage=100 * coverage,
        balance=100 * (LIKENESS * likeness + (1 - LIKENESS) * by_chance),
        likeness=100 * likeness,
        chance=100 * chance,
    )


def grade(score: float | None) -> str:
    """Poor below 50, Average below 70, Good below 90, Excellent from there; None where there is no score."""
    return "None" if score is None else next(name for least, name in GRADES if round(score) >= least)


def coverage(rows: sparse.csr_array, buckets: NDArray[np.int32]) -> float:
    """The share of the rows (n, BUCKETS) of whose weight these buckets hold :data:`KNOWN_SHARE` at least."""
    known = np.zeros(rows.shape[1], np.float32)
    known[buckets] = 1
    whole = np.asarray(rows.sum(axis=1), np.float32).ravel()
    filled = whole > 0
    return float(((rows @ known)[filled] >= KNOWN_SHARE * whole[filled]).mean()) if filled.any() else 0.0


def likeness(rows: sparse.csr_array, coded: sparse.csr_array) -> float:
    """The cosine between the mean of all rows and the mean of the coded ones, 0..1."""
    one, other = (np.asarray(part.sum(axis=0), np.float64).ravel() for part in (rows, coded))
    lengths = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / lengths if lengths else 0.0
