"""Celery's door to the library: an id in, one call."""

from celery import shared_task

from models_lib import shares
from reviewapp.domain import jobs


@shared_task(name="models_lib.tasks.share")
def share(job: int) -> None:
    jobs.perform(job, shares.share)
