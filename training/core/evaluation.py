"""What was annotated and what was predicted, compared label by label.

A predicted span is right when its offsets and its label are exactly those of an annotated one (CoNLL-2003's rule, Tjong
Kim Sang and De Meulder 2003).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from training.core.ner.text import Span

NONE = ""  # in a confusion matrix: annotated but not predicted, or predicted but not annotated


@dataclass(frozen=True)
class LabelQuality:
    """How well one label, or several together, are predicted; None where nothing can be said."""

    label: str
    annotated: int
    predicted: int
    hits: int

    @property
    def precision(self) -> float | None:
        return self.hits / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        return self.hits / self.annotated if self.annotated else None

    @property
    def f1(self) -> float | None:
        whole = self.annotated + self.predicted
        return 2 * self.hits / whole if whole else None


@dataclass(frozen=True)
class Evaluation:
    """Every label, all together (micro), their averages, and who was taken for whom.

    ``confusion`` counts (annotated, predicted) pairs; :data:`NONE` stands on the side that has no counterpart.
    """

    labels: tuple[LabelQuality, ...]
    confusion: dict[tuple[str, str], int]

    @property
    def micro(self) -> LabelQuality:
        """All decisions together."""
        sums = [sum(getattr(q, name) for q in self.labels) for name in ("annotated", "predicted", "hits")]
        return LabelQuality("micro", *sums)

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the labels that were annotated; one that was never predicted counts 0."""
        return self._mean(weighted=False)

    @property
    def weighted_f1(self) -> float | None:
        """The mean F1 of the labels, each counted as often as it was annotated."""
        return self._mean(weighted=True)

    def _mean(self, *, weighted: bool) -> float | None:
        counted = [(quality.f1 or 0.0, quality.annotated if weighted else 1) for quality in self.labels]
        known = [pair for pair, quality in zip(counted, self.labels, strict=True) if quality.annotated]
        whole = sum(weight for _, weight in known)
        return sum(f1 * weight for f1, weight in known) / whole if whole else None


def evaluate_spans(
    annotated: Sequence[Collection[Span]], predicted: Sequence[Collection[Span]], labels: Sequence[str]
) -> Evaluation:
    """Compare the spans of each text."""
    pairs: Counter[tuple[str, str]] = Counter()
    for said, found in zip(annotated, predicted, strict=True):
        pairs += _pairs(set(said), set(found))
    return _evaluation(pairs, labels)


def evaluate_choices(
    annotated: Sequence[Collection[str]], predicted: Sequence[Collection[str]], classes: Sequence[str]
) -> Evaluation:
    """Compare the classes of each text, one or several; only where both have one is a class taken for another."""
    pairs: Counter[tuple[str, str]] = Counter()
    for said, found in zip(annotated, predicted, strict=True):
        if len(said) == len(found) == 1:
            pairs[next(iter(said)), next(iter(found))] += 1
            continue
        pairs.update((label, label if label in found else NONE) for label in said)
        pairs.update((NONE, label) for label in found if label not in said)
    return _evaluation(pairs, classes)


def _pairs(said: set[Span], found: set[Span]) -> Counter[tuple[str, str]]:
    pairs = Counter((span.label, span.label) for span in said & found)
    missed, extra = sorted(said - found), sorted(found - said)
    for span in missed:
        taken = next((other for other in extra if other[:2] == span[:2]), None)
        if taken is not None:
            extra.remove(taken)
        pairs[span.label, taken.label if taken else NONE] += 1
    pairs.update((NONE, span.label) for span in extra)
    return pairs


def _evaluation(pairs: Counter[tuple[str, str]], labels: Sequence[str]) -> Evaluation:
    annotated: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    for (said, found), count in pairs.items():
        annotated[said] += count
        predicted[found] += count
    rows = (LabelQuality(label, annotated[label], predicted[label], pairs[label, label]) for label in labels)
    return Evaluation(tuple(rows), dict(pairs))
