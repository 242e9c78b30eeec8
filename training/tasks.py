"""Celery's door to the loop: an id in, one call."""

from celery import shared_task

from reviewapp.domain import jobs
from training import clustering, exporting, grouping, indexing, retraining


@shared_task(name="training.tasks.train")
def train(job: int) -> None:
    jobs.perform(job, retraining.train, failed=retraining.tell_failed)


@shared_task(name="training.tasks.populate")
def populate(job: int) -> None:
    jobs.perform(job, indexing.populate)


@shared_task(name="training.tasks.export")
def export(job: int) -> None:
    jobs.perform(job, exporting.export)


@shared_task(name="training.tasks.cluster")
def cluster(job: int) -> None:
    jobs.perform(job, clustering.cluster)


@shared_task(name="training.tasks.group")
def group(job: int) -> None:
    jobs.perform(job, grouping.group)
