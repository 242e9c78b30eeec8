"""What a reading order or a model is worth, in numbers.

A reading order is an array of True (relevant) and False in the order in which documents are read, priors left out.
The definitions are those of technology-assisted review: Cohen et al. 2006 for work saved over sampling, and the mean
position of the relevant documents for the average time to discovery.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score


@dataclass(frozen=True)
class Quality:
    """How a model's decisions at one threshold compare with people's; None where nothing can be said."""

    documents: int
    positives: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None


def recall_curve(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of all relevant documents found after reading 1, 2, ... documents."""
    recall: NDArray[np.float64] = np.cumsum(relevant) / relevant.sum()
    return recall


def average_time_to_discovery(relevant: NDArray[np.bool_]) -> float:
    """Mean position at which the relevant documents are found, in percent of all documents; lower is better."""
    return float(100 * (np.flatnonzero(relevant) + 1).mean() / len(relevant))


def documents_to(relevant: NDArray[np.bool_], percent: int) -> int:
    """How many documents have been read when ``percent`` of the relevant ones are found."""
    positions = np.flatnonzero(relevant) + 1
    wanted = -(-percent * len(positions) // 100)
    return int(positions[wanted - 1])


def work_saved(relevant: NDArray[np.bool_], percent: int) -> float:
    """Work saved over sampling at a recall of ``percent``, in percent of all documents; higher is better."""
    unread = 1 - documents_to(relevant, percent) / len(relevant)
    return float(100 * unread - (100 - percent))


def quality(labels: NDArray[np.bool_], scores: NDArray[np.float32], threshold: float = 0.5) -> Quality:
    """Compare scores with decisions: precision, recall and F1 at the threshold, average precision over all of them."""
    predicted = scores >= threshold
    hits, positives = int((labels & predicted).sum()), int(labels.sum())
    return Quality(
        documents=len(labels),
        positives=positives,
        precision=_ratio(hits, int(predicted.sum())),
        recall=_ratio(hits, positives),
        f1=_ratio(2 * hits, int(predicted.sum()) + positives),
        average_precision=float(average_precision_score(labels, scores)) if positives else None,
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
