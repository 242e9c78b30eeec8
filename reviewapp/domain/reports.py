"""Reports: asked for, kept with the digest of what they say, handed out."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict, NotFound
from reviewapp.models import Job, Project, Report, User

FILE = "report.pdf"


def request(project: Project, by: User, address: str) -> Job:
    """Ask for a report; ``address`` is where this product is found, for the links in the PDF.

    Raises :class:`Conflict` while one is being made.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if Job.objects.filter(project=project, kind=Job.Kind.REPORT, state__in=Job.OPEN).exists():
            raise Conflict("A report of this project is being made already.")
        audit.record(by, "report.request", project, project.workspace)
        return jobs.request(Job.Kind.REPORT, project.workspace, project=project, by=by, address=address)


def publish(run: jobs.Run, project: Project, record: Mapping[str, Any], pdf: bytes) -> Report:
    """Keep the record and its PDF as the project's next report, and finish the job.

    The digests of both go into the audit trail, so that a report cannot be changed later without the chain showing it.
    """
    artifact = _keep(pdf)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        last = project.reports.aggregate(last=Max("number"))["last"] or 0
        made_by = run.job.requested_by
        report = Report.objects.create(
            project=project,
            number=last + 1,
            job=run.job,
            made_by=made_by,
            record=record,
            digest=digest(record),
            artifact=artifact,
        )
        seals = {"record": report.digest, "pdf": hashlib.blake2b(pdf, digest_size=32).hexdigest()}
        audit.record(made_by, "report.publish", report, project.workspace, number=report.number, **seals)
        run.finish(report=report.number)
    return report


def get(project: Project, number: int) -> Report:
    """The project's report of this number; raises :class:`NotFound`."""
    report = project.reports.select_related("made_by").filter(number=number).first()
    if report is None:
        raise NotFound(f"This project has no report {number}.")
    return report


def pdf(report: Report) -> Path:
    """The file of the report; raises :class:`Unavailable` when it is gone."""
    return Artifacts(settings.ARTIFACTS_DIR).file(report.artifact, FILE)


def digest(record: Mapping[str, Any]) -> str:
    """BLAKE2b-256 over the canonical JSON of a record: sorted members, no spaces, ASCII only."""
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=32).hexdigest()


def _keep(pdf: bytes) -> str:
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    scratch = artifacts.scratch()
    try:
        (scratch / FILE).write_bytes(pdf)
        return artifacts.keep(scratch)
    except BaseException:
        artifacts.discard(scratch)
        raise
