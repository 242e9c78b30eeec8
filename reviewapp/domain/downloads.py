"""Downloads: the documents of a project with their coding, written to a file by a job and fetched from there (U-16)."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from reviewapp import access
from reviewapp.domain import audit, items, jobs, uploads
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.lines import csv_lines, json_lines
from reviewapp.models import Decision, Job, Project, ProjectDocument, User

FORMATS = ("csv", "jsonl")
NAMES: dict[str, str] = {Job.Kind.DOWNLOAD: "documents", Job.Kind.EXPORT_TASKS: "tasks"}
SAVED_AS = {  # how the name of a file of this format ends, and what it is
    "csv": ("csv", "text/csv; charset=utf-8"),
    "tsv": ("tsv", "text/tab-separated-values; charset=utf-8"),
    "jsonl": ("jsonl", "application/x-ndjson"),
    "annotation-lab": ("json", "application/json"),
    "label-studio": ("json", "application/json"),
    "conll2003": ("conll", "text/plain; charset=utf-8"),
}
KEEP = timedelta(days=7)
ROWS_AT_A_TIME = 1_000
MOST_COLUMNS = 200  # of metadata in a CSV file
WITHOUT_METADATA = (
    "control_number",
    "title",
    "tags",
    "decision",
    "label",
    "note",
    "skip_reason",
    "reviewer",
    "decided_at",
    "served_reason",
    "rank",
    "version",
)
KEYS = """
SELECT DISTINCT jsonb_object_keys(d.metadata) AS key FROM reviewapp_projectdocument pd
JOIN reviewapp_document d ON d.id = pd.document_id
WHERE pd.project_id = %s AND NOT pd.removed ORDER BY key LIMIT %s
"""


@dataclass(frozen=True)
class File:
    """A file that a job wrote, with the name it is saved under."""

    path: Path
    name: str
    kind: str


def request(project: Project, by: User, kind: str, *, texts: bool = False, coded_only: bool = False) -> Job:
    """Ask for a file of one of the :data:`FORMATS`; managers may, who may see documents and labels."""
    access.require(by, project.workspace, "manage", "view_sources", "view_labels")
    if kind not in FORMATS:
        message = f"“{kind}” is not a format. Formats: {', '.join(FORMATS)}."
        raise Invalid(message, fields={"format": [message]})
    asked: dict[str, Any] = {"format": kind, "texts": texts, "coded_only": coded_only}
    with transaction.atomic():
        audit.record(by, "documents.download", project, project.workspace, **asked)
        return jobs.request(Job.Kind.DOWNLOAD, project.workspace, project=project, by=by, **asked)


def write(run: jobs.Run) -> None:
    """The job: write the rows aside, then let the finished file take its place."""
    project, asked = run.project, run.job.parameters
    texts = bool(asked["texts"])
    rows = _rows(run, project, coded_only=bool(asked["coded_only"]), texts=texts)
    with unfinished(run) as place:
        lines = fill(place, _lines(project, asked["format"], rows, texts=texts))
        with publishing(run, place):
            # The first line of a CSV file names the columns.
            run.finish(rows=lines - (asked["format"] == "csv"), bytes=place.stat().st_size)


@contextmanager
def unfinished(run: jobs.Run) -> Iterator[Path]:
    """Where the job writes its file aside; what it does not publish is gone afterwards."""
    place = _place(run.job)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = place.with_name(f".{place.name}.{run.token}")
    try:
        yield aside
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def publishing(run: jobs.Run, aside: Path) -> Iterator[None]:
    """The transaction that finishes the job: with it the file takes its place."""
    with transaction.atomic():
        yield
        aside.replace(_place(run.job))


def fill(place: Path, lines: Iterable[bytes]) -> int:
    """Write the lines; returns how many."""
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        return sum(1 for line in lines if file.write(line))


def find(job: Job, user: User) -> File:
    """The file of a finished job, for somebody who may see documents and labels; raises :class:`NotFound`."""
    if job.workspace is not None:
        access.require(user, job.workspace, "view_sources", "view_labels")
    if job.kind not in NAMES:
        raise NotFound("This job wrote no file.")
    if job.state in Job.OPEN:
        raise Conflict("The file is still being written.")
    place = _place(job)
    if not place.exists():
        raise NotFound(f"The file is not here any more: it is kept for {KEEP.days} days. Ask for it again.")
    suffix, kind = SAVED_AS[job.parameters["format"]]
    return File(place, f"{NAMES[job.kind]}-{job.project_id}.{suffix}", kind)


def forget_old() -> None:
    """Remove files older than :data:`KEEP`, and what a worker that was killed left behind."""
    oldest = (datetime.now(UTC) - KEEP).timestamp()
    for path in _folder().glob("*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "downloads"


def _place(job: Job) -> Path:
    return _folder() / f"{job.pk}.{job.parameters['format']}"


def _lines(project: Project, kind: str, rows: Iterator[dict[str, Any]], *, texts: bool) -> Iterator[bytes]:
    if kind == "jsonl":
        return json_lines(rows)
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [project.pk, MOST_COLUMNS])
        keys = [key for (key,) in cursor.fetchall()]
    columns = [*WITHOUT_METADATA, *(["text"] if texts else []), *(f"metadata.{key}" for key in keys)]
    return csv_lines(columns, (_flat(row, keys) for row in rows))


def _flat(row: dict[str, Any], keys: Iterable[str]) -> Mapping[str, Any]:
    """A row for a table: tags in one cell, each value of the metadata in a cell of its own."""
    metadata = row.pop("metadata")
    values = {f"metadata.{key}": metadata.get(key, "") for key in keys}
    return {**row, "tags": "; ".join(row["tags"]), **values}


def _rows(run: jobs.Run, project: Project, *, coded_only: bool, texts: bool) -> Iterator[dict[str, Any]]:
    rows = project.items.filter(removed=False).select_related("document", "current__reviewer").order_by("ordinal")
    rows = rows.exclude(decision=None) if coded_only else rows
    rows = rows if texts else rows.defer("document__text")
    version, done, last = project.version.number if project.version else None, 0, -1
    while piece := list(rows.filter(ordinal__gt=last)[:ROWS_AT_A_TIME]):
        uploads.check_space()
        last, done = piece[-1].ordinal, done + len(piece)
        ranks = items.ranks_of(project, np.array([item.ordinal for item in piece], np.int64))
        for item, rank in zip(piece, ranks.tolist(), strict=True):
            yield _row(item, None if np.isnan(rank) else round(rank, 4), version, texts=texts)
        run.report("Writing documents", done, max(project.documents, done))


def _row(item: ProjectDocument, rank: float | None, version: int | None, *, texts: bool) -> dict[str, Any]:
    document, answer = item.document, item.current if item.decision is not None else None
    row = {
        "control_number": document.control_number,
        "title": document.title,
        "tags": document.tags,
        "metadata": document.metadata,
        "decision": Decision(item.decision).name.lower() if item.decision is not None else "",
        "label": answer.choice if answer else "",
        "note": answer.note if answer else "",
        "skip_reason": answer.reason if answer else "",
        "reviewer": answer.reviewer.username if answer else "",
        "decided_at": answer.created_at.isoformat() if answer else "",
        "served_reason": answer.served_reason if answer else "",
        "rank": rank,
        "version": version if rank is not None else None,
    }
    return row | {"text": document.text} if texts else row
