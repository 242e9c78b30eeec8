"""Model versions: numbered for ever, published together with their first score snapshot."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q

from models_lib.models import ModelVersion, TrainingInputs
from reviewapp.errors import NotFound
from reviewapp.models import ClassificationIndex, Job, Project, ScoreSnapshot


@dataclass(frozen=True)
class Trained:
    """Everything a training hands over to become a version."""

    source: str
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    labels: Sequence[str]
    artifact: str
    weighting: str
    positives: int
    negatives: int
    completions: int


def digest(inputs: Mapping[str, Any]) -> str:
    """BLAKE2b over the canonical JSON of every input: same inputs, same digest (B-06)."""
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=32).hexdigest()


def publish(
    project: Project, index: ClassificationIndex, job: Job, trained: Trained, snapshot_artifact: str
) -> ModelVersion:
    """Make the next version and its snapshot current; call it in the transaction that finishes the job."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    kind = ModelVersion.Kind.RELEVANCE
    last = project.versions.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
    version = ModelVersion.objects.create(
        project=project,
        kind=kind,
        number=last + 1,
        job=job,
        source=trained.source,
        index=index,
        digest=digest(trained.inputs),
        labels=list(trained.labels),
        artifact=trained.artifact,
        weighting=trained.weighting,
        parameters=trained.parameters,
        metrics=trained.metrics,
        positives=trained.positives,
        negatives=trained.negatives,
        completions=trained.completions,
    )
    TrainingInputs.objects.create(version=version, record=trained.inputs)
    project.version = version
    project.snapshot = ScoreSnapshot.objects.create(
        project=project, version=version, index=index, artifact=snapshot_artifact, documents=index.documents
    )
    project.save(update_fields=["version", "snapshot"])
    return version


def get(project: Project, number: int, kind: str = ModelVersion.Kind.RELEVANCE) -> ModelVersion:
    """The version of this number; raises :class:`NotFound`."""
    version = project.versions.select_related("index", "pin", "project").filter(kind=kind, number=number).first()
    if version is None:
        raise NotFound(f"This project has no version {number}.")
    return version


def latest(project: Project, kind: str = ModelVersion.Kind.RELEVANCE) -> ModelVersion | None:
    """The newest version, which always answers (U-04); None before the first, and where its ranks were taken back."""
    ranked = ~Q(kind=ModelVersion.Kind.RELEVANCE) | Q(project__version__isnull=False)
    rows = project.versions.select_related("index", "pin", "project").filter(ranked, kind=kind)
    return rows.order_by("-number").first()


def superseded_snapshots(project: Project, keep: int = 3) -> list[ScoreSnapshot]:
    """Snapshots whose files may go: all but the newest few, which a slow reader may still be walking."""
    return list(project.snapshots.exclude(artifact="").order_by("-id")[keep:])
