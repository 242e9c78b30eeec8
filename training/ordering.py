"""The order of an annotation queue: the newest models say of which documents they are least sure."""

from collections.abc import Iterator, Sequence

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, files, jobs
from reviewapp.domain.task_orders import MOST_ASKED
from reviewapp.models import Project, ProjectDocument, TaskOrdering
from training import annotations
from training.annotation.ordering import unsure
from training.core import uncertainty

AT_ONCE = 200  # documents


def newest(project: Project) -> dict[str, ModelVersion]:
    """The newest version of each kind and group that has its payload, by name."""
    rows = project.versions.exclude(kind=ModelVersion.Kind.RELEVANCE).exclude(artifact="").order_by("pk")
    found = {(version.kind, version.parameters["group"]): version for version in rows}
    return {version.name: version for version in found.values()}


def order(run: jobs.Run) -> None:
    """The job: put what nobody has annotated in the order in which it teaches most, in place of an earlier order."""
    project = run.project
    found = newest(project)
    if not found:
        run.finish(outcome="no model yet: tasks come at random")
        return
    ordinals = _asked(project, max(version.pk for version in found.values()))
    measured = uncertainty.together(_measured(run, project, found, ordinals))
    places = uncertainty.order(measured)
    artifact = Artifacts(settings.ARTIFACTS_DIR).write(
        {"order": ordinals[places].astype(np.int32), "unsure": measured[places].astype(np.float32)}
    )
    before = list(TaskOrdering.objects.filter(project=project).values_list("artifact", flat=True))
    with transaction.atomic():
        said = {"artifact": artifact, "versions": sorted(found), "documents": len(ordinals)}
        made, _ = TaskOrdering.objects.update_or_create(
            project=project, defaults={**said, "created_at": timezone.now()}
        )
        audit.record(None, "tasks.order", project, project.workspace, versions=made.versions, documents=made.documents)
        run.finish(documents=made.documents, models=made.versions)
    files.remove_unused((("task_ordering", digest) for digest in before), wait=False)


def _asked(project: Project, seed: int) -> NDArray[np.int64]:
    """The documents to ask about, in their order: all that nobody has annotated, or a random draw of them."""
    rows = project.items.filter(removed=False, decision=None).order_by("ordinal").values_list("ordinal", flat=True)
    everything = np.fromiter(rows, np.int64)
    if len(everything) <= MOST_ASKED:
        return everything
    return np.sort(np.random.default_rng(seed).choice(everything, MOST_ASKED, replace=False))


def _measured(
    run: jobs.Run, project: Project, found: dict[str, ModelVersion], ordinals: NDArray[np.int64]
) -> list[NDArray[np.float64]]:
    """How unsure each model is of each document."""
    models = {name: annotations.load(version) for name, version in found.items()}
    pieces = []
    for done, items in _pieces(project, ordinals):
        run.report("Asking the models", done, len(ordinals))
        pieces.append(unsure(models, [annotations.task(item) for item in items], annotations.keyed()))
    return [np.concatenate(kind) for kind in zip(*pieces, strict=True)]


def _pieces(project: Project, ordinals: NDArray[np.int64]) -> Iterator[tuple[int, Sequence[ProjectDocument]]]:
    for start in range(0, len(ordinals), AT_ONCE):
        rows = project.items.select_related("document").filter(ordinal__in=ordinals[start : start + AT_ONCE].tolist())
        yield start, list(rows.order_by("ordinal"))
