"""Pins: the promise that a version is kept and stays the same.

A pin names the version that the person saw, and its row is written with the click: whatever trains or is tidied away
a moment later changes nothing about what was pinned (U-11). The job beside it checks the payload and freezes the
figures. Pins come and go under one lock, the version's row; retention takes it too.
"""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, RestrictedError

from models_lib import retention, validation, versions
from models_lib.models import ModelVersion, Pin, ValidationRecord
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict, Damaged, Invalid, NotFound
from reviewapp.models import Job, Project, User

RELEVANCE = ModelVersion.Kind.RELEVANCE


def of(project: Project, kind: str = RELEVANCE) -> QuerySet[ModelVersion]:
    """The pinned versions, newest first, with their pin and its tags."""
    rows = project.versions.filter(kind=kind, pin__isnull=False).select_related("pin__job", "pin__pinned_by", "index")
    return rows.prefetch_related("pin__tags").order_by("-number")


def request(project: Project, number: int, by: User, kind: str = RELEVANCE) -> Pin:
    """Keep this version from now on, and ask for the job that freezes its figures.

    Pinning what is pinned changes nothing. Raises ``Refused`` without the right to pin (U-01), :class:`NotFound` for a
    number that never was, :class:`Conflict` when retention has dropped the payload already.
    """
    access.require(by, project.workspace, "pin")
    with transaction.atomic():
        pin, new = keep(project, number, by, kind)
        if new:
            audit.record(by, "version.pin", pin.version, project.workspace, number=number)
    return pin


def keep(project: Project, number: int, by: User, kind: str = RELEVANCE) -> tuple[Pin, bool]:
    """The version's pin and whether it is new: as :func:`request`, within a change that is recorded as a whole."""
    version = _locked(project, number, kind)
    if pin := Pin.objects.filter(version=version).select_related("version").first():
        return pin, False
    if not version.artifact:
        raise Conflict(f"The payload of version {number} was not kept, so it cannot be pinned any more.")
    job = jobs.request(Job.Kind.PIN, project.workspace, project=project, by=by, version=version.pk)
    return Pin.objects.create(version=version, job=job, pinned_by=by), True


def freeze(run: jobs.Run) -> None:
    """The job of a pin: check that the payload is whole, and write the figures down for good (U-08)."""
    version = ModelVersion.objects.select_related("project").get(pk=run.job.parameters["version"])
    run.report("Checking the payload")
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    for digest in filter(None, (getattr(version, name) for name in ModelVersion.FILES)):
        if not artifacts.is_whole(digest):
            raise Damaged(f"The files of version {version.number} are not what its training wrote ({digest[:12]}…).")
    with transaction.atomic():
        ValidationRecord.objects.get_or_create(version=version, defaults={"record": validation.record(version)})
        run.finish(version=version.number)


def hold(project: Project, number: int, kind: str = RELEVANCE) -> Pin:
    """The pin of this version for something that will point to it; call it in the transaction that does.

    It takes the lock that lifting a pin takes first, so the pin cannot go meanwhile. Raises :class:`Conflict` where the
    version is not pinned.
    """
    version = _locked(project, number, kind)
    pin = Pin.objects.filter(version=version).first()
    if pin is None:
        raise Conflict(f"Version {number} is not pinned. Pin it first: only what is pinned stays.")
    pin.version = version
    return pin


def unpin(project: Project, number: int, by: User, kind: str = RELEVANCE) -> None:
    """Take the promise back: retention may drop the payload once a newer version stands.

    Raises :class:`Conflict` while a tag or a stream uses the version (D10).
    """
    access.require(by, project.workspace, "pin")
    with transaction.atomic():
        version = _locked(project, number, kind)
        _lift(version)
        audit.record(by, "version.unpin", version, project.workspace, number=number)


def delete(project: Project, number: int, by: User, confirmation: str, kind: str = RELEVANCE) -> None:
    """Drop the payload of a pinned version for good (U-24); its row, figures and inputs stay (D11).

    ``confirmation`` is the typed name of the version, ``v7``. Raises :class:`Conflict` while a tag or a stream uses it
    (D10), and for the latest version, which always answers (U-04).
    """
    access.require(by, project.workspace, "pin")
    if confirmation.strip().lower() != f"v{number}":
        message = f"Type v{number} to delete this version. This cannot be undone."
        raise Invalid(message, fields={"confirmation": [message]})
    with transaction.atomic():
        version = _locked(project, number, kind)
        latest = versions.latest(project, kind)
        if latest is not None and latest.pk == version.pk:
            raise Conflict(
                f"Version {number} ranks the documents now, and the latest version is always kept. Unpin it."
            )
        _lift(version)
        retention.drop([version])
        audit.record(by, "version.delete", version, project.workspace, number=number)


def _locked(project: Project, number: int, kind: str) -> ModelVersion:
    """The version, with the lock under which pins come and go, tags are set, and retention drops a payload."""
    rows = ModelVersion.objects.select_for_update().filter(project=project, kind=kind, number=number)
    version = rows.first()
    if version is None:
        raise NotFound(f"This project has no version {number}.")
    return version


def _lift(version: ModelVersion) -> None:
    pin = Pin.objects.filter(version=version).first()
    if pin is None:
        raise Conflict(f"Version {version.number} is not pinned.")
    try:
        pin.delete()
    except RestrictedError as used:
        users = ", ".join(sorted(f"{row._meta.verbose_name} “{row}”" for row in used.restricted_objects))
        raise Conflict(f"Version {version.number} is in use by {users}. Move that to another version first.") from used
