"""The catalog of archives: asked for, brought here, fetched, deleted; what nobody fetched in time expires."""

import os
import secrets
import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from reviewapp import access
from reviewapp.archives.stream import Header
from reviewapp.domain import audit, jobs, uploads
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import Archive, Job, User, Workspace

LEAST_PASSPHRASE = 12  # characters
MOST_PASSPHRASE = 1000
LEFTOVER = timedelta(days=1)  # age of a file without a row


def request(workspace: Workspace, by: User, passphrase: str) -> Archive:
    """Ask for an archive of everything in the workspace, which only the passphrase opens.

    The passphrase makes the file's key here and now and is kept nowhere; the job gets that key, sealed. Raises
    ``Refused`` for anyone but an admin, :class:`Invalid` for a passphrase that can be guessed, :class:`Conflict` while
    another archive of the workspace is being made.
    """
    access.require(by, workspace, "administer")
    require_strong(passphrase)
    uploads.check_space()
    header, file_key = Header.make(passphrase, settings.ARCHIVE_WORK)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if Job.objects.filter(workspace=workspace, kind=Job.Kind.ARCHIVE, state__in=Job.OPEN).exists():
            raise Conflict("An archive of this workspace is being made already.")
        job = jobs.request(Job.Kind.ARCHIVE, workspace, by=by, secret=file_key)
        made = Archive.objects.create(
            workspace=workspace,
            name=workspace.name,
            origin=Archive.Origin.MADE,
            job=job,
            header=header.raw,
            made_by=by,
        )
        audit.record(by, "workspace.archive", made, workspace, name=workspace.name)
    return made


def receive(file: "File[Any]", filename: str, by: User) -> Archive:
    """Keep an archive that somebody sends, to be restored.

    Raises ``Refused`` without the right to add workspaces, :class:`Invalid` for a file that is no archive, ``TooLarge``
    and ``OutOfSpace``; nothing is kept then.
    """
    require_restorer(by)
    uploads.check_space()
    path = _new_path()
    try:
        uploads.write(file, path)
        return _enter(path, filename, by)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def adopt(source: Path, by: User) -> Archive:
    """Take an archive that lies on this server into the catalog; the file itself stays where it is."""
    require_restorer(by)
    path = _new_path()
    try:
        try:
            os.link(source, path)
        except OSError:  # on another disk
            uploads.check_space(source.stat().st_size)
            shutil.copyfile(source, path)
            path.chmod(0o600)
        return _enter(path, source.name, by)
    except FileNotFoundError as problem:
        raise Invalid(f"There is no file {source}.", fields={"path": ["There is no such file."]}) from problem
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def waiting_outside() -> list[Path]:
    """Files that an operator put into the folder for archives from outside."""
    return sorted(path for path in outside().glob("*") if path.is_file() and not path.name.startswith("."))


def outside() -> Path:
    """Where an operator puts archives that are too large to be sent by browser."""
    return Path(settings.ARCHIVES_DIR) / "incoming"


def shown(user: User, among: QuerySet[Archive] | None = None) -> QuerySet[Archive]:
    """The archives that the person may handle, newest first."""
    rows = Archive.objects.all() if among is None else among
    found = access.visible(user, Archive, may="administer", among=rows)
    return found.select_related("workspace", "job", "made_by").order_by("-id")


def open_file(archive: Archive, by: User) -> Path:
    """The file of a ready archive, for somebody who takes it away; that is recorded."""
    path = file_of(archive)
    audit.record(by, "archive.download", archive, archive.workspace, name=archive.name)
    return path


def file_of(archive: Archive) -> Path:
    """The file of a ready archive; raises :class:`NotFound`."""
    if not archive.ready or not archive.path.is_file():
        raise NotFound("This archive’s file is not here: it is not ready, or has expired.")
    return archive.path


def keep_longer(archive: Archive, by: User) -> datetime:
    """Begin the archive's time on this server anew; returns when it ends."""
    until = timezone.now() + timedelta(days=settings.ARCHIVE_DAYS)
    with transaction.atomic():
        Archive.objects.filter(pk=archive.pk).update(expires_at=until)
        audit.record(by, "archive.keep", archive, archive.workspace, until=until.isoformat(timespec="seconds"))
    return until


def delete(archive: Archive, by: User | None) -> None:
    """Remove the archive and its file for good; raises :class:`Conflict` while it is being made or restored."""
    if _is_busy(archive):
        raise Conflict("This archive is being made or restored right now. Cancel that job first.")
    with transaction.atomic():
        audit.record(by, "archive.delete", archive, archive.workspace, name=archive.name)
        Archive.objects.filter(pk=archive.pk).delete()
        if archive.ready:
            transaction.on_commit(lambda: archive.path.unlink(missing_ok=True))


def forget_old() -> int:
    """Delete archives whose time is over, and files that no archive names; returns how many archives there were."""
    over = [archive for archive in Archive.objects.filter(expires_at__lt=timezone.now()) if not _is_busy(archive)]
    for archive in over:
        delete(archive, None)
    known = set(Archive.objects.exclude(file="").values_list("file", flat=True))
    _remove_leftovers(path for path in Path(settings.ARCHIVES_DIR).glob("*.rvarchive") if path.name not in known)
    _remove_leftovers(Path(settings.ARCHIVES_DIR).glob(".unfinished-*"))
    return len(over)


def require_restorer(by: User) -> None:
    """Raise :class:`Refused` without the right to add workspaces, which a restore does."""
    if not by.has_perm("reviewapp.add_workspace"):
        raise Refused("Only people with the right to add workspaces restore archives. Ask the operator of this server.")


def require_strong(passphrase: str) -> None:
    """Raise :class:`Invalid` for a passphrase that somebody with the file could guess."""
    if not LEAST_PASSPHRASE <= len(passphrase) <= MOST_PASSPHRASE:
        message = f"A passphrase needs at least {LEAST_PASSPHRASE} characters: several words are best."
        raise Invalid(message, fields={"passphrase": [message]})
    try:
        CommonPasswordValidator().validate(passphrase)
    except ValidationError as problem:
        message = "This is one of the most common passwords. Take several words."
        raise Invalid(message, fields={"passphrase": [message]}) from problem


def _enter(path: Path, filename: str, by: User) -> Archive:
    with path.open("rb") as file:
        header = Header.read(file)
    with transaction.atomic():
        archive = Archive.objects.create(
            name=Path(filename).name[:255] or "archive",
            origin=Archive.Origin.RECEIVED,
            header=header.raw,
            file=path.name,
            size=path.stat().st_size,
            made_by=by,
            expires_at=timezone.now() + timedelta(days=settings.ARCHIVE_DAYS),
        )
        audit.record(by, "archive.receive", archive, None, name=archive.name, size=archive.size)
    return archive


def _new_path() -> Path:
    folder = Path(settings.ARCHIVES_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{secrets.token_hex(24)}.rvarchive"


def _is_busy(archive: Archive) -> bool:
    working = Job.objects.filter(state__in=Job.OPEN)
    return working.filter(Q(archive=archive) | Q(kind=Job.Kind.RESTORE, parameters__archive=archive.pk)).exists()


def _remove_leftovers(paths: Iterable[Path]) -> None:
    oldest = (timezone.now() - LEFTOVER).timestamp()
    for path in paths:
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
