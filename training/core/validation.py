"""How well a version's scores tell held-out documents apart, each figure with its interval and what it rests on.

Precision, recall and F1 are shares of a set of documents, so their intervals are those of Clopper and Pearson 1934, at
the number of documents in that set; F1 goes through the share J of hits among what is relevant or called so, since
``F1 = 2 J / (1 + J)``. Average precision is a mean over the relevant documents; its interval takes their number for the
number of trials, as Boyd, Eng and Page 2013 (Area under the Precision-Recall Curve) propose. ``tests/bench`` shows by
simulation that each covers.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from training.core.estimates import binomial

WEAK = 20  # positives below which a figure says little, whatever it is (B-05)
CONFIDENCE = 0.95
FIGURES = ("precision", "recall", "f1", "average_precision")
CURVE_POINTS = 200


@dataclass(frozen=True)
class Sample:
    """Held-out documents: whether each is relevant, its weight, and whether chance alone picked it; all (n,).

    Without unequal weights every document counts as drawn at random, and for one.
    """

    truth: NDArray[np.bool_]
    weights: NDArray[np.float64]
    drawn: NDArray[np.bool_]

    @property
    def positives(self) -> int:
        return int(self.truth.sum())


@dataclass(frozen=True)
class Figure:
    """A share, None where nothing can be said, its interval, and the number of documents it rests on."""

    value: float | None
    low: float
    high: float
    number: int


@dataclass(frozen=True)
class Figures:
    """The figures of one label at one threshold."""

    documents: int
    positives: int
    precision: Figure
    recall: Figure
    f1: Figure
    average_precision: Figure

    @property
    def is_weak(self) -> bool:
        """Whether they rest on fewer than :data:`WEAK` positives."""
        return self.positives < WEAK


@dataclass(frozen=True)
class Curve:
    """Precision and recall at falling thresholds; (points,) each."""

    thresholds: NDArray[np.float64]
    precisions: NDArray[np.float64]
    recalls: NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How much a figure of one version exceeds that of another on the same documents, with its interval."""

    value: float | None
    low: float
    high: float


def plain(truth: NDArray[np.bool_]) -> Sample:
    """The documents as they are, each counting for one."""
    return Sample(truth, np.ones(len(truth)), np.ones(len(truth), bool))


def figures(sample: Sample, scores: NDArray[np.float32], threshold: float, confidence: float = CONFIDENCE) -> Figures:
    """Compare the scores with the truth; a document is called relevant from the threshold on."""
    called = scores >= np.float32(threshold)
    hits = sample.truth & called
    union = _share(sample, hits, sample.truth | called, confidence)
    return Figures(
        documents=len(sample.truth),
        positives=sample.positives,
        precision=_share(sample, hits, called, confidence),
        recall=_share(sample, hits, sample.truth, confidence),
        f1=Figure(None if union.value is None else _f1(union.value), _f1(union.low), _f1(union.high), union.number),
        average_precision=_average_precision(sample, scores, confidence),
    )


def curve(sample: Sample, scores: NDArray[np.float32], points: int = CURVE_POINTS) -> Curve:
    """Precision and recall at every threshold that changes one of them, thinned to so many points.

    Empty where no positive weighs anything.
    """
    if not sample.weights[sample.truth].any():
        nothing = np.empty(0)
        return Curve(nothing, nothing, nothing)
    precisions, recalls, thresholds = precision_recall_curve(sample.truth, scores, sample_weight=sample.weights)
    kept = np.unique(np.linspace(0, len(thresholds) - 1, min(points, len(thresholds))).round().astype(np.int64))[::-1]
    return Curve(thresholds[kept].astype(np.float64), precisions[kept], recalls[kept])


def named_thresholds(found: Curve, wanted: float = 0.9) -> dict[str, float]:
    """The highest threshold with a recall of ``wanted``, the one of the best F1, the lowest with such a precision."""
    if not len(found.thresholds):
        return {}
    harmonic = 2 * found.precisions * found.recalls / np.maximum(found.precisions + found.recalls, 1e-12)
    named = {"balanced": found.thresholds[int(np.argmax(harmonic))]}
    if (enough := found.recalls >= wanted).any():
        named["high_recall"] = found.thresholds[enough].max()
    if (precise := found.precisions >= wanted).any():
        named["high_precision"] = found.thresholds[precise].min()
    return {name: float(threshold) for name, threshold in named.items()}


def difference(
    sample: Sample,
    one: NDArray[np.float32],
    other: NDArray[np.float32],
    threshold: float,
    confidence: float = CONFIDENCE,
) -> dict[str, Difference]:
    """By how much each figure of ``other`` exceeds that of ``one``, on the same documents.

    The interval is MOVER (Zou and Donner 2008): the two versions' own intervals, put together with the correlation of
    their errors over the documents. For a share of the same documents it is Newcombe's 1998 paired one (method 10) with
    exact limits.
    """
    before, after = (figures(sample, scores, threshold, confidence) for scores in (one, other))
    influence = [_influences(sample, scores, threshold) for scores in (one, other)]
    return {
        name: _difference(getattr(before, name), getattr(after, name), influence[0][name], influence[1][name])
        for name in FIGURES
    }


