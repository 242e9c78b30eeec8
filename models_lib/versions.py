"""Model versions: numbered for ever, published together with their first score snapshot."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from models_lib.models import ModelVersion, TrainingInputs
from reviewapp.models import ClassificationIndex, Job, Project, ScoreSnapshot


@dataclass(frozen=True)
class Trained:
    """Everything a training hands over to become a version."""

    source: str
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    artifact: str
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
        artifact=trained.artifact,
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


def superseded_snapshots(project: Project, keep: int = 3) -> list[ScoreSnapshot]:
    """Snapshots whose files may go: all but the newest few, which a slow reader may still be walking."""
    return list(project.snapshots.exclude(artifact="").order_by("-id")[keep:])
