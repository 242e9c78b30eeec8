"""Statistics of a review: computed from completions, versions and snapshots when somebody looks, never stored.

Every figure is one statement that groups in the database: a page costs the same few queries at any size.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from numpy.typing import NDArray

from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import leases, locks
from reviewapp.models import CODED, MINIMUM_PER_CLASS, Decision, Job, Project, Reason, User

BINS = 20  # of rank, 5 points each
# Documents in one point of the curves, by how many are coded at most: fine while there is little to see, then per 200.
WINDOWS = ((100, 10), (400, 20), (1000, 25), (2000, 50), (4000, 100))
LARGEST_WINDOW = 200
LONGEST_LOOK = 600  # seconds; a document that was open for longer was not read all that time
BY_RANK = (Reason.HIGH_RANK, Reason.COVERAGE)
TAKEN_WITHIN = timedelta(seconds=20)
LOOPS = (Job.Kind.POPULATE, Job.Kind.TRAIN)

READING = """
WITH opened AS (
  SELECT DISTINCT ON (item_id) item_id, id, served_reason FROM reviewapp_completion
  WHERE project_id = %(project)s AND decision = ANY(%(coded)s) ORDER BY item_id, id
), reading AS (
  SELECT row_number() OVER (ORDER BY opened.id) - 1 AS place, opened.served_reason, pd.decision
  FROM opened JOIN reviewapp_projectdocument pd ON pd.id = opened.item_id
  WHERE pd.decision = ANY(%(coded)s) AND NOT pd.removed
)
SELECT place / %(window)s AS point, served_reason, count(*), count(*) FILTER (WHERE decision = %(positive)s)
FROM reading GROUP BY 1, 2 ORDER BY 1, 2
"""
REVIEWERS = """
SELECT c.reviewer_id, c.served_reason, count(*),
       count(*) FILTER (WHERE c.decision = %(positive)s),
       count(*) FILTER (WHERE c.decision = %(skipped)s),
       count(*) FILTER (WHERE later.reviewer_id <> c.reviewer_id AND later.decision <> c.decision
                          AND later.decision = ANY(%(coded)s)),
       count(*) FILTER (WHERE c.served_at IS NOT NULL),
       coalesce(sum(least(extract(epoch FROM c.created_at - c.served_at), %(longest)s)), 0),
       max(c.created_at)
FROM reviewapp_completion c LEFT JOIN reviewapp_completion later ON later.supersedes_id = c.id
WHERE c.project_id = %(project)s AND c.decision <> %(withdrawn)s AND later.decision IS DISTINCT FROM %(withdrawn)s
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Progress:
    """How far a review is, in documents."""

    documents: int
    positives: int
    negatives: int
    neutrals: int
    skipped: int
    checked_out: int

    @property
    def coded(self) -> int:
        """Documents with a decision; neutral counts, skipped does not (D5)."""
        return self.positives + self.negatives + self.neutrals

    @property
    def open(self) -> int:
        """Documents that nobody has decided on or skipped; those checked out are among them."""
        return max(self.documents - self.coded - self.skipped, 0)

    @property
    def share(self) -> float:
        """Coded documents of all, 0 to 100."""
        return 100 * self.coded / self.documents if self.documents else 0.0


@dataclass(frozen=True)
class Waiting:
    """What the current version has not counted yet, and what happens next (B-08)."""

    decisions: int
    until_due: int
    version: ModelVersion | None
    missing_positives: int  # until a model can be built; a linked model makes up for what is not coded here
    missing_negatives: int
    linked: bool
    jobs: tuple[Job, ...]
    failed: Job | None
    lock: str = ""

    @property
    def job(self) -> Job | None:
        """The population or training that runs, else the one that waits."""
        return next((job for job in self.jobs if job.state == Job.State.RUNNING), self.jobs[0] if self.jobs else None)

    @property
    def untaken(self) -> Job | None:
        """The job that no worker has taken for longer than a living one needs."""
        job = self.job
        if self.lock and job and job.kind == Job.Kind.TRAIN:
            return None
        late = job is not None and timezone.now() - job.created_at > TAKEN_WITHIN
        return job if job and late and job.state == Job.State.QUEUED else None

    @property
    def due_at(self) -> int:
        """The number of uncounted decisions at which the next training starts by itself."""
        return self.decisions + self.until_due

    @property
    def trainable(self) -> bool:
        """Whether a model can be built at all (R-17, R-52)."""
        return not (self.missing_positives or self.missing_negatives)

    @property
    def local_documents(self) -> int:
        """Documents coded here that the current version was trained on."""
        version = self.version
        return int(version.metrics.get("local_documents", self._trained_on)) if version else 0

    @property
    def linked_documents(self) -> int:
        """Documents of a linked model that the current version was trained on."""
        return self._trained_on - self.local_documents

    @property
    def _trained_on(self) -> int:
        return self.version.positives + self.version.negatives if self.version else 0

    @property
    def training(self) -> bool:
        """Whether a training waits or runs, so that no other can be asked for (J-07)."""
        return any(job.kind == Job.Kind.TRAIN for job in self.jobs)


