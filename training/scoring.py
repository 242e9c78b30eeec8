"""Scoring: what a version that does not rank says of every document of the current index."""

from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from models_lib import prediction
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import indexes, jobs
from reviewapp.errors import Conflict
from reviewapp.models import ClassificationIndex, ScoreSnapshot
from training import indexing
from training.core import features, relevance

ROWS_AT_A_TIME = 50_000


def score(run: jobs.Run) -> None:
    """Keep the version's scores of the current index as a snapshot that does not rank.

    Words weigh what they weighed in the version's own index, as in every prediction of it.
    """
    project = run.project
    version = ModelVersion.objects.select_related("index", "project").get(pk=run.job.parameters["version"])
    if project.index is None or not project.index.artifact:
        raise Conflict("The documents are not indexed yet, so there is nothing to score. Populate the index first.")
    indexes.require_ours(project.index)
    artifact = Artifacts(settings.ARTIFACTS_DIR).write({"scores": _scores(run, project.index, version)})
    with transaction.atomic():
        snapshot, made = ScoreSnapshot.objects.select_for_update().get_or_create(
            project=project,
            version=version,
            index=project.index,
            defaults={"artifact": artifact, "documents": project.index.documents},
        )
        if not made and not snapshot.artifact:
            snapshot.artifact = artifact
            snapshot.save(update_fields=["artifact"])
        run.finish(version=version.number, documents=project.index.documents)


def _scores(run: jobs.Run, index: ClassificationIndex, version: ModelVersion) -> NDArray[np.float32]:
    counts = indexing.matrix(Artifacts(settings.ARTIFACTS_DIR).read(index.artifact), "counts")
    loaded = prediction.predictor(version)
    found = [np.empty(0, np.float32)]
    for start in range(0, counts.shape[0], ROWS_AT_A_TIME):
        run.report("Scoring", start, counts.shape[0])
        rows: Any = counts[start : start + ROWS_AT_A_TIME]
        found.append(relevance.score(features.weigh(rows, loaded.idf), loaded.model))
    return np.concatenate(found)
