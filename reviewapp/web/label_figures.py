"""How well a model of annotations predicts each label, as its page draws it: counts, figures, confusions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from models_lib.models import ModelVersion
from training.annotation.trainer import ADVISED

NOTHING = "nothing"
MOST_LABELS = 24  # that a confusion matrix has room for
MOST_PAIRS = 40  # of a confusion that is told as a list
SHADES = 5


@dataclass(frozen=True)
class Example:
    """How many examples of a label there were, and whether that is fewer than is advised (J-04)."""

    label: str
    number: int

    @property
    def is_few(self) -> bool:
        return self.number < ADVISED


@dataclass(frozen=True)
class Quality:
    """One row of figures: shares in percent, empty where nothing can be said."""

    label: str
    precision: str
    recall: str
    f1: str
    support: int | None
    predicted: int | None


@dataclass(frozen=True)
class Cell:
    """How often one label was taken for another, and how dark that is drawn: 0 to :data:`SHADES` of its row."""

    count: int
    shade: int
    right: bool


@dataclass(frozen=True)
class Confusion:
    """Who was taken for whom: a matrix, or the most frequent mistakes where it has no room."""

    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    mistakes: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Figures:
    """A version with all that was measured of it; ``measured`` is False where nothing was held out."""

    version: ModelVersion
    examples: tuple[Example, ...]
    labels: tuple[Quality, ...] = ()
    averages: tuple[Quality, ...] = ()
    confusion: Confusion | None = None

    @property
    def measured(self) -> bool:
        return bool(self.labels)

    @property
    def rows(self) -> list[tuple[Example, Quality | None]]:
        """Each label with its examples and its figures."""
        found = {quality.label: quality for quality in self.labels}
        return [(example, found.get(example.label)) for example in self.examples]


def examples(counts: Mapping[str, int]) -> tuple[Example, ...]:
    """The labels with their numbers."""
    return tuple(Example(label, number) for label, number in counts.items())


def read(version: ModelVersion) -> Figures:
    """The figures as the version keeps them."""
    counts, found = examples(version.metrics["examples"]), version.metrics["figures"]
    if found is None:
        return Figures(version, counts)
    labels = tuple(_quality(label, said) for label, said in found["labels"].items())
    averages = (
        _quality("All together (micro)", found["micro"]),
        _mean("Mean of the labels (macro)", found["labels"], found["macro_f1"], weighted=False),
        _mean("Mean by support (weighted)", found["labels"], found["weighted_f1"], weighted=True),
    )
    return Figures(version, counts, labels, averages, _confusion(found["confusion"], list(found["labels"])))


def headline(version: ModelVersion) -> str:
    """F1 of all labels together; empty when nothing was measured."""
    found = version.metrics["figures"]
    return percent(found["micro"]["f1"]) if found else ""


def percent(share: float | None) -> str:
    """A share with one decimal."""
    return "–" if share is None else f"{100 * share:.1f} %"


def _quality(label: str, said: Mapping[str, Any]) -> Quality:
    precision, recall, f1 = (percent(said[name]) for name in ("precision", "recall", "f1"))
    return Quality(label, precision, recall, f1, said["annotated"], said["predicted"])


def _mean(label: str, found: Mapping[str, Mapping[str, Any]], f1: float | None, *, weighted: bool) -> Quality:
    """As the F1 is averaged: over the labels that were annotated; what was never predicted counts 0."""
    known = [said for said in found.values() if said["annotated"]]
    weights = [said["annotated"] if weighted else 1 for said in known]
    means = [
        sum(weight * (said[name] or 0.0) for weight, said in zip(weights, known, strict=True)) / sum(weights)
        if known
        else None
        for name in ("precision", "recall")
    ]
    return Quality(label, percent(means[0]), percent(means[1]), percent(f1), None, None)


def _confusion(pairs: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> Confusion:
    counts = {(pair["annotated"], pair["predicted"]): pair["count"] for pair in pairs}
    if len(labels) > MOST_LABELS:
        wrong = sorted(((n, *pair) for pair, n in counts.items() if pair[0] != pair[1]), key=lambda w: (-w[0], w[1:]))
        told = tuple((said or NOTHING, taken or NOTHING, n) for n, said, taken in islice(wrong, MOST_PAIRS))
        return Confusion((), (), told)
    names = [*labels, *([""] if any("" in pair for pair in counts) else [])]
    rows = tuple((said or NOTHING, _row(counts, said, names)) for said in names)
    return Confusion(tuple(name or NOTHING for name in names), rows, ())


def _row(counts: Mapping[tuple[str, str], int], said: str, names: Sequence[str]) -> tuple[Cell, ...]:
    numbers = [counts.get((said, taken), 0) for taken in names]
    whole = sum(numbers)
    return tuple(
        Cell(number, -(-SHADES * number // whole) if whole else 0, said == taken and bool(said))
        for number, taken in zip(numbers, names, strict=True)
    )
