"""Training: the coded documents become the next model version, and the whole collection its score snapshot."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from models_lib import links, versions
from models_lib.models import ModelVersion
from models_lib.payload import TrainingRows
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, controls, files, indexes, jobs, projects, webhooks
from reviewapp.errors import Conflict
from reviewapp.models import MINIMUM_PER_CLASS, Event, Job, Project, ScoreSnapshot
from training import annotations, datasets, indexing, pooling, validating
from training.core import metrics as measures
from training.core import privacy, ranking, relevance
from training.pooling import Pool

BASIS = "5-fold cross-validation on the coded documents, which are not a random sample of the collection"


@dataclass(frozen=True)
class Material:
    """What a training reads: the decisions, the index, what is linked, and all of it as the version's record."""

    dataset: datasets.TrainingSet
    arrays: Mapping[str, NDArray[Any]]
    linked: TrainingRows | None
    parts: validating.Split
    pool: Pool
    inputs: dict[str, Any]


def train(run: jobs.Run) -> None:
    """Fit on what is coded now, score every document, and make both current in one step.

    Harmless to repeat: unchanged inputs make no new version, and a worker that lost the job publishes nothing.
    """
    project = run.project
    if not project.is_review:
        annotations.train(run, project)
        return
    if project.index is None or not project.index.artifact:
        raise Conflict("The documents are not indexed yet, so there is nothing to train on. Populate the index first.")
    indexes.require_ours(project.index)
    run.report("Reading decisions")
    material = gather(project, datasets.read(project))
    pool = material.pool
    if min(pool.positives, pool.negatives) < MINIMUM_PER_CLASS:
        run.finish(outcome="not enough examples", positives=pool.positives, negatives=pool.negatives)
        return
    if project.version and project.snapshot and project.version.digest == versions.digest(material.inputs):
        run.finish(outcome="nothing new", version=project.version.number)
        return
    trained, ranked = fit(run, project, material)
    snapshot = Artifacts(settings.ARTIFACTS_DIR).write(orders(project, ranked))
    with transaction.atomic():
        if _was_rolled_back(project):
            run.finish(outcome="rolled back meanwhile")
            return
        controls.meet(project)  # by the order that ends here
        version = versions.publish(project, project.index, run.job, trained, snapshot)
        audit.record(run.job.requested_by, "version.publish", version, project.workspace, number=version.number)
        webhooks.tell(
            Event.VERSION_READY, project.workspace, project=project.pk, kind=version.kind, version=version.number
        )
        run.finish(outcome="trained", version=version.number)
    forget_old_snapshots(project)


def gather(project: Project, dataset: datasets.TrainingSet) -> Material:
    """What a training on these decisions reads; what is held out trains unless the project keeps it apart."""
    assert project.index is not None
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.index.artifact)
    dataset, linked = dataset.within(project.index.documents), pooling.linked_rows(project)
    parts = validating.split(dataset, arrays)
    trains = parts.trains if project.hold_out else dataset
    inputs = datasets.inputs(trains, project.index.artifact, relevance.PARAMETERS, links.record(project))
    if project.hold_out:
        inputs["held_out"] = True
    return Material(dataset, arrays, linked, parts, pooling.pool(trains, arrays, linked), inputs)


