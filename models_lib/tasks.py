"""Celery's door to the library and to versions: an id in, one call."""

from celery import shared_task

from models_lib import pins, shares
from reviewapp.domain import jobs


@shared_task(name="models_lib.tasks.share")
def share(job: int) -> None:
    jobs.perform(job, shares.share)


@shared_task(name="models_lib.tasks.freeze")
def freeze(job: int) -> None:
    jobs.perform(job, pins.freeze)
