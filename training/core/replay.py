"""A finished review read again: what the reviewers decided is revealed one batch at a time to the trainer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reviewapp.errors import Invalid
from training.core.ranking import prioritized
from training.core.relevance import fit_relevance, score


@dataclass(frozen=True)
class Reading:
    """A replayed review: the ordinals read, in order, up to the last relevant one, and what was met."""

    read: NDArray[np.int32]
    relevant: NDArray[np.bool_]  # (documents but priors,), in reading order; what was left unread is irrelevant
    retrains: int


def draw_priors(labels: NDArray[np.bool_], relevant: int, irrelevant: int, seed: int) -> NDArray[np.int32]:
    """Draw the documents whose decisions are known at the start: the relevant ones first, then the irrelevant.

    With one of each this draws what ``numpy.random.RandomState(seed)`` gives to the published simulations.
    """
    random = np.random.RandomState(seed)
    return np.array([*_draw(random, labels, relevant), *_draw(random, ~labels, irrelevant)], np.int32)


def replay(
    values: sparse.csr_array,
    labels: NDArray[np.bool_],
    priors: NDArray[np.int32],
    batch: int = 1,
    hidden: NDArray[np.bool_] | None = None,
) -> Reading:
    """Train, read the ``batch`` best open documents, and so on until every relevant document is found.

    What is ``hidden`` is met in the order like any other document, but never trains: a control set.
    """
    trains = np.ones(len(labels), bool) if hidden is None else ~hidden
    open_ = np.ones(len(labels), bool)
    open_[priors] = False
    coded = priors
    retrains = 0
    while labels[open_].any():
        known = coded[trains[coded]]
        model = fit_relevance(values[known], labels[known])
        best = prioritized(score(values, model), open_)[:batch]
        open_[best] = False
        coded = np.concatenate([coded, best])
        retrains += 1
    read = coded[len(priors) :]
    relevant = np.zeros(len(labels) - len(priors), bool)
    relevant[: len(read)] = labels[read]
    return Reading(read, relevant, retrains)


def _draw(random: np.random.RandomState, wanted: NDArray[np.bool_], number: int) -> list[int]:
    candidates = np.flatnonzero(wanted)
    if number < 1 or number > len(candidates):
        raise Invalid(f"Cannot draw {number} of {len(candidates)} documents as priors; ask for 1 to {len(candidates)}.")
    drawn: list[int] = []
    for _ in range(number):
        drawn.append(int(random.choice(candidates)))
        candidates = candidates[candidates != drawn[-1]]
    return drawn
