"""The search for near-duplicates: the texts of a project become groups of documents that say the same words."""

from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from reviewapp import env
from reviewapp.artifacts import ArrayWriter, Artifacts
from reviewapp.domain import audit, files, jobs
from reviewapp.models import NearDuplicates, Project
from training.core import duplicates
from training.core.duplicates import Sets
from training.core.tokens import TokenIds

DOCUMENTS_AT_A_TIME = 1_000
KEEP = 1  # searches whose files stay
PARAMETERS: dict[str, Any] = {
    "compared": "sets of words, without stop words, numbers and mail headers",
    "measure": "Jaccard index",
    "threshold": duplicates.THRESHOLD,
    "bands": duplicates.BANDS,
    "rows": duplicates.ROWS,
}


def group(run: jobs.Run) -> None:
    """Find the project's near-duplicates; what is written down is numbers of documents, no word of a text."""
    project = run.project
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    scratch = artifacts.scratch()
    try:
        sets = _read(run, project, scratch)
        signed = _sign(run, sets, scratch)
        run.report("Comparing candidates", len(sets), len(sets))
        found = duplicates.groups(sets, signed)
    finally:
        artifacts.discard(scratch)
    _publish(run, project, found, artifacts.write({"group": found}))


def _read(run: jobs.Run, project: Project, scratch: Path) -> Sets:
    """The word sets of all documents by ordinal, written aside so that they need not fit in memory."""
    writer, ids = ArrayWriter(scratch), TokenIds(env.secret("TOKEN_KEY"))
    writer.append("ids", np.empty(0), np.uint64)
    writer.append("ends", np.zeros(1), np.int64)
    read = total = 0
    while texts := _texts(project, read):
        words = [duplicates.word_ids(duplicates.content_words(text or title), ids) for title, text in texts]
        ends = total + np.cumsum([len(said) for said in words])
        writer.append("ids", np.concatenate(words), np.uint64)
        writer.append("ends", ends, np.int64)
        read, total = read + len(texts), int(ends[-1])
        run.report("Reading documents", read, max(project.documents, read))
    writer.close()
    return Sets(_mapped(scratch, "ids"), _mapped(scratch, "ends"))


def _sign(run: jobs.Run, sets: Sets, scratch: Path) -> NDArray[np.uint64]:
    writer, width = ArrayWriter(scratch), duplicates.BANDS * duplicates.ROWS
    writer.append("signatures", np.empty(0), np.uint64)
    for start in range(0, len(sets), DOCUMENTS_AT_A_TIME):
        stop = min(start + DOCUMENTS_AT_A_TIME, len(sets))
        writer.append("signatures", duplicates.signatures(sets, start, stop).ravel(), np.uint64)
        run.report("Signing", stop, len(sets))
    writer.close()
    return _mapped(scratch, "signatures").reshape(-1, width)


def _texts(project: Project, start: int) -> list[tuple[str, str]]:
    rows = project.items.filter(ordinal__gte=start, ordinal__lt=start + DOCUMENTS_AT_A_TIME).order_by("ordinal")
    return list(rows.values_list("document__title", "document__text"))


def _mapped(scratch: Path, name: str) -> NDArray[Any]:
    mapped: NDArray[Any] = np.load(scratch / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return mapped


def _publish(run: jobs.Run, project: Project, found: NDArray[np.int32], artifact: str) -> None:
    sizes = np.bincount(found, minlength=len(found))
    several = sizes[sizes > 1]
    counts = {"documents": len(found), "groups": len(several), "grouped": int(several.sum())}
    with transaction.atomic():
        run.finish(**counts)
        made = NearDuplicates.objects.create(
            project=project, job=run.job, artifact=artifact, parameters=PARAMETERS, **counts
        )
        audit.record(run.job.requested_by, "near_duplicates.publish", made, project.workspace, **counts)
    _forget_old(project)


def _forget_old(project: Project) -> None:
    """Drop the files of earlier searches; their rows stay."""
    old = list(project.duplicate_searches.exclude(artifact="").order_by("-id")[KEEP:])
    NearDuplicates.objects.filter(pk__in=[search.pk for search in old]).update(artifact="")
    files.remove_unused((("duplicates", search.artifact) for search in old), wait=False)