def fit(
    run: jobs.Run, project: Project, material: Material, source: str = ModelVersion.Source.MANUAL
) -> tuple[versions.Trained, dict[str, NDArray[Any]]]:
    """The model of these decisions, with its figures, ready to become a version; and what it says of the documents.

    That is its score of every document (``scores``), and of those coded here (ordinals in ``coded``) what models say
    that have not seen them (``held_out``).
    """
    started, used = time.monotonic(), time.process_time()
    artifacts, pool = Artifacts(settings.ARTIFACTS_DIR), material.pool
    run.report("Fitting")
    model = relevance.fit_relevance(pool.rows, pool.labels)
    run.report("Scoring")
    scores = relevance.score(indexing.matrix(material.arrays), model)
    run.report("Validating")
    reading = validating.read(project)
    sibling = model if project.hold_out else None
    held_out = validating.validate(material.parts, reading, material.arrays, material.linked, sibling)
    outside = relevance.cross_scored(pool.rows, pool.labels)
    metrics = {
        **_metrics(pool, model, outside),
        **validating.summary(held_out),
        "rating": validating.rate(material.dataset, reading, model, material.arrays),
        "seconds": round(time.monotonic() - started, 3),
        "cpu_seconds": round(time.process_time() - used, 3),
    }
    trained = versions.Trained(
        source=run.job.parameters.get("source", source),
        inputs=material.inputs,
        parameters=relevance.PARAMETERS,
        metrics=metrics,
        labels=[projects.positive(project)],
        artifact=artifacts.write(model.to_arrays()),
        weighting=artifacts.write({"idf": material.arrays["idf"]}),
        held_out=artifacts.write(held_out) if held_out else "",
        positives=pool.positives,
        negatives=pool.negatives,
        completions=project.completions,
    )
    return trained, {"scores": scores, "coded": pool.ordinals, "held_out": outside[: pool.local]}


def orders(project: Project, ranked: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """A snapshot: what the model says, and the documents that are still open in the orders of the queues."""
    scores = ranked["scores"]
    open_ = np.ones(len(scores), bool)
    settled = project.items.exclude(decision=None, removed=False, in_control_set=False).filter(ordinal__lt=len(scores))
    open_[np.fromiter(settled.values_list("ordinal", flat=True), np.int64)] = False
    return {
        **ranked,
        "prioritized": ranking.prioritized(scores, open_),
        "coverage": ranking.coverage(scores, open_),
    }


def tell_failed(job: Job) -> None:
    """Tell the webhooks that a training failed; the reason stays in the job, since it may quote texts."""
    assert job.workspace is not None
    webhooks.tell(Event.TRAINING_FAILED, job.workspace, project=job.project_id, job=job.pk)


def _was_rolled_back(project: Project) -> bool:
    """Whether other decisions count by now than were read; under the project's lock, so that none comes in between."""
    now = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    return now.rolling_back_id is not None or now.rollback_id != project.rollback_id


def forget_old_snapshots(project: Project) -> int:
    """Drop the files of superseded snapshots; their rows stay. Returns how many were dropped.

    While an archive of the workspace is being made they stay: it may be just about to read them.
    """
    archiving = jobs.archiving().filter(workspace=project.workspace_id).exists()
    old = [] if archiving else versions.superseded_snapshots(project)
    ScoreSnapshot.objects.filter(pk__in=[snapshot.pk for snapshot in old]).update(artifact="")
    files.remove_unused((("snapshot", snapshot.artifact) for snapshot in old), wait=False)
    return len(old)


def _metrics(pool: Pool, model: relevance.RelevanceModel, outside: NDArray[np.float32]) -> dict[str, Any]:
    """How well documents that were left out of the fit are told apart, at rank 50 and over all ranks."""
    quality = asdict(measures.quality(pool.labels, outside))
    return {**quality, "basis": BASIS, "local_documents": pool.local, **_leaks(pool, model, outside)}


def _leaks(pool: Pool, model: relevance.RelevanceModel, outside: NDArray[np.float32]) -> dict[str, Any]:
    """What an export of the local coding would give away now (B-12); nothing can be said where there is none."""
    if not pool.local:
        return {}
    local, labels = pool.rows[: pool.local], pool.labels[: pool.local]
    advantage = privacy.membership_advantage(labels, relevance.score(local, model), outside[: pool.local])
    rare = {str(below): privacy.rare_tokens(local, below) for below in (2, 3, 5, 10)}
    tokens = len(np.unique(local.indices))
    return {"membership_advantage": round(advantage, 4), "tokens": tokens, "tokens_in_fewer_than": rare}