@dataclass(frozen=True)
class Own:
    """What one person coded in a project: since midnight, and altogether."""

    today: int
    total: int


@dataclass(frozen=True)
class Served:
    """Documents served for one reason, and how many of them are relevant."""

    reason: str
    documents: int
    positives: int

    @property
    def rate(self) -> float:
        """Relevant documents of those served, 0 to 100."""
        return 100 * self.positives / self.documents if self.documents else 0.0

    @property
    def label(self) -> str:
        return str(Reason(self.reason).label)


@dataclass(frozen=True)
class Reading:
    """The coded documents in the order in which they were first coded, in windows of equal size (B-07).

    ``windows[i]`` holds one entry a reason; the last window may not be full.
    """

    size: int
    windows: tuple[tuple[Served, ...], ...]

    def gain(self) -> list[tuple[int, int]]:
        """``(documents coded, positives found)`` at the end of every window, from (0, 0)."""
        points = [(0, 0)]
        for window in self.windows:
            coded, found = points[-1]
            points.append((coded + sum(s.documents for s in window), found + sum(s.positives for s in window)))
        return points

    def rate(self, *reasons: str) -> list[tuple[int, Served]]:
        """Per window that has any, the documents served for these reasons; with where the window ends."""
        ends = self.gain()[1:]
        picked = ((end, _together(window, reasons)) for (end, _), window in zip(ends, self.windows, strict=True))
        return [(end, served) for end, served in picked if served.documents]

    def by_reason(self) -> list[Served]:
        """All windows together, one entry a reason, most frequent first."""
        totals = [_together(tuple(s for w in self.windows for s in w), (reason,)) for reason in Reason.values]
        return sorted((s for s in totals if s.documents), key=lambda s: -s.documents)


@dataclass(frozen=True)
class RankDistribution:
    """Documents by rank, split by state; every list has :data:`BINS` numbers, from rank 0 to 100."""

    version: int
    documents: int
    states: Mapping[str, tuple[int, ...]]


@dataclass
class Reviewer:
    """What one person did in a project; withdrawn answers do not count."""

    user: User
    completions: int = 0
    positives: int = 0
    skipped: int = 0
    overturned: int = 0
    timed: int = 0
    seconds: float = 0.0
    last: datetime | None = None
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def pace(self) -> float | None:
        """Documents an hour of reading; a look counts for at most :data:`LONGEST_LOOK` seconds."""
        return 3600 * self.timed / self.seconds if self.seconds else None

    @property
    def coded(self) -> int:
        return self.completions - self.skipped

    @property
    def rate(self) -> float:
        """Relevant of what they coded, 0 to 100."""
        return 100 * self.positives / self.coded if self.coded else 0.0

    def share(self, *reasons: str) -> float:
        """Of their completions, those served for these reasons, 0 to 100."""
        return 100 * sum(self.reasons.get(reason, 0) for reason in reasons) / self.completions

    @property
    def health_share(self) -> float:
        return self.share(Reason.INDEX_HEALTH)

    @property
    def control_share(self) -> float:
        return self.share(Reason.RANDOM_CONTROL)


def progress(project: Project) -> Progress:
    """The project's exact counters and what is checked out now."""
    return Progress(
        documents=project.documents,
        positives=project.positives,
        negatives=project.negatives,
        neutrals=project.neutrals,
        skipped=project.skipped,
        checked_out=leases.checked_out(project),
    )


def waiting(project: Project) -> Waiting:
    """Decisions that the current version has not seen, when the next training is due, and the job in between."""
    version = project.version
    counted = version.completions if version else 0
    needed = 0 if project.linked_model_id else MINIMUM_PER_CLASS
    return Waiting(
        decisions=max(project.completions - counted, 0),
        until_due=max(project.every_n - (project.completions - project.counted), 0),
        version=version,
        missing_positives=max(needed - project.training_positives, 0),
        missing_negatives=max(needed - project.training_negatives, 0),
        linked=project.linked_model_id is not None,
        jobs=tuple(Job.objects.filter(project=project, kind__in=LOOPS, state__in=Job.OPEN).order_by("id")),
        failed=_last_failure(project),
        lock=locks.reason(project),
    )


def reading(project: Project) -> Reading:
    """The coded documents in reading order; a recoded one stands where it was first read, as it is decided now."""
    size = next((window for most, window in WINDOWS if project.coded <= most), LARGEST_WINDOW)
    values = {"project": project.pk, "window": size, "coded": list(CODED), "positive": Decision.POSITIVE.value}
    windows: dict[int, list[Served]] = {}
    for point, reason, documents, positives in _rows(READING, values):
        windows.setdefault(point, []).append(Served(reason, documents, positives))
    return Reading(size, tuple(tuple(windows[point]) for point in sorted(windows)))