def des_raj(left: NDArray[np.int64], drawn: NDArray[np.bool_], documents: int) -> NDArray[np.float64]:
    """Weights that make documents read in a chosen order stand for all ``documents``, where some were drawn at random.

    ``left`` are the places of the read documents in that order (n,), of those that a draw could have met; ``drawn``
    says which came by such a draw. A draw gave each of the ``documents - place`` open ones the same chance. What was
    read before it is known, so after each draw the total over all is: what is known, plus what was drawn times the
    number of open ones. The mean of these is unbiased whatever order the others were read in (Des Raj 1956, Some
    Estimators in Sampling with Varying Probabilities without Replacement). The weights add up to ``documents``.
    """
    draws = int(drawn.sum())
    if not draws:
        return np.zeros(len(left))
    places = np.sort(left[drawn])
    after = draws - np.searchsorted(places, left, side="right")
    weights: NDArray[np.float64] = (after + np.where(drawn, documents - left, 0)) / draws
    return weights


def _share(sample: Sample, hits: NDArray[np.bool_], among: NDArray[np.bool_], confidence: float) -> Figure:
    number = int(among.sum())
    weight = float(sample.weights[among].sum())
    if not weight:
        return Figure(None, 0.0, 1.0, number)
    share = min(float(sample.weights[hits].sum()) / weight, 1.0)
    return Figure(share, *_interval(share, _trials(sample, among), confidence), number)


def _average_precision(sample: Sample, scores: NDArray[np.float32], confidence: float) -> Figure:
    if not sample.weights[sample.truth].sum():
        return Figure(None, 0.0, 1.0, sample.positives)
    value = float(average_precision_score(sample.truth, scores, sample_weight=sample.weights))
    return Figure(value, *_interval(value, _trials(sample, sample.truth), confidence), sample.positives)


def _interval(share: float, trials: float, confidence: float) -> tuple[float, float]:
    """The exact interval of a share seen in so many draws, which need not be whole: Korn and Graubard 1998."""
    return binomial(share * trials, trials, confidence)


def _trials(sample: Sample, among: NDArray[np.bool_]) -> float:
    """How many equally weighted draws these documents are worth: Kish's effective size, and never more than were drawn.

    What chance did not pick tells nothing of the documents that nobody has read.
    """
    weights = sample.weights[among]
    kish = float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0
    return min(kish, float(sample.drawn[among].sum()))


def _f1(union: float) -> float:
    return 2 * union / (1 + union)


def _influences(sample: Sample, scores: NDArray[np.float32], threshold: float) -> dict[str, NDArray[np.float64]]:
    """How much each document moves each figure, up to its scale."""
    called, truth = scores >= np.float32(threshold), sample.truth
    hits = truth & called
    sets = {"precision": called, "recall": truth, "f1": truth | called}
    moved = {name: _moved(sample, hits.astype(np.float64), among) for name, among in sets.items()}
    return moved | {"average_precision": _moved_average(sample, scores)}


def _moved(sample: Sample, values: NDArray[np.float64], among: NDArray[np.bool_]) -> NDArray[np.float64]:
    weights = np.where(among, sample.weights, 0.0)
    total = float(weights.sum())
    mean = float((weights * values).sum()) / total if total else 0.0
    return weights * (values - mean)


def _moved_average(sample: Sample, scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """A document moves average precision by its own precision, and by the precisions at every place below it."""
    order = np.argsort(-scores, kind="stable")
    truth, weights = sample.truth[order], sample.weights[order]
    read = np.maximum(np.cumsum(weights), 1e-300)
    precision = np.cumsum(weights * truth) / read
    counted = weights * truth / read
    below, lost = (np.cumsum(values[::-1])[::-1] for values in (counted, counted * precision))
    mean = float((weights * truth * precision).sum() / max(float((weights * truth).sum()), 1e-300))
    moved = np.empty(len(scores))
    moved[order] = weights * (truth * (precision - mean) + truth * below - lost)
    return moved


def _difference(before: Figure, after: Figure, one: NDArray[np.float64], other: NDArray[np.float64]) -> Difference:
    if before.value is None or after.value is None:
        return Difference(None, -1.0, 1.0)
    value, together = (
        after.value - before.value,
        _correlation(one, other) - 2 / max(min(before.number, after.number), 1),
    )
    down = _recovered(after.value - after.low, before.high - before.value, together)
    up = _recovered(after.high - after.value, before.value - before.low, together)
    return Difference(value, max(value - down, -1.0), min(value + up, 1.0))


def _recovered(one: float, other: float, together: float) -> float:
    return sqrt(max(one**2 + other**2 - 2 * max(together, 0.0) * one * other, 0.0))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    scale = sqrt(float((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / scale if scale else 0.0
