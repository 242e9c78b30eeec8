"""The archive of a workspace is written: one moment of it, into one encrypted file, at any size in little memory."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from models_lib import sealing
from reviewapp.archives import packing, reading
from reviewapp.archives.parts import BLOCK, PartsWriter
from reviewapp.archives.reading import ARTIFACT, FORMAT, HEAD, TABLE, Head
from reviewapp.archives.stream import Header, Writer
from reviewapp.domain import files, jobs, people, uploads
from reviewapp.domain.belongings import carried
from reviewapp.domain.files import SEALED
from reviewapp.errors import NotFound
from reviewapp.models import Archive, Workspace

LOOK_EVERY = 64 << 20  # bytes between two looks at the free space


def archive(run: jobs.Run) -> None:
    """Write the file that the job's :class:`Archive` stands for, and make it ready together with the job's end."""
    made = Archive.objects.filter(job=run.job).first()
    if made is None:
        raise NotFound("The archive was deleted while it waited.")
    folder = Path(settings.ARCHIVES_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / f".unfinished-{run.token}"
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            packed = _Packing(run, made).into(file)
            file.flush()
            os.fsync(file.fileno())
        _publish(run, made, unfinished, packed)
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(run: jobs.Run, made: Archive, unfinished: Path, packed: dict[str, Any]) -> None:
    name, size, now = f"{run.token}.rvarchive", unfinished.stat().st_size, timezone.now()
    unfinished.rename(unfinished.with_name(name))
    with transaction.atomic():
        Archive.objects.filter(pk=made.pk).update(
            file=name,
            size=size,
            content=packed["content"],
            counts=packed["counts"],
            expires_at=now + timedelta(days=settings.ARCHIVE_DAYS),
        )
        rows = sum(packed["counts"].values())
        run.finish(outcome="archived", archive=made.pk, size=size, rows=rows, damaged_files=packed["damaged"])


class _Packing:
    """One attempt at an archive."""

    def __init__(self, run: jobs.Run, made: Archive) -> None:
        self._run = run
        self._made = made
        self._workspace: Workspace = run.workspace

    def into(self, file: BinaryIO) -> dict[str, Any]:
        """Write everything; returns the content digest, the numbers of rows and of files that are left out."""
        stream = Writer(_Roomy(file), Header(bytes(self._made.header)), self._run.secret())
        parts = PartsWriter(stream)
        with packing.moment():
            head = self._head(packing.number(self._workspace))
            self._write_head(parts, head)
            gone = self._files(parts)
            for label, (_, rows) in head.tables.items():
                self._table(parts, label, rows, gone)
        content = reading.content(head, {entry.name: entry.content for entry in parts.entries})
        key, code = sealing.sign(reading.signature_of(tuple(entry.digest for entry in parts.entries)))
        parts.finish(content=content, origin={"key": key, "code": code.hex()})
        stream.close()
        counts = {label: rows for label, (_, rows) in head.tables.items()}
        return {"content": content, "counts": counts, "damaged": len(gone)}

    def _head(self, counts: dict[str, int]) -> Head:
        by = self._run.job.requested_by
        return Head(
            workspace=self._workspace.name,
            made_at=timezone.now().isoformat(timespec="seconds"),
            made_by=by.username if by else "",
            instance=sealing.instance_keys()[0].id,
            token_key=sealing.token_key_id(),
            tables={
                label: (tuple(column.attname for column in table.columns), counts[label])
                for label, table in carried().items()
            },
            people=tuple(packing.people()),
            roles={member.user.username: member.role for member in people.members(self._workspace)},
        )

    def _write_head(self, parts: PartsWriter, head: Head) -> None:
        said = {
            "format": FORMAT,
            "workspace": head.workspace,
            "made_at": head.made_at,
            "made_by": head.made_by,
            "instance": head.instance,
            "token_key": head.token_key,
            "tables": [{"name": label, "columns": list(of), "rows": rows} for label, (of, rows) in head.tables.items()],
            "people": [packing.summary(person, head.roles.get(person.username, "")) for person in head.people],
        }
        part = parts.part(HEAD)
        part.write(json.dumps(said).encode())
        part.close()

    def _files(self, parts: PartsWriter) -> list[str]:
        """Write every stored file that a row names; returns the digests of those that are gone or damaged."""
        named = files.named_by((table, table.rows(self._workspace)) for table in carried().values())
        wanted = sorted({(SEALED if kind == SEALED else ARTIFACT, digest) for kind, digest in named})
        gone = []
        for place, (store, digest) in enumerate(wanted):
            self._run.tell("Packing stored files", place, len(wanted))
            found = _whole(store, digest)
            for path in found:
                name = f"{store}/{digest}" if store == SEALED else f"{store}/{digest}/{path.name}"
                self._file(parts, name, path)
            if not found:
                gone.append(digest)
        return gone

    def _file(self, parts: PartsWriter, name: str, path: Path) -> None:
        part = parts.part(name)
        with path.open("rb") as file:
            while piece := file.read(BLOCK):
                part.write(piece)
        part.close()

    def _table(self, parts: PartsWriter, label: str, rows: int, gone: list[str]) -> None:
        table = carried()[label]
        step = f"Packing {table.model._meta.verbose_name_plural}"
        part = parts.part(f"{TABLE}{label}")
        packing.copy(table, part, gone, self._teller(step, rows))
        part.close()

    def _teller(self, step: str, rows: int) -> Callable[[int], None]:
        self._run.tell(step, 0, rows)
        return lambda done: self._run.tell(step, done, rows)


def _whole(store: str, digest: str) -> list[Path]:
    """The files to pack; none when they are gone, or are not any more what they were stored as."""
    if store == SEALED:
        return [files.vault().path(digest)] if files.vault().is_whole(digest) else []
    return files.artifacts().files(digest) if files.artifacts().is_whole(digest) else []


class _Roomy:
    """A file that is written only while the disk has room for it."""

    def __init__(self, file: BinaryIO) -> None:
        uploads.check_space()
        self._file = file
        self._until_look = LOOK_EVERY

    def write(self, data: bytes, /) -> None:
        self._until_look -= len(data)
        if self._until_look < 0:
            uploads.check_space()
            self._until_look = LOOK_EVERY
        self._file.write(data)
