"""Model versions: numbered for ever, published together with their first score snapshot."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from models_lib.models import ModelVersion, Pin, Tag, TrainingInputs
from reviewapp import access
from reviewapp.domain import statistics
from reviewapp.errors import NotFound
from reviewapp.models import ClassificationIndex, Job, Project, ScoreSnapshot, User


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
    held_out: str
    positives: int
    negatives: int
    completions: int


class State(StrEnum):
    """Whether a project's model says all that is known."""

    NONE = "none"
    UP_TO_DATE = "up_to_date"
    PENDING = "pending"
    RETRAINING = "retraining"


STATES = {
    State.NONE: "No model yet",
    State.UP_TO_DATE: "Up to date",
    State.PENDING: "Decisions wait",
    State.RETRAINING: "Retraining",
}


@dataclass(frozen=True)
class Status:
    """Which version is applied, whether a newer one is computed, and what no version counts yet (U-19)."""

    state: State
    version: ModelVersion | None
    pending: int
    due_at: int
    job: Job | None

    @property
    def label(self) -> str:
        """The state as people read it."""
        return STATES[self.state]


def status(project: Project) -> Status:
    """Whether the project's model is up to date, with the version that is applied meanwhile."""
    waiting = statistics.waiting(project)
    job = next((job for job in waiting.jobs if job.kind == Job.Kind.TRAIN), waiting.job)
    if job is not None:
        state = State.RETRAINING
    elif waiting.version is None:
        state = State.NONE
    else:
        state = State.PENDING if waiting.decisions else State.UP_TO_DATE
    return Status(state, waiting.version, waiting.decisions, waiting.due_at, job)


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
    version = _create(project, kind, index, job, trained)
    project.version = version
    project.snapshot = ScoreSnapshot.objects.create(
        project=project, version=version, index=index, artifact=snapshot_artifact, documents=index.documents
    )
    project.save(update_fields=["version", "snapshot"])
    return version


def publish_model(project: Project, kind: ModelVersion.Kind, job: Job, trained: Trained) -> ModelVersion:
    """Make the next version of a kind that ranks nothing; call it in the transaction that finishes the job."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    return _create(project, kind, None, job, trained)


def following(project: Project, kind: str) -> int:
    """The number that the next version of this kind gets."""
    return (project.versions.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0) + 1


def _create(
    project: Project, kind: ModelVersion.Kind, index: ClassificationIndex | None, job: Job, trained: Trained
) -> ModelVersion:
    version = ModelVersion.objects.create(
        project=project,
        kind=kind,
        number=following(project, kind),
        job=job,
        source=trained.source,
        index=index,
        digest=digest(trained.inputs),
        labels=list(trained.labels),
        artifact=trained.artifact,
        weighting=trained.weighting,
        held_out=trained.held_out,
        parameters=trained.parameters,
        metrics=trained.metrics,
        positives=trained.positives,
        negatives=trained.negatives,
        completions=trained.completions,
    )
    TrainingInputs.objects.create(version=version, record=trained.inputs)
    return version


def get(project: Project, number: int, kind: str = ModelVersion.Kind.RELEVANCE) -> ModelVersion:
    """The version of this number; raises :class:`NotFound`."""
    version = project.versions.select_related("index", "pin", "project").filter(kind=kind, number=number).first()
    if version is None:
        raise NotFound(f"This project has no version {number}.")
    return version


def overview(user: User | AnonymousUser) -> QuerySet[Project]:
    """The reviews that the person may see, each with its version, ``pinned``, ``live``, ``staging`` and ``busy``."""
    pinned = Pin.objects.filter(version__project=OuterRef("pk")).order_by().values("version__project")
    training = Job.objects.filter(project=OuterRef("pk"), kind=Job.Kind.TRAIN, state__in=Job.OPEN)
    tagged = Tag.objects.filter(project=OuterRef("pk"), kind=ModelVersion.Kind.RELEVANCE)
    named = {name: Subquery(tagged.filter(name=name).values("pin__version__number")[:1]) for name in Tag.Name.values}
    rows = (
        access.visible(user, Project)
        .filter(kind=Project.Kind.REVIEW)
        .select_related("workspace", "version")
        .annotate(
            pinned=Coalesce(Subquery(pinned.annotate(count=Count("pk")).values("count")), 0),
            busy=Exists(training),
            **named,
        )
    )
    return rows.order_by("workspace__name", "name")


def latest(project: Project, kind: str = ModelVersion.Kind.RELEVANCE) -> ModelVersion | None:
    """The newest version, which always answers (U-04); None before the first, and where its ranks were taken back."""
    ranked = ~Q(kind=ModelVersion.Kind.RELEVANCE) | Q(project__version__isnull=False)
    rows = project.versions.select_related("index", "pin", "project").filter(ranked, kind=kind)
    return rows.order_by("-number").first()


def superseded_snapshots(project: Project, keep: int = 2) -> list[ScoreSnapshot]:
    """Snapshots whose files may go: all but those that are used, and the newest few that a slow reader may walk.

    Used are the one that ranks, and those of tagged versions over the current index.
    """
    rows = project.snapshots.exclude(artifact="").exclude(pk=project.snapshot_id or 0)
    tagged = Tag.objects.filter(pin__version=OuterRef("version"))
    unused = rows.exclude(Exists(tagged), index=project.index_id)
    return list(unused.order_by("-id")[keep:])
