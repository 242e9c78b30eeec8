"""How the whole server does: work that waits, leases, trainings behind, room on the disk, and what to do about it."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from reviewapp.domain import chain, health, jobs, uploads
from reviewapp.models import Heartbeat, Job, ProjectDocument

LATELY = timedelta(days=1)
LONG_WAIT = timedelta(minutes=5)  # of a job that nothing holds back
OVERDUE = timedelta(minutes=1)  # beat frees expired leases every second


@dataclass(frozen=True)
class Work:
    """The jobs of one kind: counts, and how long the oldest that could start waits already."""

    kind: Job.Kind
    waiting: int
    running: int
    failed: int  # lately
    oldest: timedelta


@dataclass(frozen=True)
class Leases:
    """Documents in reviewers' hands: how many, since when the oldest, and how many beat should have freed."""

    live: int
    oldest: timedelta
    overdue: int


@dataclass(frozen=True)
class Reading:
    """The server at one moment."""

    work: tuple[Work, ...]
    leases: Leases
    processes: Mapping[str, timedelta]  # how long ago each was seen
    unsealed: int  # events of the audit trail
    free: int  # bytes
    floor: int  # bytes, below which uploads are refused

    @property
    def training_lag(self) -> timedelta:
        """How long the oldest due training waits for a worker."""
        return next((work.oldest for work in self.work if work.kind == Job.Kind.TRAIN), timedelta())

    def problems(self) -> Iterator[str]:
        """What is wrong, each with what to do."""
        yield from health.check().problems
        for work in self.work:
            if work.oldest > LONG_WAIT:
                waited = work.oldest.total_seconds() / 60
                yield (
                    f"{work.kind.label}: a job waits for {waited:.0f} minutes. Every worker is busy or stuck: look at "
                    "the running jobs below, or start another worker."
                )
        if self.leases.overdue:
            yield (
                f"{self.leases.overdue} documents are still in the hands of reviewers whose time ran out. "
                "The beat process frees them: restart it."
            )
        if self.free < self.floor:
            yield f"The disk is almost full, and uploads are refused. Make room on the disk of {settings.DATA_DIR}."


def read() -> Reading:
    """Look at everything; a handful of statements, however much there is."""
    now = timezone.now()
    disk = shutil.disk_usage(settings.DATA_DIR)
    seen = Heartbeat.objects.order_by("name").values_list("name", "at")
    return Reading(
        tuple(_work(now)),
        _leases(now),
        {name: now - at for name, at in seen},
        chain.unsealed(),
        disk.free,
        uploads.floor(disk.total),
    )


def lately() -> datetime:
    """Since when a failure still counts."""
    return timezone.now() - LATELY


def _work(now: datetime) -> Iterator[Work]:
    """One statement; a job that waits for its time or for a locked model keeps nobody waiting."""
    held = Q(pk__in=[pk for pk, _ in jobs.waiting()])
    queued, running = Q(state=Job.State.QUEUED), Q(state=Job.State.RUNNING)
    failed = Q(state=Job.State.FAILED, finished_at__gte=lately())
    counted = Job.objects.filter(queued | running | failed).order_by("kind").values("kind")
    for row in counted.annotate(
        waiting=Count("pk", filter=queued),
        running=Count("pk", filter=running),
        failed=Count("pk", filter=failed),
        since=Min(Coalesce("not_before", "created_at"), filter=queued & held),
    ):
        oldest = now - row["since"] if row["since"] else timedelta()
        yield Work(Job.Kind(row["kind"]), row["waiting"], row["running"], row["failed"], oldest)


def _leases(now: datetime) -> Leases:
    held = ProjectDocument.objects.filter(leased_until__isnull=False)
    found = held.aggregate(
        live=Count("pk", filter=Q(leased_until__gte=now)),
        since=Min("leased_at"),
        overdue=Count("pk", filter=Q(leased_until__lt=now - OVERDUE)),
    )
    return Leases(found["live"], now - found["since"] if found["since"] else timedelta(), found["overdue"])
