"""Imports: the rows of a file become documents, each exactly once, whatever stops the worker in between.

A file is loaded in chunks. One transaction copies a chunk in, writes what was wrong with its rows, and moves the mark
``result["lines"]`` of the job; a later attempt reads on behind the mark. What exists is never overwritten.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import connection, transaction

from reviewapp.domain import arrivals, audit, jobs, projects, uploads
from reviewapp.domain.mapping import Incoming, Mapping, Problem, checked_tags, read, suggest
from reviewapp.domain.uploads import Upload, stash
from reviewapp.errors import Invalid, ReviewError
from reviewapp.models import Job, User, Workspace
from reviewapp.tabular import BadRow, Row, Table, open_table, verify

__all__ = ["Mapping", "Preview", "Problem", "discard", "preview", "receive", "request", "run", "stash", "suggest"]

CHUNK_ROWS = 2_000
CHUNK_CHARACTERS = 4_000_000
ADOPT_EVERY = 100_000  # documents
SHOWN_CHARACTERS = 200
NEW_KEYS_NOTED = 100
LOADING = "Loading documents"


@dataclass(frozen=True)
class Preview:
    """The beginning of a file: its columns, some rows cut short, the suggested mapping, and what is wrong so far."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    mapping: Mapping
    problems: tuple[Problem, ...]


def preview(path: Path, filename: str, rows: int = 20) -> Preview:
    """Look at the first rows; raises :class:`Invalid` when the file as a whole cannot be read."""
    with open_table(path, filename, text_limit=settings.DOCUMENT_TEXT_LIMIT) as table:
        found = list(islice(table, rows))
        good = [row for row in found if isinstance(row, Row)]
        mapping = suggest(table.columns, [row.values for row in good])
        return Preview(
            columns=table.columns,
            rows=tuple({name: _shown(row.values.get(name, "")) for name in table.columns} for row in good),
            mapping=mapping,
            problems=tuple(_problems_of(found, mapping)),
        )


def receive(file: "File[Any]", filename: str, workspace: Workspace, by: User) -> tuple[Upload, Preview]:
    """Keep a file that somebody sent, if it can be read as a table, and look at it; else nothing is kept."""
    upload = uploads.find(stash(file, filename, workspace, by), workspace, by)
    try:
        seen = preview(upload.path, upload.filename)
        audit.record(by, "upload.create", workspace, workspace, filename=upload.filename)
    except ReviewError:
        uploads.forget(upload)
        raise
    return upload, seen


def discard(upload_id: str, workspace: Workspace, by: User) -> None:
    """Remove an upload that will not be imported; raises :class:`NotFound` for one that is not the person's."""
    upload = uploads.find(upload_id, workspace, by)
    audit.record(by, "upload.discard", workspace, workspace, filename=upload.filename)
    uploads.forget(upload)


def request(workspace: Workspace, by: User, upload_id: str, mapping: Mapping, tags: Sequence[str] = ()) -> Job:
    """Ask for the import of an upload; every document also gets the ``tags``.

    Raises :class:`Invalid` when the file cannot be read or the mapping does not fit it.
    """
    upload = uploads.find(upload_id, workspace, by)
    with open_table(upload.path, upload.filename, text_limit=settings.DOCUMENT_TEXT_LIMIT) as table:
        mapping.validate(table.columns)
    parameters: dict[str, Any] = {
        "upload": upload.id,
        "filename": upload.filename,
        "mapping": mapping.to_parameters(),
        "tags": checked_tags(tags),
    }
    with transaction.atomic():
        job = jobs.request(Job.Kind.IMPORT, workspace, by=by, **parameters)
        audit.record(by, "import.request", job, workspace, filename=upload.filename)
    return job


def run(run: jobs.Run) -> None:
    """Do the work of an import job; raises :class:`Invalid` when the file as a whole cannot be read."""
    job = run.job
    upload = uploads.open_for(job)
    for position in verify(upload.path):
        run.report("Checking the file", position, upload.path.stat().st_size)
    with open_table(upload.path, upload.filename, text_limit=settings.DOCUMENT_TEXT_LIMIT) as table:
        load = _Load(run, Mapping.from_parameters(job.parameters["mapping"]), tuple(job.parameters["tags"]))
        load.mapping.validate(table.columns)
        try:
            load.everything(table)
            run.report("Completing the search index", table.size, table.size)
        except jobs.Cancelled:
            _adopt(run)  # what is in stays in, so it belongs to the projects
            raise
    if not load.tally.loaded + load.tally.refused:
        raise Invalid("The file has no rows.")
    merge_new_words()
    with transaction.atomic():
        projects.adopt(run.workspace, job.requested_by)
        audit.record(job.requested_by, "import.done", job, run.workspace, **asdict(load.tally))
        run.finish(**asdict(load.tally))
    uploads.forget(upload)


def merge_new_words() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('document_words'::regclass)")


def _adopt(run: jobs.Run) -> None:
    with transaction.atomic():
        projects.adopt(run.workspace, run.job.requested_by)


@dataclass
class _Tally(arrivals.Tally):
    """What the job's result says, during the import and after it."""

    lines: int = 0  # the last line that is dealt with
    loaded: int = 0
    number: int = 0  # the last one that was made
    seconds: float = 0.0


