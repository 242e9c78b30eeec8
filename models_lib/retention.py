"""Retention: what superseded versions leave on disk goes, unless they are pinned; their rows stay for ever (D11)."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from models_lib.models import DroppedFile, ModelVersion, Pin
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, files, jobs
from reviewapp.models import Project

KEEP = timedelta(hours=1)  # for so long somebody may still be looking at a version that was superseded, and pin it
AT_ONCE = 200


def retain(keep: timedelta = KEEP) -> int:
    """Drop the payloads of unpinned versions that were superseded longer ago than ``keep``; returns how many.

    The latest version of each kind stays, and so does the one that ranks a project's documents (U-03, U-04, U-05).
    What annotation projects have learned is small and stays, since any of it may be deployed later (J-50).
    While an archive of the workspace is being made all of them stay: it may be just about to read them.
    """
    dropped = 0
    while batch := _drop_some(keep):
        dropped += batch
    remove_files(keep)
    return dropped


def drop(versions: Sequence[ModelVersion]) -> None:
    """Forget the files of these versions, which the caller has locked; :func:`remove_files` takes them off the disk."""
    digests = {getattr(version, name) for version in versions for name in ModelVersion.FILES}
    DroppedFile.objects.bulk_create([DroppedFile(digest=digest) for digest in digests if digest], ignore_conflicts=True)
    blank = dict.fromkeys(ModelVersion.FILES, "")
    ModelVersion.objects.filter(pk__in=[version.pk for version in versions]).update(**blank)


def remove_files(keep: timedelta = KEEP) -> int:
    """Take dropped files off the disk that no row names and no training has just written again; returns how many.

    Equal versions share their files, so a dropped one may be in use by another. Where files are held for rows that
    are still being written, everything waits for the next time.
    """
    artifacts, removed = Artifacts(settings.ARTIFACTS_DIR), 0
    with transaction.atomic():
        for dropped in DroppedFile.objects.all() if files.lock(wait=False) else ():
            named = not files.unused([("version", dropped.digest)])
            gone = not named and artifacts.expire(dropped.digest, keep)
            removed += gone
            if named or gone:
                dropped.delete()
    return removed


def _drop_some(keep: timedelta) -> int:
    """One batch. What is pinned is asked after the rows are locked: a pin takes the same lock before it is written."""
    with transaction.atomic():
        rows = list(_superseded(keep).select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
        pinned = set(Pin.objects.filter(version__in=rows).values_list("version", flat=True))
        unpinned = [version for version in rows if version.pk not in pinned]
        drop(unpinned)
        for project, versions in groupby(unpinned, key=lambda version: version.project):
            numbers = [version.number for version in versions]
            audit.record(None, "version.retain", project, project.workspace, versions=numbers)
    return len(unpinned)


def _superseded(keep: timedelta) -> QuerySet[ModelVersion]:
    newer = ModelVersion.objects.filter(
        project=OuterRef("project"),
        kind=OuterRef("kind"),
        number__gt=OuterRef("number"),
        created_at__lte=timezone.now() - keep,
    )
    ranking = Project.objects.filter(version=OuterRef("pk"))
    archiving = jobs.archiving().filter(workspace=OuterRef("project__workspace"))
    rows = ModelVersion.objects.exclude(artifact="").filter(
        Exists(newer), ~Exists(ranking), ~Exists(archiving), pin=None, kind=ModelVersion.Kind.RELEVANCE
    )
    return rows.select_related("project__workspace").order_by("project", "pk")