def rank_distribution(project: Project) -> RankDistribution | None:
    """Documents by the rank that the current version gives them; None before the first version."""
    version = project.version
    if project.snapshot is None or version is None:
        return None
    scores = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)["scores"]
    bins = np.minimum((np.asarray(scores) * BINS).astype(np.int64), BINS - 1)
    settled = {state: _histogram(bins, ordinals) for state, ordinals in _settled(project)}
    nobody = np.zeros(BINS, np.int64)
    everything = np.bincount(bins, minlength=BINS) - settled.pop(-1)
    undecided = everything - sum(settled.values(), nobody)
    states = {
        "positive": settled.get(Decision.POSITIVE, nobody),
        "negative": settled.get(Decision.NEGATIVE, nobody),
        "neutral": settled.get(Decision.NEUTRAL, nobody),
        "skipped": settled.get(Decision.SKIPPED, nobody),
        "unreviewed": undecided,
    }
    return RankDistribution(
        version=version.number,
        documents=int(everything.sum()),
        states={name: tuple(counts.tolist()) for name, counts in states.items()},
    )


def reviewers(project: Project) -> list[Reviewer]:
    """Everybody who coded here, busiest first."""
    values = {
        "project": project.pk,
        "positive": Decision.POSITIVE.value,
        "skipped": Decision.SKIPPED.value,
        "withdrawn": Decision.WITHDRAWN.value,
        "coded": list(CODED),
        "longest": LONGEST_LOOK,
    }
    rows = list(_rows(REVIEWERS, values))
    people = User.objects.in_bulk({row[0] for row in rows})
    found = {pk: Reviewer(user) for pk, user in people.items()}
    for pk, reason, completions, positives, skipped, overturned, timed, seconds, last in rows:
        person = found[pk]
        person.completions += completions
        person.positives += positives
        person.skipped += skipped
        person.overturned += overturned
        person.timed += timed
        person.seconds += float(seconds)
        person.last = max(person.last or last, last)
        person.reasons[reason] = completions
    return sorted(found.values(), key=lambda person: -person.completions)


def own(project: Project, reviewer: User) -> Own:
    """The decisions of one reviewer that stand, second looks among them."""
    stands = Q(item__current=F("pk")) | Q(look__isnull=False)
    standing = project.answers.filter(stands, reviewer=reviewer, decision__in=CODED)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    counts = standing.aggregate(total=Count("pk"), today=Count("pk", filter=Q(created_at__gte=midnight)))
    return Own(**counts)


def versions(project: Project, limit: int = 10) -> list[ModelVersion]:
    """The newest model versions, newest first."""
    return list(project.versions.order_by("-number")[:limit])


def recent_jobs(project: Project, limit: int = 3) -> list[Job]:
    """The project's last populations and trainings, newest first; those that a newer one stood in for are left out."""
    rows = Job.objects.filter(project=project, kind__in=LOOPS).exclude(state=Job.State.SUPERSEDED)
    return list(rows.order_by("-id")[:limit])


def head(project: Project) -> str:
    """Changes whenever one of the figures above may have changed; costs two look-ups."""
    last = project.answers.aggregate(last=Max("pk"))["last"] or 0
    return f"{last}-{project.snapshot_id or 0}-{project.documents}"


def _last_failure(project: Project) -> Job | None:
    """The last ended population or training, where that one failed: a later success has made up for it."""
    for kind in LOOPS:
        ended = Job.objects.filter(project=project, kind=kind, state__in=(Job.State.DONE, Job.State.FAILED))
        last = ended.order_by("-id").first()
        if last and last.state == Job.State.FAILED:
            return last
    return None


def _together(window: tuple[Served, ...], reasons: tuple[str, ...]) -> Served:
    picked = [served for served in window if served.reason in reasons]
    return Served(reasons[0], sum(s.documents for s in picked), sum(s.positives for s in picked))


def _settled(project: Project) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Ordinals by decision, -1 for removed documents; one array a decision, so that Python sees no rows."""
    settled = project.items.order_by().exclude(decision=None, removed=False).values("removed", "decision")
    groups = settled.annotate(ordinals=ArrayAgg("ordinal")).values_list("removed", "decision", "ordinals")
    removed: list[int] = []
    for gone, decision, ordinals in groups:
        if gone:
            removed += ordinals
        elif decision is not None:
            yield decision, np.array(ordinals, np.int64)
    yield -1, np.array(removed, np.int64)


def _histogram(bins: NDArray[np.int64], ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of these documents fall into each bin; those that came after the snapshot have no rank."""
    return np.bincount(bins[ordinals[ordinals < len(bins)]], minlength=BINS)


def _rows(statement: str, values: Any) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor.fetchall()
