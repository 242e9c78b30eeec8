"""Training: the coded documents become the next model version, and the whole collection its score snapshot."""

import time
from dataclasses import asdict
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray
from scipy import sparse

from models_lib import links, versions
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, jobs, projects, webhooks
from reviewapp.errors import Conflict
from reviewapp.models import MINIMUM_PER_CLASS, Event, Job, Project, ScoreSnapshot
from training import datasets, indexing, pooling
from training.core import metrics, privacy, ranking, relevance
from training.pooling import Pool

BASIS = "5-fold cross-validation on the coded documents, which are not a random sample of the collection"


def train(run: jobs.Run) -> None:
    """Fit on what is coded now, score every document, and make both current in one step.

    Harmless to repeat: unchanged inputs make no new version, and a worker that lost the job publishes nothing.
    """
    project = run.project
    if project.index is None or not project.index.artifact:
        raise Conflict("The documents are not indexed yet, so there is nothing to train on. Populate the index first.")
    run.report("Reading decisions")
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.index.artifact)
    dataset = datasets.read(project).within(project.index.documents)
    pool = pooling.pool(dataset, arrays, pooling.linked_rows(project))
    if min(pool.positives, pool.negatives) < MINIMUM_PER_CLASS:
        run.finish(outcome="not enough examples", positives=pool.positives, negatives=pool.negatives)
        return
    inputs = datasets.inputs(dataset, project.index.artifact, relevance.PARAMETERS, links.record(project))
    if project.version and project.snapshot and project.version.digest == versions.digest(inputs):
        run.finish(outcome="nothing new", version=project.version.number)
        return
    _train(run, project, pool, inputs)


def tell_failed(job: Job) -> None:
    """Tell the webhooks that a training failed; the reason stays in the job, since it may quote texts."""
    webhooks.tell(Event.TRAINING_FAILED, job.workspace, project=job.project_id, job=job.pk)


def forget_old_snapshots(project: Project) -> int:
    """Drop the files of superseded snapshots; their rows stay. Returns how many were dropped."""
    old = versions.superseded_snapshots(project)
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    for snapshot in old:
        if not ScoreSnapshot.objects.filter(artifact=snapshot.artifact).exclude(pk=snapshot.pk).exists():
            artifacts.remove(snapshot.artifact)
        ScoreSnapshot.objects.filter(pk=snapshot.pk).update(artifact="")
    return len(old)


def _train(run: jobs.Run, project: Project, pool: Pool, inputs: dict[str, Any]) -> None:
    assert project.index is not None
    started, used = time.monotonic(), time.process_time()
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    arrays = artifacts.read(project.index.artifact)
    rows = indexing.matrix(arrays)
    run.report("Fitting")
    model = relevance.fit_relevance(pool.rows, pool.labels)
    run.report("Scoring")
    held_out = relevance.cross_scored(pool.rows, pool.labels)
    checked = {"coded": pool.ordinals, "held_out": held_out[: pool.local]}
    snapshot = artifacts.write(_snapshot(project, rows, model) | checked)
    trained = versions.Trained(
        source=run.job.parameters.get("source", ModelVersion.Source.MANUAL),
        inputs=inputs,
        parameters=relevance.PARAMETERS,
        metrics=_metrics(pool, model, held_out)
        | {
            "seconds": round(time.monotonic() - started, 3),
            "cpu_seconds": round(time.process_time() - used, 3),
        },
        labels=[projects.positive(project)],
        artifact=artifacts.write(model.to_arrays()),
        weighting=artifacts.write({"idf": arrays["idf"]}),
        positives=pool.positives,
        negatives=pool.negatives,
        completions=project.completions,
    )
    with transaction.atomic():
        version = versions.publish(project, project.index, run.job, trained, snapshot)
        audit.record(run.job.requested_by, "version.publish", version, project.workspace, number=version.number)
        webhooks.tell(
            Event.VERSION_READY, project.workspace, project=project.pk, kind=version.kind, version=version.number
        )
        run.finish(outcome="trained", version=version.number)
    forget_old_snapshots(project)


def _metrics(pool: Pool, model: relevance.RelevanceModel, held_out: NDArray[np.float32]) -> dict[str, Any]:
    """How well documents that were left out of the fit are told apart, at rank 50 and over all ranks."""
    quality = asdict(metrics.quality(pool.labels, held_out))
    return {**quality, "basis": BASIS, "local_documents": pool.local, **_leaks(pool, model, held_out)}


def _leaks(pool: Pool, model: relevance.RelevanceModel, outside: NDArray[np.float32]) -> dict[str, Any]:
    """What an export of the local coding would give away now (B-12); nothing can be said where there is none."""
    if not pool.local:
        return {}
    local, labels = pool.rows[: pool.local], pool.labels[: pool.local]
    advantage = privacy.membership_advantage(labels, relevance.score(local, model), outside[: pool.local])
    rare = {str(below): privacy.rare_tokens(local, below) for below in (2, 3, 5, 10)}
    tokens = len(np.unique(local.indices))
    return {"membership_advantage": round(advantage, 4), "tokens": tokens, "tokens_in_fewer_than": rare}


def _snapshot(project: Project, rows: sparse.csr_array, model: relevance.RelevanceModel) -> dict[str, NDArray[Any]]:
    scores = relevance.score(rows, model)
    open_ = np.ones(len(scores), bool)
    settled = project.items.exclude(decision=None, removed=False).filter(ordinal__lt=len(scores))
    open_[np.fromiter(settled.values_list("ordinal", flat=True), np.int64)] = False
    return {
        "scores": scores,
        "prioritized": ranking.prioritized(scores, open_),
        "coverage": ranking.coverage(scores, open_),
    }
