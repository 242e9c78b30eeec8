"""Jobs: asked for in the transaction that gives the reason, run by whoever claims the row, finished by one holder.

The broker is never asked anything here. ``request`` notifies PostgreSQL; the beat process hears it and rings a worker.
Execution is at least once, the effect exactly once: ``Run.finish`` needs the token that the claim gave.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from models_lib import sealing
from reviewapp import logs
from reviewapp.domain import audit, health, uploads
from reviewapp.errors import Conflict, OutOfSpace, ReviewError
from reviewapp.models import Job, Project, User, Workspace

CHANNEL = "jobs"
STALE = timedelta(seconds=20)  # four signs of life missed
BEAT_SECONDS = 5.0
MAX_ATTEMPTS = 5
KEEP_SECRETS = timedelta(days=1)  # of a job that failed or was cancelled, so that it can be retried
ROOM_AGAIN = timedelta(minutes=1)  # until a job that found the disk full looks again
STORES = frozenset(
    {Job.Kind.POPULATE, Job.Kind.TRAIN, Job.Kind.SCORE, Job.Kind.CLUSTER, Job.Kind.GROUP, Job.Kind.EXPORT}
)  # what they write waits for room: nobody is there whom a refusal would tell to come again
COALESCED = (
    Job.Kind.TRAIN,
    Job.Kind.POPULATE,
    Job.Kind.CLUSTER,
    Job.Kind.GROUP,
    Job.Kind.DRIFT,
    Job.Kind.ORDER_TASKS,
)  # a newer one of the same project says all that an older one would

OF_OPEN_REVIEWS = (Job.Kind.POPULATE, Job.Kind.CLUSTER, Job.Kind.GROUP, Job.Kind.PREANNOTATE)  # they change a review


class Fenced(Exception):
    """Another worker holds this job now; whatever we did must not be written."""


class Cancelled(Exception):
    """Somebody asked to stop this job."""


class Run:
    """One worker's hold on a running job."""

    def __init__(self, job: Job, token: uuid.UUID) -> None:
        self.job = job
        self.token = token
        self._told: dict[str, Any] = {}
        self._stopped = False

    @property
    def workspace(self) -> Workspace:
        """The job's workspace."""
        assert self.job.workspace is not None
        return self.job.workspace

    @property
    def project(self) -> Project:
        """The job's project as it is now, with what hangs on it; raises :class:`Fenced` when it is deleted."""
        assert self.job.project_id is not None
        related = ("workspace", "index", "version", "snapshot", "linked_model")
        project = Project.objects.select_related(*related).filter(pk=self.job.project_id).first()
        if project is None:  # its jobs went with it, and so did the hold on this one
            raise Fenced(self.job.pk)
        return project

    def report(self, step: str, progress: int = 0, total: int = 0) -> None:
        """Show progress and stay alive; raises :class:`Fenced` or :class:`Cancelled` when the work must end.

        Call it outside of transactions, so that others see it.
        """
        changed = self._mine().update(step=step, progress=progress, total=total, heartbeat=timezone.now())
        if not changed:
            raise Fenced(self.job.pk)
        if self._mine().filter(cancel_requested=True).exists():
            raise Cancelled(self.job.pk)

    def log(self, lines: Sequence[str]) -> None:
        """Show what the work has said so far; it stays when the job fails, and :meth:`finish` replaces it."""
        self._mine().update(result={"lines": list(lines)})

    def tell(self, step: str, progress: int = 0, total: int = 0) -> None:
        """As :meth:`report`, inside of transactions too: the next sign of life shows it. Costs nothing.

        Raises :class:`Cancelled` when the work must end.
        """
        self._told = {"step": step, "progress": progress, "total": total}
        if self._stopped:
            raise Cancelled(self.job.pk)

    def beat(self) -> None:
        """Show a sign of life, and what was told since."""
        self._mine().update(heartbeat=timezone.now(), **self._told)
        self._stopped = self._mine().filter(cancel_requested=True).exists()

    def secret(self) -> bytes:
        """What was entrusted to the job; raises :class:`Conflict` when it is forgotten."""
        if self.job.secret is None:
            raise Conflict("The key for this is not kept for longer than a day. Ask for it again.")
        return sealing.unlock(bytes(self.job.secret), _purpose(self.job))

    def finish(self, **result: Any) -> None:
        """Close the job as done; call it inside the transaction that publishes the work, so both hold or neither."""
        self._end(Job.State.DONE, result=result, secret=None)

    def fail(self, reason: str) -> None:
        """Close the job as failed, with a reason for people."""
        self._end(Job.State.FAILED, error=reason)
        self.job.error = reason

    def cancel(self) -> None:
        """Close the job as cancelled."""
        self._end(Job.State.CANCELLED)

    def postpone(self, until: datetime, step: str) -> None:
        """Give the job back, to be taken again at that time; call it inside the transaction that says why."""
        waiting = {"token": None, "attempts": 0, "not_before": until, "step": step}
        if not self._mine().update(state=Job.State.QUEUED, **waiting):
            raise Fenced(self.job.pk)

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, token=self.token, state=Job.State.RUNNING)

    def _end(self, state: Job.State, **fields: Any) -> None:
        if not self._mine().update(state=state, finished_at=timezone.now(), **fields):
            raise Fenced(self.job.pk)
        ring(self.job.pk)


