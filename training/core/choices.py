"""Weighted rows and the choices that people made in one group, in; a classifier of texts out.

One of several classes, or any number of them, by logistic regression over the rows of a classification index
(digested n-grams). What one class costs to get wrong is chosen by cross-validation, and so are the probabilities:
margins of rows that the model had not seen are brought to a scale on which they are as often right as they say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, softmax

from reviewapp.errors import NotEnoughTraining
from training.core.linear import LinearModel, codes, fit_linear, held_out_margins
from training.core.relevance import canonical_order

COSTS = (0.3, 1.0, 3.0, 10.0)
MIDDLE_COST = 1.0  # while there are too few rows to choose by
ENOUGH_TO_CHOOSE = 40  # rows
ENOUGH_POSITIVES = 20  # of a class, to have a threshold of its own
SCALES = np.geomspace(0.25, 64, 33)
OFFSETS = np.linspace(-1.5, 1.5, 61)

PARAMETERS: dict[str, Any] = {
    "algorithm": "logistic regression, L2, a class against all others, no intercept (liblinear)",
    "classes": "balanced",
    "C": "chosen by 3-fold cross-validation from 0.3, 1, 3, 10",
    "calibration": "one temperature, by 3-fold cross-validation",
}


@dataclass(frozen=True)
class ChoiceModel:
    """A classifier of one group; with ``multiple`` each class is decided for itself.

    ``scale`` brings margins to the scale of probabilities; a class of several is chosen where its margin is at least
    its ``offset``, and one half sure there.
    """

    classes: tuple[str, ...]
    multiple: bool
    linear: LinearModel
    scale: float
    offsets: NDArray[np.float64]
    cost: float

    def probabilities(self, rows: sparse.csr_array) -> NDArray[np.float64]:
        """The probability of each class for each row (n, classes); they sum to 1 unless several may hold."""
        return _probabilities(self.linear.margins(rows), self.scale, self.offsets, self.multiple)

    def predict(self, rows: sparse.csr_array) -> list[dict[str, float]]:
        """The chosen classes of each row, each with its probability: one, or with ``multiple`` any number (J-32)."""
        chances = self.probabilities(rows)
        chosen = chances >= 0.5 if self.multiple else chances.argmax(axis=1)[:, None] == np.arange(len(self.classes))
        return [
            {self.classes[place]: float(chance[place]) for place in np.flatnonzero(picked)}
            for chance, picked in zip(chances, chosen, strict=True)
        ]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {
            **self.linear.to_arrays(),
            "classes": np.array(self.classes, np.str_),
            "multiple": np.array([self.multiple]),
            "scale": np.array([self.scale]),
            "offsets": self.offsets,
            "cost": np.array([self.cost]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read what ``to_arrays`` wrote."""
        return cls(
            classes=tuple(arrays["classes"].tolist()),
            multiple=bool(arrays["multiple"][0]),
            linear=LinearModel.from_arrays(arrays),
            scale=float(arrays["scale"][0]),
            offsets=arrays["offsets"].astype(np.float64, copy=False),
            cost=float(arrays["cost"][0]),
        )


def fit_choices(
    rows: sparse.csr_array, answers: Sequence[Sequence[str]], classes: Sequence[str], *, multiple: bool
) -> ChoiceModel:
    """Fit on weighted rows (n, buckets) and the classes chosen for each; ``classes`` are all that may be chosen.

    The same set of rows gives the same bytes in whatever order it comes. Raises NotEnoughTraining when fewer than two
    classes (with ``multiple``: not one class) were chosen in some rows and not in others.
    """
    members = np.array([[name in answer for name in classes] for answer in answers], bool).reshape(-1, len(classes))
    told = members.any(axis=0) & ~members.all(axis=0)
    if told.sum() < (1 if multiple else 2):
        raise NotEnoughTraining("A classifier needs rows of at least two kinds; annotate more documents.")
    order = canonical_order(rows, codes(members))
    rows, members = rows[order], members[order]
    cost, margins = _choose(rows, members, multiple)
    offsets = _offsets(margins, members) if multiple else np.zeros(len(classes))
    scale = _scale(margins, offsets, members, multiple)
    return ChoiceModel(tuple(classes), multiple, fit_linear(rows, members, cost), scale, offsets, cost)


def _choose(rows: sparse.csr_array, members: NDArray[np.bool_], multiple: bool) -> tuple[float, NDArray[np.float64]]:
    """The cost under which unseen rows are told apart best, and their margins under it."""
    costs = COSTS if len(members) >= ENOUGH_TO_CHOOSE else (MIDDLE_COST,)
    tried = [(cost, held_out_margins(rows, members, cost)) for cost in costs]
    return max(tried, key=lambda each: _worth(each[1], members, multiple))


def _worth(margins: NDArray[np.float64], members: NDArray[np.bool_], multiple: bool) -> float:
    """F1 of held-out rows: the mean over the classes, or with several classes a row over all decisions."""
    if multiple:
        return float(_f1(margins >= _offsets(margins, members), members, axis=None))
    chosen = margins.argmax(axis=1)[:, None] == np.arange(members.shape[1])
    return float(np.mean(_f1(chosen, members, axis=0)))


def _f1(chosen: NDArray[np.bool_], members: NDArray[np.bool_], axis: int | None) -> Any:
    hits, sizes = (chosen & members).sum(axis=axis), chosen.sum(axis=axis) + members.sum(axis=axis)
    return 2 * hits / np.maximum(sizes, 1)


def _offsets(margins: NDArray[np.float64], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The margin from which each class is chosen: the best for all, or its own where it has examples enough."""
    common = max(OFFSETS, key=lambda offset: _f1(margins >= offset, members, axis=None))
    own = [_f1(margins >= offset, members, axis=0) for offset in OFFSETS]
    enough = members.sum(axis=0) >= ENOUGH_POSITIVES
    found: NDArray[np.float64] = np.where(enough, OFFSETS[np.argmax(own, axis=0)], common)
    return found


def _scale(
    margins: NDArray[np.float64], offsets: NDArray[np.float64], members: NDArray[np.bool_], multiple: bool
) -> float:
    """The temperature with the highest likelihood of held-out rows: Guo et al. 2017."""

    def loss(scale: float) -> float:
        chances = np.clip(_probabilities(margins, scale, offsets, multiple), 1e-9, 1 - 1e-9)
        return float(-np.log(chances[members]).sum() - (np.log(1 - chances[~members]).sum() if multiple else 0))

    return float(min(SCALES, key=loss))


def _probabilities(
    margins: NDArray[np.float64], scale: float, offsets: NDArray[np.float64], multiple: bool
) -> NDArray[np.float64]:
    shifted = scale * (margins - offsets)
    found: NDArray[np.float64] = expit(shifted) if multiple else softmax(shifted, axis=1)
    return found
