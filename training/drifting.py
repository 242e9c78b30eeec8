"""Drift watch: are the documents that came with an import unlike what the model was trained on?"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray
from scipy import sparse

from models_lib.models import DriftLook, ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, indexes, jobs, webhooks
from reviewapp.models import Event, Job, Project
from training import datasets, indexing
from training.core import holdout, novelty
from training.core.novelty import Drift
from training.core.relevance import RelevanceModel

MOST = 5_000  # documents of each side that are measured, evenly over all
RULE = (
    "A document is strange when more of its weight lies on words that no training document has than in 95 % of the "
    "documents that were there before and did not train, without those of earlier drift. By chance that is 1 in 20. "
    "Drift is found when surely more than 1 in 10 of the new documents are strange: when the lower end of the exact "
    "95 % interval (Clopper–Pearson) is above 10 %. This takes the new documents for a random sample of what is to "
    "come. At least 20 new documents are gathered for a look."
)


def look(run: jobs.Run) -> None:
    """Compare what came since the last look with what was there before, and tell when drift begins.

    The work is bounded: :data:`MOST` documents of each side.
    """
    project = run.project
    version, index = project.version, project.index
    if version is None or not version.artifact or index is None or not index.artifact:
        run.finish(outcome="no model to compare with")
        return
    indexes.require_ours(index)
    run.report("Comparing with the training")
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(index.artifact)
    rows = indexing.matrix(arrays)
    first = _first(project, run.job.parameters["first"])
    found = _measure(rows, first, version, _usual(project, version, first, arrays))
    if found is None:
        run.finish(outcome="too few new documents so far")
        return
    with transaction.atomic():
        made = _keep(project, version, first, rows.shape[0] - first, found)
        run.finish(outcome="drift found" if made.found else "no drift", documents=made.documents)


def _first(project: Project, asked: int) -> int:
    """The first document that no look has covered."""
    last = project.drift_looks.first()
    if last is not None:
        return last.first + last.documents
    earlier = (
        project.jobs.filter(kind=Job.Kind.DRIFT).order_by("id").values_list("parameters__first", flat=True).first()
    )
    return asked if earlier is None else min(earlier, asked)


def _usual(
    project: Project, version: ModelVersion, first: int, arrays: Mapping[str, NDArray[Any]]
) -> NDArray[np.bool_]:
    """What the new documents are compared with: those before them that did not train what looks at them.

    Drift does not become usual by lasting.
    """
    usual = np.ones(first, bool)
    coded = project.items.filter(decision__in=datasets.TRAINS, ordinal__lt=first).values_list("ordinal", flat=True)
    usual[np.fromiter(coded, np.int64)] = False
    if version.held_out:
        usual |= np.asarray(arrays["sides"][:first]) == holdout.HELD_OUT
    for start, documents in project.drift_looks.filter(found=True).values_list("first", "documents"):
        usual[start : start + documents] = False
    return usual


def _measure(rows: sparse.csr_array, first: int, version: ModelVersion, usual: NDArray[np.bool_]) -> Drift | None:
    """Look with the sibling that has not seen the held-out documents, where there is one."""
    model = RelevanceModel.from_arrays(Artifacts(settings.ARTIFACTS_DIR).read(version.held_out or version.artifact))
    filled = np.diff(rows.indptr) > 0  # removed documents, and those without words, are empty
    known, new = _some(np.flatnonzero(filled[:first] & usual)), _some(first + np.flatnonzero(filled[first:]))
    return novelty.drift(novelty.unseen(rows[known], model.buckets), novelty.unseen(rows[new], model.buckets))


def _some(ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(ordinals) <= MOST:
        return ordinals
    return ordinals[np.linspace(0, len(ordinals) - 1, MOST).round().astype(np.int64)]


def _keep(project: Project, version: ModelVersion, first: int, documents: int, found: Drift) -> DriftLook:
    """Write the look down; webhooks ring when it found drift and the one before did not."""
    before = project.drift_looks.first()
    made = DriftLook.objects.create(
        project=project,
        version=version,
        first=first,
        documents=documents,
        looked_at=found.documents,
        strange=found.strange,
        limit=found.limit,
        share=found.share,
        low=found.low,
        high=found.high,
        found=found.found,
    )
    facts = {"documents": documents, "share": round(found.share, 4), "found": found.found}
    audit.record(None, "drift.look", made, project.workspace, **facts)
    if made.found and not (before and before.found):
        told = {"project": project.pk, "version": version.number, "documents": documents, "share": facts["share"]}
        webhooks.tell(Event.DRIFT_FOUND, project.workspace, **told)
    return made