def request(
    kind: Job.Kind,
    workspace: Workspace | None,
    *,
    project: Project | None = None,
    by: User | None = None,
    sequence: int | None = None,
    secret: bytes | None = None,
    **parameters: Any,
) -> Job:
    """Ask for work; the row commits together with the caller's transaction, and only then is anybody told.

    The ``secret`` is kept sealed for this job alone and forgotten when it is done.
    """
    job = Job.objects.create(
        kind=kind, workspace=workspace, project=project, requested_by=by, sequence=sequence, parameters=parameters
    )
    if secret is not None:
        job.secret = sealing.lock(secret, _purpose(job))
        job.save(update_fields=["secret"])
    ring(job.pk)
    return job


def ring(pk: int) -> None:
    """Tell the beat process, at commit, that a job waits or ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(pk)])


def perform(pk: int, work: Callable[[Run], None], failed: Callable[[Job], None] | None = None) -> None:
    """Claim the job and do the work; a refusal or a fault ends it as failed with the reason.

    ``failed`` is called in the transaction that closes a failed job. When the database goes away the row stays
    *running*, its heartbeat grows old, and another worker takes it. What stores arrays waits while the disk is full.
    """
    run = claim(pk, failed)
    if run is not None:
        with suppress(Fenced), logs.of_job(run.job.pk):
            _perform(run, work, failed)


def _perform(run: Run, work: Callable[[Run], None], failed: Callable[[Job], None] | None) -> None:
    try:
        with _alive(run), _room(run.job):
            work(run)
    except Cancelled:
        run.cancel()
    except OutOfSpace as full:
        if run.job.kind not in STORES:
            _fail(run, full.message, failed)
        else:
            run.postpone(timezone.now() + ROOM_AGAIN, f"Waits for room on the disk. {full.message}"[:200])
    except ReviewError as refusal:
        _fail(run, refusal.message, failed)
    except (DatabaseError, Fenced):
        raise
    except Exception as fault:
        said = f"Unexpected fault ({type(fault).__name__}: {fault}). The worker's log has the details. You can retry."
        with suppress(Fenced):
            _fail(run, said, failed)
        raise


@contextmanager
def _room(job: Job) -> Iterator[None]:
    """Raise :class:`OutOfSpace` where there is no room for what the job stores, or for what it writes meanwhile."""
    try:
        if job.kind in STORES:
            uploads.check_space()
        yield
    except (OSError, DatabaseError) as fault:
        if not health.is_full(fault):
            raise
        raise OutOfSpace(health.NO_ROOM) from fault


def _fail(run: Run, reason: str, failed: Callable[[Job], None] | None) -> None:
    with transaction.atomic():
        run.fail(reason)
        if failed is not None:
            failed(run.job)


@contextmanager
def _alive(run: Run) -> Iterator[None]:
    """Show signs of life beside the work, however long a single step of it takes.

    A worker that is killed or frozen shows none, and loses the job after :data:`STALE`.
    """
    ended = Event()

    def beat() -> None:
        try:
            while not ended.wait(BEAT_SECONDS):
                run.beat()
        finally:
            connection.close()

    heart = Thread(target=beat, name=f"heartbeat of job {run.job.pk}", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def claim(pk: int, failed: Callable[[Job], None] | None = None) -> Run | None:
    """Take the job, or None when it is not to be had: ended, held by a live worker, its project busy or locked.

    ``failed`` is called for a job that is given up.
    """
    try:
        with transaction.atomic():
            job = _claimable(pk)
            if job is None:
                return None
            if job.attempts >= MAX_ATTEMPTS:
                _give_up(job)
                if failed is not None:
                    failed(job)
                return None
            return _take(job)
    except IntegrityError:  # one_running_a_kind: the project's running job comes first, beat rings again after it
        return None


def _claimable(pk: int) -> Job | None:
    asked = Job.objects.filter(pk=pk).first()
    if asked is None or (asked.kind == Job.Kind.TRAIN and _is_locked(asked)):
        return None
    stale = Q(state=Job.State.RUNNING, heartbeat__lt=timezone.now() - STALE)
    rows = Job.objects.select_for_update(skip_locked=True).filter(_due() | stale)
    if asked.kind in COALESCED and asked.state == Job.State.QUEUED:
        return rows.filter(project=asked.project_id, kind=asked.kind, state=Job.State.QUEUED).order_by("-id").first()
    return rows.filter(pk=pk).first()


def _is_locked(job: Job) -> bool:
    """Whether the model of the job's project is held. Under the project's lock, so that nobody locks it meanwhile."""
    projects = Project.objects.select_for_update(of=("self",), no_key=True).filter(jobs=job)
    return any(project.is_locked for project in projects)


def _take(job: Job) -> Run:
    now = timezone.now()
    job.state, job.token, job.heartbeat = Job.State.RUNNING, uuid.uuid4(), now
    job.attempts += 1
    job.started_at = job.started_at or now
    job.save(update_fields=["state", "token", "heartbeat", "attempts", "started_at"])
    if job.kind in COALESCED:
        older = Job.objects.filter(project=job.project_id, kind=job.kind, state=Job.State.QUEUED, id__lt=job.pk)
        older.update(state=Job.State.SUPERSEDED, finished_at=now, result={"superseded_by": job.pk})
    assert job.token is not None
    return Run(job, job.token)


def _give_up(job: Job) -> None:
    job.state, job.finished_at = Job.State.FAILED, timezone.now()
    job.error = (
        f"The worker stopped {job.attempts} times while doing this. An operator should look at the worker's log."
    )
    job.save(update_fields=["state", "finished_at", "error"])


def cancel(job: Job, by: User) -> None:
    """Stop a job: at once while it waits, at its next step while it runs.

    Raises :class:`Conflict` when it has ended, and for a rollback.
    """
    if job.kind == Job.Kind.ROLL_BACK:
        raise Conflict("A rollback is not stopped half-way. Let it end, and roll back to the version before it.")
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED)
        running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
        stopped = waiting.update(state=Job.State.CANCELLED, finished_at=timezone.now())
        if not stopped and not running.update(cancel_requested=True):
            raise Conflict("This job has ended already.")
        audit.record(by, "job.cancel", job, job.workspace)


def retry(job: Job, by: User) -> None:
    """Queue a failed or cancelled job again; :class:`Conflict` for any other, and for work of a closed review."""
    if job.project and job.project.is_closed and job.kind in OF_OPEN_REVIEWS:
        raise Conflict(f"The project is {job.project.state}, so nothing in it changes. A manager can reopen it.")
    ended = Job.objects.filter(pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED])
    with transaction.atomic():
        fresh = {"attempts": 0, "error": "", "cancel_requested": False, "finished_at": None, "token": None, "step": ""}
        if not ended.update(state=Job.State.QUEUED, not_before=None, **fresh):
            raise Conflict("Only a failed or cancelled job can be retried.")
        audit.record(by, "job.retry", job, job.workspace)
        ring(job.pk)


def archiving() -> QuerySet[Job]:
    """The archives that are just being made; they may be about to read any file that their workspace's rows name."""
    return Job.objects.filter(kind=Job.Kind.ARCHIVE, state=Job.State.RUNNING)


def forget_secrets() -> int:
    """Wipe what was entrusted to jobs that ended long ago without being done; returns how many there were."""
    ended = Job.objects.exclude(state__in=Job.OPEN).filter(finished_at__lt=timezone.now() - KEEP_SECRETS)
    return ended.exclude(secret=None).update(secret=None)


def waiting() -> list[tuple[int, str]]:
    """``(id, kind)`` of every job that a worker should be rung for: queued, or running without a sign of life.

    Trainings of a project whose model is locked wait on.
    """
    stale = Q(state=Job.State.RUNNING, heartbeat__lt=timezone.now() - STALE)
    held = Q(project__validation__isnull=False) | Q(project__rolling_back__isnull=False)
    locked = held | Q(project__state__in=Project.CLOSED)
    rows = Job.objects.filter(state__in=Job.OPEN).filter(_due() | stale).exclude(locked, kind=Job.Kind.TRAIN)
    return list(rows.order_by("id").values_list("id", "kind"))


def _due() -> Q:
    return Q(state=Job.State.QUEUED) & (Q(not_before=None) | Q(not_before__lte=timezone.now()))


def _purpose(job: Job) -> str:
    return f"job {job.pk}"
