"""Estimated figures as people read them: percent, interval, margin, and what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from training.core.estimates import Estimate

LABELS = {
    "elusion": (gettext_noop("Elusion rate"), gettext_noop("of the discard pile is relevant")),
    "richness": (gettext_noop("Richness"), gettext_noop("of all documents are relevant")),
    "recall": (gettext_noop("Recall"), gettext_noop("of the relevant documents are found")),
    "precision": (gettext_noop("Precision"), gettext_noop("of what counts as relevant is")),
}
OF_MODEL = {
    "richness": (gettext_noop("Richness"), gettext_noop("of the documents it was drawn from are relevant")),
    "recall": (gettext_noop("Recall of the model"), gettext_noop("of the relevant documents have rank 50 or more")),
    "precision": (
        gettext_noop("Precision of the model"),
        gettext_noop("of the documents with rank 50 or more are relevant"),
    ),
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
        return _("%(down)s to %(up)s") % {"down": down(self.estimate.low), "up": up(self.estimate.high)}

    @property
    def margin(self) -> str:
        return f"± {up(self.estimate.margin)}"


def figures(found: Mapping[str, Estimate]) -> list[Figure]:
    """The estimates in the order in which they are read."""
    return [Figure(name, _(LABELS[name][0]), _(LABELS[name][1]), found[name]) for name in LABELS if name in found]


def of_model(found: Mapping[str, Estimate]) -> list[Figure]:
    """What a control set says of the collection and of the model."""
    return [Figure(name, _(OF_MODEL[name][0]), _(OF_MODEL[name][1]), found[name]) for name in OF_MODEL if name in found]


def percent(share: float) -> str:
    """To 0.01 %, as elusion rates need."""
    return local(f"{100 * share:.2f} %")


def down(share: float) -> str:
    return local(f"{floor(round(10_000 * share, 6)) / 100:.2f} %")


def up(share: float) -> str:
    return local(f"{ceil(round(10_000 * share, 6)) / 100:.2f} %")


def local(figure: str) -> str:
    """With the decimal sign of the language."""
    return figure.replace(".", get_format("DECIMAL_SEPARATOR"))
