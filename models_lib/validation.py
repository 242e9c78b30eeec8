"""Validation: the figures of a version on documents that its sibling has not seen, by label and threshold."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from numpy.typing import NDArray

from models_lib.models import ModelVersion, ValidationRecord
from reviewapp.artifacts import Artifacts
from reviewapp.domain import projects
from reviewapp.errors import Conflict
from reviewapp.models import Project
from training.core import rating, validation
from training.core.rating import Rating
from training.core.validation import Curve, Figures, Sample

HALF = 0.5
CODED, CONTROL = "coded", "control"
BASES = {
    CODED: "All held-out decisions",
    CONTROL: "Weighted to the collection",
}
ASSUMPTIONS = {
    CODED: (
        "Every held-out document that was coded counts once. Which ones were coded is no accident: the ranking chose "
        "most of them. So the figures compare versions, and the intervals hold as if the coded documents had been "
        "drawn at random."
    ),
    CONTROL: (
        "Held-out documents are weighted by the inverse of their chance of being drawn (Des Raj 1956), so that they "
        "stand for all held-out documents. This assumes that random control and index health gave every open document "
        "the same chance. An interval counts no more trials than were drawn at random: it is wide rather than wrong."
    ),
}
INTERVALS = (
    "95 % intervals: Clopper–Pearson for precision and recall, and for F1 through the share of hits; for average "
    "precision at the number of positives (after Boyd, Eng and Page 2013)."
)
FEW_EXAMPLES = 25  # of a label in the training part, below which it says little (2.3.5)
LOW = 0.7


@dataclass(frozen=True)
class Label:
    """One label's figures and curve, and why it does less well than it could."""

    name: str
    figures: Figures
    curve: Curve
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Validation:
    """What a version's sibling did on the held-out documents, at one threshold, on one basis."""

    basis: str
    threshold: float
    documents: int
    drawn: int
    labels: tuple[Label, ...]


def of(version: ModelVersion, threshold: float = HALF, basis: str = CODED) -> Validation | None:
    """The version's figures; None where nothing was held out, or retention has dropped the scores."""
    if not version.held_out:
        return None
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(version.held_out)
    columns = zip(names(version), arrays["truth"].T, arrays["scores"].T, strict=True)
    return Validation(
        basis=basis,
        threshold=threshold,
        documents=len(arrays["ordinals"]),
        drawn=int(arrays["drawn"].sum()),
        labels=tuple(
            _label(version, name, sample(arrays, truth, basis), scores, threshold) for name, truth, scores in columns
        ),
    )


def sample(arrays: Mapping[str, NDArray[Any]], truth: NDArray[np.bool_], basis: str) -> Sample:
    """The held-out documents as a basis takes them: each for one, or each for those it stands for."""
    truth = np.asarray(truth, bool)
    if basis == CODED:
        return validation.plain(truth)
    return Sample(truth, np.asarray(arrays["stands_for"], np.float64), np.asarray(arrays["drawn"], bool))


def rated(version: ModelVersion) -> Rating | None:
    """The version's rating; None for one that was trained before ratings were measured."""
    measured = version.metrics.get("rating")
    if measured is None:
        return None
    held_out = version.metrics.get("held_out", {"average_precision": [None]})
    return rating.rate(held_out["average_precision"], **measured)


def record(version: ModelVersion) -> dict[str, Any]:
    """The figures of the version as plain data, on both bases at a threshold of one half: what a pin freezes (U-08)."""
    found = {basis: of(version, basis=basis) for basis in BASES}
    score = rated(version)
    return {
        "metrics": version.metrics,
        "rating": asdict(score) | {"score": score.score, "grade": score.grade} if score else None,
        "validation": {basis: _plain(one) for basis, one in found.items() if one},
    }


def frozen(project: Project, kind: str = ModelVersion.Kind.RELEVANCE) -> QuerySet[ValidationRecord]:
    """The frozen figures of the pinned versions (U-09)."""
    rows = ValidationRecord.objects.filter(version__project=project, version__kind=kind, version__pin__isnull=False)
    return rows.select_related("version")


def over_time(project: Project, kind: str = ModelVersion.Kind.RELEVANCE) -> list[ValidationRecord]:
    """The frozen figures, oldest version first (U-10)."""
    return list(frozen(project, kind).order_by("version__number"))


def require(version: ModelVersion, threshold: float = HALF, basis: str = CODED) -> Validation:
    """As :func:`of`; raises :class:`Conflict` with the reason where there is nothing."""
    found = of(version, threshold, basis)
    if found is None:
        raise Conflict(why_not(version))
    return found


def why_not(version: ModelVersion) -> str:
    """Why the version has no figures, and what to do."""
    if not version.artifact:
        return f"The scores of version {version.number} were not kept. Pin a version to keep them."
    return "Nothing held out can be validated yet. A fifth of the documents is held out: code more of both kinds."


def names(version: ModelVersion) -> tuple[str, ...]:
    """The labels that the version predicts."""
    return tuple(version.labels) or (projects.positive(version.project),)


def _label(version: ModelVersion, name: str, held: Sample, scores: NDArray[np.float32], threshold: float) -> Label:
    scores = np.asarray(scores, np.float32)
    found = validation.figures(held, scores, threshold)
    return Label(name, found, validation.curve(held, scores), tuple(_reasons(version, found)))


def _reasons(version: ModelVersion, found: Figures) -> Iterable[str]:
    """Why a label's average precision is low, by what its figures show (U-21)."""
    examples = version.positives
    if examples < FEW_EXAMPLES:
        yield f"Few examples: {examples} in the training, where {FEW_EXAMPLES} are a start."
    if found.is_weak:
        yield f"Few held out: the figures rest on {found.positives} of {validation.WEAK} wanted positives."
    precision, recall = found.precision.value, found.recall.value
    if precision is not None and recall is not None:
        if recall < LOW <= precision:
            yield "Recall is low and precision high: check documents coded otherwise that rank high."
        elif precision < LOW <= recall:
            yield "Precision is low and recall high: look for documents that were missed, or coded too generously."
        elif precision < LOW and recall < LOW:
            yield "Precision and recall are low: code more of what the model is least sure about."


def _plain(found: Validation) -> dict[str, Any]:
    return {
        "threshold": found.threshold,
        "documents": found.documents,
        "drawn": found.drawn,
        "labels": [{"name": label.name, "figures": asdict(label.figures)} for label in found.labels],
    }
