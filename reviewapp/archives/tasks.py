"""Celery's door to archives: an id in, one call."""

from celery import shared_task

from reviewapp.archives import restoring, writing
from reviewapp.domain import jobs


@shared_task(name="reviewapp.archives.tasks.archive")
def archive(job: int) -> None:
    jobs.perform(job, writing.archive)


@shared_task(name="reviewapp.archives.tasks.restore")
def restore(job: int) -> None:
    jobs.perform(job, restoring.restore)