@dataclass
class _Load:
    """One attempt at a file."""

    run: jobs.Run
    mapping: Mapping
    tags: tuple[str, ...]
    tally: _Tally = field(init=False)
    adopted: int = field(init=False)  # documents that the projects have taken in
    began: float = field(init=False)
    new_keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tally = _Tally(**self.run.job.result)
        self.adopted = self.tally.loaded
        self.began = time.monotonic() - self.tally.seconds

    def everything(self, table: Table) -> None:
        for chunk in _chunks(table):
            uploads.check_space()
            notes = list(self._new_keys(table.columns, chunk)) if table.open_ended else []
            self._behind_mark(chunk, notes)
            self.run.report(LOADING, table.position, table.size)

    def _behind_mark(self, chunk: list[Row | BadRow], notes: list[Problem]) -> None:
        mark = self.tally.lines
        if chunk[-1].line <= mark:
            return
        rows = [row for row in chunk if row.line > mark]
        self._chunk(rows, [note for note in notes if note.line > mark])
        if self.tally.loaded // ADOPT_EVERY > self.adopted // ADOPT_EVERY:
            # In portions: one transaction for a million documents would be silent for longer than a live worker is.
            _adopt(self.run)
            self.adopted = self.tally.loaded

    def _new_keys(self, columns: tuple[str, ...], chunk: list[Row | BadRow]) -> Iterator[Problem]:
        """JSONL shows its keys only as it goes on; one that nobody could choose is said once."""
        known = self.new_keys.union(columns)
        for row in chunk:
            for key in row.values if isinstance(row, Row) else ():
                if key not in known and len(self.new_keys) < NEW_KEYS_NOTED:
                    known.add(key)
                    self.new_keys.add(key)
                    reason = f"The key “{key}” first occurs here, after the columns were chosen; it is not loaded."
                    yield Problem(row.line, reason, refused=False)

    def _chunk(self, rows: list[Row | BadRow], notes: list[Problem]) -> None:
        documents, problems = self._read(rows)
        with transaction.atomic():
            # Chunks of a workspace come one after the other: two imports of the same numbers would deadlock, and
            # numbers that are made must not be made twice.
            Workspace.objects.select_for_update(no_key=True).get(pk=self.run.workspace.pk)
            tally = replace(self.tally, lines=rows[-1].line, seconds=round(time.monotonic() - self.began, 2))
            numbered = self._numbered(documents, tally)
            loaded = arrivals.copy_in(self.run.job, numbered)
            problems += arrivals.refused(self.run.job, [each for each in numbered if each.control_number not in loaded])
            problems += [
                Problem(each.line, note, each.control_number, refused=False)
                for each in numbered
                if each.control_number in loaded
                for note in each.notes
            ]
            tally.loaded += len(loaded)
            tally.note(self.run.job, sorted(problems + notes, key=lambda problem: problem.line))
            tally.keep(self.run)
        self.tally = tally

    def _read(self, rows: list[Row | BadRow]) -> tuple[list[Incoming], list[Problem]]:
        documents: dict[str, Incoming] = {}
        problems: list[Problem] = []
        for row in rows:
            found = _incoming(row, self.mapping, self.tags)
            if isinstance(found, Problem):
                problems.append(found)
            elif (first := documents.setdefault(found.control_number or str(found.line), found)) is not found:
                reason = f"“{found.control_number}” is on line {first.line} already. The first one was kept."
                problems.append(Problem(found.line, reason, found.control_number))
        return list(documents.values()), problems

    def _numbered(self, documents: list[Incoming], tally: _Tally) -> list[Incoming]:
        if self.mapping.control_number is not None or not documents:
            return documents
        numbers, tally.number = arrivals.numbers(self.run.workspace.pk, len(documents), tally.number)
        return [
            Incoming(each.line, number, each.title, each.text, each.metadata, each.tags, each.notes)
            for each, number in zip(documents, numbers, strict=True)
        ]


def _chunks(table: Table) -> Iterator[list[Row | BadRow]]:
    chunk: list[Row | BadRow] = []
    characters = 0
    for row in table:
        chunk.append(row)
        if isinstance(row, Row):
            characters += sum(map(len, row.values.values()))
        if len(chunk) == CHUNK_ROWS or characters > CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _incoming(row: Row | BadRow, mapping: Mapping, tags: tuple[str, ...]) -> Incoming | Problem:
    if isinstance(row, BadRow):
        return Problem(row.line, row.reason)
    return read(row, mapping, tags, settings.DOCUMENT_TEXT_LIMIT)


def _problems_of(rows: Sequence[Row | BadRow], mapping: Mapping) -> Iterator[Problem]:
    for row in rows:
        found = _incoming(row, mapping, ()) if mapping.text or isinstance(row, BadRow) else None
        if isinstance(found, Problem):
            yield found
        elif found is not None:
            yield from (Problem(found.line, note, found.control_number, refused=False) for note in found.notes)


def _shown(value: str | tuple[str, ...]) -> str:
    return (value if isinstance(value, str) else "; ".join(value))[:SHOWN_CHARACTERS]
