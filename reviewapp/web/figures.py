"""Estimated figures as people read them: percent, interval, margin, and what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

from training.core.estimates import Estimate

LABELS = {
    "elusion": ("Elusion rate", "of the discard pile is relevant"),
    "richness": ("Richness", "of all documents are relevant"),
    "recall": ("Recall", "of the relevant documents are found"),
    "precision": ("Precision", "of what counts as relevant is"),
}
OF_MODEL = {
    "richness": ("Richness", "of the documents it was drawn from are relevant"),
    "recall": ("Recall of the model", "of the relevant documents have rank 50 or more"),
    "precision": ("Precision of the model", "of the documents with rank 50 or more are relevant"),
}


@dataclass(frozen=True)
class Figure:
    """One estimate in words."""

    name: str
    label: str
    meaning: str
    estimate: Estimate

    @property
    def value(self) -> str:
        return "–" if self.estimate.value is None else percent(self.estimate.value)

    @property
    def interval(self) -> str:
        """Both ends rounded away from the estimate, so that what is shown still covers."""
        return f"{down(self.estimate.low)} to {up(self.estimate.high)}"

    @property
    def margin(self) -> str:
        return f"± {up(self.estimate.margin)}"


def figures(found: Mapping[str, Estimate]) -> list[Figure]:
    """The estimates in the order in which they are read."""
    return [Figure(name, *LABELS[name], found[name]) for name in LABELS if name in found]


def of_model(found: Mapping[str, Estimate]) -> list[Figure]:
    """What a control set says of the collection and of the model."""
    return [Figure(name, *OF_MODEL[name], found[name]) for name in OF_MODEL if name in found]


def percent(share: float) -> str:
    """To 0.01 %, as elusion rates need."""
    return f"{100 * share:.2f} %"


def down(share: float) -> str:
    return f"{floor(round(10_000 * share, 6)) / 100:.2f} %"


def up(share: float) -> str:
    return f"{ceil(round(10_000 * share, 6)) / 100:.2f} %"
