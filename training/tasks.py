"""Celery's door to the loop: an id in, one call."""

from celery import shared_task

from models_lib import rollbacks
from reviewapp.domain import jobs
from training import (
    annotations,
    clustering,
    drifting,
    exporting,
    grouping,
    indexing,
    ordering,
    retraining,
    returning,
    scoring,
)


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


@shared_task(name="training.tasks.score")
def score(job: int) -> None:
    jobs.perform(job, scoring.score)


@shared_task(name="training.tasks.roll_back")
def roll_back(job: int) -> None:
    jobs.perform(job, returning.roll_back, failed=rollbacks.give_up)


@shared_task(name="training.tasks.watch_drift")
def watch_drift(job: int) -> None:
    jobs.perform(job, drifting.look)


@shared_task(name="training.tasks.preannotate")
def preannotate(job: int) -> None:
    jobs.perform(job, annotations.preannotate)


@shared_task(name="training.tasks.order_tasks")
def order_tasks(job: int) -> None:
    jobs.perform(job, ordering.order)
