"""Which text teaches most when a person annotates it next: the one of which the model is least sure.

*Least confidence* (Culotta and McCallum 2005): how improbable the most probable tagging is; for a classifier (Lewis and
Gale 1994) its most probable class. *Normalized* (MNLP, Shen et al. 2018) takes the mean log-probability a token, so
that long sentences are not preferred for their length alone. Measured on sentences, the first is the better one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def of_sequences(log_chances: Floats, tokens: NDArray[np.int64], *, normalized: bool = False) -> Floats:
    """How unsure a tagger is of each sentence (n,), 0 to 1, from the log-probability of the tags it chose."""
    shares = log_chances / np.maximum(tokens, 1) if normalized else log_chances
    found: Floats = -np.expm1(np.minimum(shares, 0))
    return found


def of_choices(chances: Floats, *, multiple: bool) -> Floats:
    """How unsure a classifier is of each text (n,), 0 to 1, from the probabilities of its classes (n, classes).

    Where several may hold, each class is a decision of its own, and the least sure of them counts.
    """
    if not chances.shape[1]:
        return np.zeros(len(chances))
    sure = np.maximum(chances, 1 - chances).min(axis=1) if multiple else chances.max(axis=1)
    found: Floats = 1 - sure
    return found


def together(kinds: Sequence[Floats]) -> Floats:
    """One measure for several models of one project (n,), 0 to 1: the mean of each text's place among all by each.

    Places, not chances: a tagger is seldom half as sure of a whole text as a classifier is of one answer.
    """
    if not kinds:
        return np.zeros(0)
    places = [(rankdata(each) - 1) / max(len(each) - 1, 1) for each in kinds]
    found: Floats = np.mean(places, axis=0)
    return found


def order(unsure: Floats) -> NDArray[np.intp]:
    """The texts from the most to the least instructive; those that are equal stay in their order."""
    found: NDArray[np.intp] = np.argsort(-unsure, kind="stable")
    return found
