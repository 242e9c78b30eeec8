"""Uploads: files that people sent, kept under an unguessable name until an import has read them."""

import json
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File

from reviewapp.errors import NotFound, OutOfSpace, TooLarge
from reviewapp.models import Job, User, Workspace

CHUNK = 1 << 20  # bytes
LOOK_EVERY = 64  # chunks between two looks at the free space
FREE_SHARE = 0.05  # of the disk; the floor is this or settings.FREE_SPACE_FLOOR, whichever is more
KEEP = timedelta(days=7)
NAME = re.compile(r"[0-9a-f]{48}")


@dataclass(frozen=True)
class Upload:
    """A kept file, with whose it is and what it was called."""

    id: str
    workspace: int
    user: int
    filename: str

    @property
    def path(self) -> Path:
        return settings.UPLOADS_DIR / self.id


def stash(file: "File[Any]", filename: str, workspace: Workspace, by: User) -> str:
    """Keep the file for this person and workspace; returns the upload's id. Raises what :func:`write` raises."""
    check_space()
    settings.UPLOADS_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    upload = Upload(secrets.token_hex(24), workspace.pk, by.pk, Path(filename).name[:255])
    try:
        write(file, upload.path)
        _description(upload).write_text(json.dumps(asdict(upload)), encoding="utf-8")
    except BaseException:
        _remove(upload)
        raise
    return upload.id


def find(upload_id: str, workspace: Workspace, by: User) -> Upload:
    """The upload that this person made in this workspace; raises :class:`NotFound` for any other."""
    upload = _read(upload_id)
    if upload is None or (upload.workspace, upload.user) != (workspace.pk, by.pk):
        raise NotFound("This upload is not here any more. Upload the file again.")
    return upload


def open_for(job: Job) -> Upload:
    """The upload that the import job reads; raises :class:`NotFound` when it is gone."""
    upload = _read(str(job.parameters.get("upload", "")))
    if upload is None or upload.workspace != job.workspace_id:
        raise NotFound("The uploaded file is not here any more. Upload it again.")
    return upload


def forget(upload: Upload) -> None:
    """Remove the file of an import that is done, or that will not be."""
    _remove(upload)


def forget_old() -> int:
    """Remove uploads that nobody imported within a week, and those of imports that failed so long ago."""
    oldest = (datetime.now(UTC) - KEEP).timestamp()
    waiting = Job.objects.filter(kind__in=(Job.Kind.IMPORT, Job.Kind.IMPORT_TASKS), state__in=Job.OPEN)
    needed = set(waiting.values_list("parameters__upload", flat=True))
    kept = [path for path in settings.UPLOADS_DIR.glob("*") if NAME.fullmatch(path.name)]
    old = [path for path in kept if path.name not in needed and path.stat().st_mtime < oldest]
    for path in old:
        path.with_suffix(".json").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return len(old)


def check_space(wanted: int = 0) -> None:
    """Raise :class:`OutOfSpace` when writing so many bytes would bring the database's disk into danger."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    disk = shutil.disk_usage(settings.DATA_DIR)
    kept = floor(disk.total)
    if disk.free - wanted < kept:
        raise OutOfSpace(
            f"The server has {disk.free >> 20:,} MiB of free disk left and keeps {kept >> 20:,} MiB for the database"
            f"{f'; this needs {wanted >> 20:,} MiB' if wanted else ''}. "
            "Ask the operator to make room, then try again."
        )


def floor(total: int) -> int:
    """Bytes that stay free for the database on a disk of so many."""
    return max(settings.FREE_SPACE_FLOOR, int(total * FREE_SHARE))


def write(file: "File[Any]", path: Path) -> None:
    """Keep what somebody sent as a new file.

    Raises :class:`TooLarge` above ``settings.UPLOAD_LIMIT`` bytes and :class:`OutOfSpace` when the disk is too full.
    """
    size = 0
    with path.open("xb") as kept:
        path.chmod(0o600)
        for number, piece in enumerate(file.chunks(CHUNK)):
            if number % LOOK_EVERY == LOOK_EVERY - 1:
                check_space()
            size += len(piece)
            if size > settings.UPLOAD_LIMIT:
                raise TooLarge(
                    f"The file is larger than {settings.UPLOAD_LIMIT:,} bytes. Split it or gzip it; "
                    "the operator of this server can raise UPLOAD_LIMIT."
                )
            kept.write(piece)


def _read(upload_id: str) -> Upload | None:
    if not NAME.fullmatch(upload_id):
        return None
    try:
        description = json.loads((settings.UPLOADS_DIR / f"{upload_id}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Upload(**description)


def _description(upload: Upload) -> Path:
    return upload.path.with_suffix(".json")


def _remove(upload: Upload) -> None:
    _description(upload).unlink(missing_ok=True)
    upload.path.unlink(missing_ok=True)
