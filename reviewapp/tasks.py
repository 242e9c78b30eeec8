"""Celery's door to the review: an id in, one call."""

from celery import shared_task

from reviewapp.domain import accounts, downloads, imports, jobs, removal, task_exports, task_imports, webhooks
from reviewapp.web import report_pdf


@shared_task(name="reviewapp.tasks.import_documents")
def import_documents(job: int) -> None:
    jobs.perform(job, imports.run)


@shared_task(name="reviewapp.tasks.deliver")
def deliver(job: int) -> None:
    jobs.perform(job, webhooks.deliver)


@shared_task(name="reviewapp.tasks.build_report")
def build_report(job: int) -> None:
    jobs.perform(job, report_pdf.build)


@shared_task(name="reviewapp.tasks.write_download")
def write_download(job: int) -> None:
    jobs.perform(job, downloads.write)


@shared_task(name="reviewapp.tasks.import_tasks")
def import_tasks(job: int) -> None:
    jobs.perform(job, task_imports.run)


@shared_task(name="reviewapp.tasks.export_tasks")
def export_tasks(job: int) -> None:
    jobs.perform(job, task_exports.write)


@shared_task(name="reviewapp.tasks.purge")
def purge(job: int) -> None:
    jobs.perform(job, removal.purge)


@shared_task(name="reviewapp.tasks.remove_workspace")
def remove_workspace(job: int) -> None:
    jobs.perform(job, removal.remove_workspace)


@shared_task(name="reviewapp.tasks.send_mail")
def send_mail(job: int) -> None:
    jobs.perform(job, accounts.send_mail)
