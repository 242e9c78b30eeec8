"""Clusters of a project's documents: looked for by a job, named by what their documents say, kept until the next."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray
from scipy import sparse

from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, files, jobs, locks
from reviewapp.errors import Conflict, NotFound
from reviewapp.models import Clustering, Job, Project, User
from training import indexing
from training.core import clusters
from training.core.clusters import Groups
from training.tokenizing import tokenizer

MOST_DOCUMENTS = 1_000_000
TYPICAL = 40  # documents of a group that are read to name it
CHARACTERS = 20_000  # that are read of each
SEED = 0
PARAMETERS: dict[str, Any] = {
    "algorithm": "truncated SVD, unit length, mini-batch k-means",
    "dimensions": clusters.DIMENSIONS,
    "sample": clusters.SAMPLE,
    "seed": SEED,
}


def request(project: Project, by: User) -> Job:
    """Ask for clusters of the documents as they are indexed now.

    Raises :class:`Conflict` while that is being done, before there is an index, above :data:`MOST_DOCUMENTS`, and in a
    closed project.
    """
    if project.index is None or not project.index.artifact:
        raise Conflict("The documents are not indexed yet. Look for clusters when the population is done.")
    if project.index.documents > MOST_DOCUMENTS:
        raise Conflict(f"Clusters are looked for among {MOST_DOCUMENTS:,} documents at most.")
    with transaction.atomic():
        locks.hold_open(project)
        if Job.objects.filter(project=project, kind=Job.Kind.CLUSTER, state__in=Job.OPEN).exists():
            raise Conflict("Clusters of this project are being looked for already.")
        audit.record(by, "clusters.request", project, project.workspace)
        return jobs.request(Job.Kind.CLUSTER, project.workspace, project=project, by=by)


def cluster(run: jobs.Run) -> None:
    """The job: group every document of the index, name the groups, and let them stand in for earlier ones."""
    project = run.project
    if project.index is None or not project.index.artifact:
        raise Conflict("The documents are not indexed yet. Look for clusters when the population is done.")
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    rows = indexing.matrix(artifacts.read(project.index.artifact))
    run.report("Looking for groups", 0, rows.shape[0])
    groups = clusters.find(rows, SEED, lambda done: run.report("Placing documents", done, rows.shape[0]))
    run.report("Naming groups", 0, groups.count)
    named = _named(project, rows, groups)
    artifact = artifacts.write({"group": groups.group, "closeness": groups.closeness})
    with transaction.atomic():
        Clustering.objects.create(
            project=project,
            index=project.index,
            artifact=artifact,
            groups=named,
            parameters=PARAMETERS,
            documents=int((groups.group >= 0).sum()),
        )
        run.finish(clusters=groups.count)
    _forget_earlier(project)


def latest(project: Project) -> Clustering | None:
    """The clusters that stand now, if any were looked for."""
    return project.clusterings.select_related("index").order_by("-id").first()


def members(project: Project, number: int) -> NDArray[np.int32]:
    """Ordinals of one cluster, the most typical first; raises :class:`NotFound` where there is no such cluster."""
    clustering = latest(project)
    if clustering is None or not 0 <= number < len(clustering.groups):
        raise NotFound("There is no such cluster. Clusters may have been looked for anew meanwhile.")
    return _members(clustering.artifact, number)


def _named(project: Project, rows: sparse.csr_array, groups: Groups) -> list[dict[str, Any]]:
    apart = clusters.means(rows, groups)
    sizes = np.bincount(groups.group[groups.group >= 0], minlength=groups.count)
    found = []
    for number in range(groups.count):
        typical = clusters.order(groups, number)[:TYPICAL]
        terms = clusters.name(apart[number], _terms(project, typical))
        found.append({"terms": list(terms), "documents": int(sizes[number])})
    return found


def _terms(project: Project, ordinals: NDArray[np.int32]) -> list[Mapping[str, int]]:
    texts = project.items.filter(ordinal__in=ordinals.tolist(), removed=False).order_by("ordinal")
    read = texts.values_list("document__title", "document__text")
    words = tokenizer()
    return [words.terms(title, text[:CHARACTERS]) for title, text in read]


def _forget_earlier(project: Project) -> None:
    standing = latest(project)
    assert standing is not None
    old = project.clusterings.exclude(pk=standing.pk)
    digests = list(old.values_list("artifact", flat=True))
    old.delete()
    files.remove_unused((("clustering", digest) for digest in digests), wait=False)


@lru_cache(maxsize=64)
def _members(artifact: str, number: int) -> NDArray[np.int32]:
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(artifact)
    return clusters.order(Groups(arrays["group"], arrays["closeness"], 0), number)
