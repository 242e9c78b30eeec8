"""What a trained model may give away about the documents it was trained on, in numbers (B-12)."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.features import document_frequencies


def rare_tokens(counts: sparse.csr_array, below: int) -> int:
    """How many tokens occur in fewer than ``below`` of the rows (n, BUCKETS); 2 asks for those of a single document."""
    frequencies = document_frequencies(counts)
    return int(((frequencies > 0) & (frequencies < below)).sum())


def membership_advantage(labels: NDArray[np.bool_], inside: NDArray[np.float32], outside: NDArray[np.float32]) -> float:
    """How much better than chance a person who may apply a model tells whether it was trained on a document: 0 to 1.

    ``inside`` are the rows' scores (n,) by a model that was trained on them, ``outside`` by models that were not. The
    test says *trained on* where the loss is below a threshold; the advantage is its true positive rate less its false
    positive rate at the best threshold (Yeom et al. 2018, definition 4).
    """
    known, unknown = _errors(labels, inside), _errors(labels, outside)
    thresholds = np.sort(np.concatenate([known, unknown]))
    true_positives = np.searchsorted(np.sort(known), thresholds, side="right") / len(known)
    false_positives = np.searchsorted(np.sort(unknown), thresholds, side="right") / len(unknown)
    return float(max((true_positives - false_positives).max(), 0.0))


def _errors(labels: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distance of a score from the truth orders documents as the log loss does."""
    errors: NDArray[np.float32] = np.abs(labels.astype(np.float32) - scores)
    return errors
