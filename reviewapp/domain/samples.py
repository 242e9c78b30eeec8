"""Samples: documents drawn at random, which the queue hands out before all others and without their rank.

A drawn document *awaits* its sample until it is coded or skipped; that stands on its row in the project, beside the
lease. Whoever draws locks rows of documents before the project's, as coding does.
"""

import secrets
from collections.abc import Mapping, Sequence

import numpy as np
from django.db import transaction
from django.db.models import Q
from numpy.typing import NDArray

from reviewapp.models import Decision, Project, ProjectDocument, Sample, SampledDocument, User

UNDECIDED = (None, Decision.SKIPPED)
# Documents of a sample that is being coded, by how far they are.
LEFT = Q(item__removed=False) & (Q(item__awaits__isnull=False) | Q(item__decision=None))
DONE = Q(item__removed=False, item__awaits=None)
SKIPPED = DONE & Q(item__decision=Decision.SKIPPED)
RELEVANT = DONE & Q(item__decision=Decision.POSITIVE)


def draw(
    project: Project,
    purpose: Sample.Purpose,
    by: User,
    piles: Mapping[str, NDArray[np.int64]],
    sizes: Mapping[str, int],
) -> Sample:
    """Draw so many documents (``sizes``) from each pile of ordinals, all equally likely, and have them coded.

    Call it in a transaction that then locks the project and sets ``sampling``.
    """
    sample = Sample.objects.create(project=project, purpose=purpose, seed=secrets.token_hex(16), created_by=by)
    chance = np.random.default_rng(int(sample.seed, 16))
    for stratum, pile in piles.items():
        drawn = np.sort(chance.choice(pile, sizes[stratum], replace=False))
        _add(sample, stratum, sizes[stratum] / max(len(pile), 1), drawn.tolist())
    return sample


def release(sample: Sample) -> None:
    """Nothing waits for this sample any more; what was not coded goes back to the queue."""
    ProjectDocument.objects.filter(project=sample.project_id, awaits=sample).update(awaits=None)


def settle(project: Project) -> None:
    """Stop looking for drawn documents when none is left; what others hold may still come back."""
    waiting = project.items.filter(awaits__isnull=False)
    if waiting.exists():
        return
    with transaction.atomic():
        # Asked again under the lock: a draw that was committed meanwhile is seen by the second question.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if not waiting.exists():
            Project.objects.filter(pk=project.pk).update(sampling=False)
    project.sampling = False


def reopen(project: Project, item: ProjectDocument) -> None:
    """The document's decision was taken back: where a sample that is being coded holds it, it awaits that again."""
    held = SampledDocument.objects.filter(item=item, sample__in=_being_coded(project)).last()
    if held is not None:
        ProjectDocument.objects.filter(pk=item.pk).update(awaits=held.sample_id)
        Project.objects.filter(pk=project.pk).update(sampling=True)


def _being_coded(project: Project) -> list[int]:
    return [held.sample_id for held in (project.validation, project.control_set) if held]


def _add(sample: Sample, stratum: str, probability: float, ordinals: Sequence[int]) -> None:
    rows = ProjectDocument.objects.filter(project=sample.project_id, ordinal__in=ordinals)
    items = list(rows.select_for_update().order_by("pk").values_list("pk", "decision"))
    SampledDocument.objects.bulk_create(
        (SampledDocument(sample=sample, item_id=pk, stratum=stratum, probability=probability) for pk, _ in items),
        batch_size=5_000,
    )
    # Whoever was faster than the lock has coded a document of the sample already, and need not do so again.
    open_ = [pk for pk, decision in items if decision in UNDECIDED]
    rows.filter(pk__in=open_, awaits=None).update(awaits=sample)
