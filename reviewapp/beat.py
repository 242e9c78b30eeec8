"""Beat: hears of waiting jobs, rings Celery's workers, and tidies up once a second.

It is a process of our own and not Celery's beat, because it must go on while the broker is away: the only promise is
that every waiting row is rung for again until somebody claims it.
"""

import logging
import math
import select
import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from models_lib import retention
from reviewapp.archives import catalog
from reviewapp.celery import app
from reviewapp.domain import accounts, chain, downloads, files, jobs, leases, lockout, uploads, webhooks
from reviewapp.models import Heartbeat, IdempotencyKey, Job

TASKS = {
    Job.Kind.IMPORT: "reviewapp.tasks.import_documents",
    Job.Kind.POPULATE: "training.tasks.populate",
    Job.Kind.TRAIN: "training.tasks.train",
    Job.Kind.EXPORT: "training.tasks.export",
    Job.Kind.SHARE: "models_lib.tasks.share",
    Job.Kind.PIN: "models_lib.tasks.freeze",
    Job.Kind.SCORE: "training.tasks.score",
    Job.Kind.ROLL_BACK: "training.tasks.roll_back",
    Job.Kind.DRIFT: "training.tasks.watch_drift",
    Job.Kind.DELIVER: "reviewapp.tasks.deliver",
    Job.Kind.CLUSTER: "training.tasks.cluster",
    Job.Kind.GROUP: "training.tasks.group",
    Job.Kind.REPORT: "reviewapp.tasks.build_report",
    Job.Kind.DOWNLOAD: "reviewapp.tasks.write_download",
    Job.Kind.IMPORT_TASKS: "reviewapp.tasks.import_tasks",
    Job.Kind.EXPORT_TASKS: "reviewapp.tasks.export_tasks",
    Job.Kind.ORDER_TASKS: "training.tasks.order_tasks",
    Job.Kind.ARCHIVE: "reviewapp.archives.tasks.archive",
    Job.Kind.RESTORE: "reviewapp.archives.tasks.restore",
    Job.Kind.PURGE: "reviewapp.tasks.purge",
    Job.Kind.PREANNOTATE: "training.tasks.preannotate",
    Job.Kind.REMOVE: "reviewapp.tasks.remove_workspace",
    Job.Kind.MAIL: "reviewapp.tasks.send_mail",
}
TICK = 1.0  # seconds
RING_AGAIN = 10.0  # seconds; a message may be lost, or wait behind a long job
TIDY_EVERY = 3600.0  # seconds
SEAL_EVERY = 60.0  # seconds
KEEP_ANSWERS = timedelta(days=1)
logger = logging.getLogger(__name__)


class Beat:
    """One listener with its memory of what it rang for."""

    def __init__(self) -> None:
        self._rung: dict[int, float] = {}
        self._tidied = -math.inf
        self._sealed = -math.inf

    def run(self) -> None:
        """Until the process is stopped."""
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {jobs.CHANNEL}")
        while True:
            self.tick()
            self._wait()

    def tick(self) -> None:
        """Ring for what waits, give back expired leases, seal the audit trail, tidy up, show that we live."""
        self._ring_all()
        leases.release_expired()
        if time.monotonic() - self._sealed >= SEAL_EVERY:
            self._seal()
        if time.monotonic() - self._tidied >= TIDY_EVERY:
            self._tidy()
        Heartbeat.objects.update_or_create(name="beat", defaults={"at": timezone.now()})

    def _seal(self) -> None:
        if chain.extend() is not None:
            self._sealed = time.monotonic()

    def _tidy(self) -> None:
        IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEEP_ANSWERS).delete()
        uploads.forget_old()
        lockout.forget_old()
        downloads.forget_old()
        retention.retain()
        webhooks.forget_old()
        catalog.forget_old()
        files.sweep()
        jobs.forget_secrets()
        accounts.forget_old()
        self._tidied = time.monotonic()

    def _wait(self) -> None:
        wire = connection.connection
        select.select([wire], [], [], TICK)
        wire.poll()
        if wire.notifies:  # a job was asked for, or ended and others waited for that: ring at once
            self._rung.clear()
            wire.notifies.clear()

    def _ring_all(self) -> None:
        waiting = jobs.waiting()
        now = time.monotonic()
        self._rung = {pk: at for pk, at in self._rung.items() if pk in dict(waiting)}
        for pk, kind in waiting:
            if now - self._rung.get(pk, -RING_AGAIN) >= RING_AGAIN:
                self._ring(pk, Job.Kind(kind))

    def _ring(self, pk: int, kind: Job.Kind) -> None:
        try:
            app.send_task(TASKS[kind], [pk], retry=False)
        except OperationalError:
            logger.warning("The broker does not answer; job %s waits and is rung for again.", pk)
        self._rung[pk] = time.monotonic()
