"""Imports of annotated tasks: a file is looked at, what becomes of tasks that are here is asked, a job writes them.

The job reads the file twice: once to refuse it whole where it is broken, before anything is written, once to write it
in pieces. One transaction writes a piece, lists what was wrong with its tasks, and moves the mark of the job; a later
try goes on behind it.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from django.core.files import File
from django.db import connection, transaction

from reviewapp import formats
from reviewapp.domain import arrivals, audit, jobs, locks, projects, task_writing, uploads
from reviewapp.domain.imports import merge_new_words
from reviewapp.domain.mapping import Problem
from reviewapp.domain.task_fitting import Fitted, control_number, fit
from reviewapp.domain.task_writing import Authors, Planned
from reviewapp.domain.uploads import Upload
from reviewapp.errors import Invalid, ReviewError
from reviewapp.formats import BadTask, Malformed, Task
from reviewapp.labeling import Config, stored
from reviewapp.models import Document, Job, Project, User, Workspace

PIECE = 200  # tasks
PIECE_CHARACTERS = 4_000_000
LOOKED_AT = 2_000  # tasks of a file, to say what would happen
SHOWN = 100  # problems of those
TOLD_EVERY = 1_000  # tasks
CHECKING, LOADING = "Checking the file", "Loading tasks"


@dataclass
class Preview:
    """What an import would do, as far as the first :data:`LOOKED_AT` tasks say; ``whole`` when there are no more."""

    looked_at: int = 0
    whole: bool = True
    new: int = 0
    present: int = 0
    refused: int = 0
    completions: int = 0
    predictions: int = 0
    strangers: dict[str, int] = field(default_factory=dict)  # names that are nobody here, with their completions
    problems: list[Problem] = field(default_factory=list)


def receive(file: "File[Any]", filename: str, project: Project, by: User) -> tuple[Upload, Preview]:
    """Keep a file of tasks that somebody sent, and look at it; nothing is kept of one that cannot be read.

    Raises :class:`Conflict` for a closed project.
    """
    projects.require(project, Project.Kind.ANNOTATION)
    locks.require_open(project)
    upload = uploads.find(uploads.stash(file, filename, project.workspace, by), project.workspace, by)
    try:
        seen = preview(upload, project, by)
        audit.record(by, "upload.create", project.workspace, project.workspace, filename=upload.filename)
    except ReviewError:
        uploads.forget(upload)
        raise
    return upload, seen


def preview(upload: Upload, project: Project, by: User) -> Preview:
    """Look at the first tasks of an upload; raises :class:`Invalid` when it cannot be read as tasks."""
    seen, authors, config = Preview(), Authors(project, by), stored(project.labeling_config)
    tasks, known = formats.read(upload.path, upload.filename), set[Any]()
    for piece in _pieces(islice(tasks, LOOKED_AT)):
        plan = _plan(piece, project.workspace, config, "overwrite", seen.looked_at + 1, known)
        seen.looked_at += len(piece)
        seen.refused += len(plan.problems)
        seen.problems += plan.problems[: SHOWN - len(seen.problems)]
        for fitted, action in plan.tasks:
            seen.new += action == "add"
            seen.present += action == "overwrite"
            seen.completions += len(fitted.completions)
            seen.predictions += len(fitted.predictions)
            for name in authors.strangers(fitted):
                seen.strangers[name] = seen.strangers.get(name, 0) + 1
    seen.whole = next(tasks, None) is None
    if not seen.looked_at:
        raise Invalid("The file has no tasks.")
    return seen


def discard(upload_id: str, project: Project, by: User) -> None:
    """Remove an upload that will not be imported; raises :class:`NotFound` for one that is not the person's."""
    upload = uploads.find(upload_id, project.workspace, by)
    audit.record(by, "upload.discard", project.workspace, project.workspace, filename=upload.filename)
    uploads.forget(upload)


def request(project: Project, by: User, upload_id: str, conflict: str) -> Job:
    """Ask for the import of an upload; ``conflict`` says what becomes of tasks that are here: overwrite or skip.

    Raises :class:`Invalid` when it says nothing: nobody decides that in silence.
    """
    projects.require(project, Project.Kind.ANNOTATION)
    asked = {"conflict": formats.decided(conflict)}
    upload = uploads.find(upload_id, project.workspace, by)
    with transaction.atomic():
        locks.require_open(project)
        told: dict[str, Any] = {"upload": upload.id, "filename": upload.filename, **asked}
        job = jobs.request(Job.Kind.IMPORT_TASKS, project.workspace, project=project, by=by, **told)
        audit.record(by, "tasks.import", project, project.workspace, filename=upload.filename, job=job.pk, **asked)
    return job


def run(run: jobs.Run) -> None:
    """Do the work of an import; raises :class:`Invalid`, with nothing written, when the file as a whole is broken."""
    upload = uploads.open_for(run.job)
    total = _checked(run, upload)
    load = _Load(run, upload)
    try:
        load.everything(total)
    except jobs.Cancelled:
        _adopt(run)  # what is in stays in
        raise
    merge_new_words()
    with transaction.atomic():
        _adopt(run)
        audit.record(run.job.requested_by, "tasks.imported", run.project, run.workspace, **load.tally.told())
        run.finish(**asdict(load.tally))
    uploads.forget(upload)


def _checked(run: jobs.Run, upload: Upload) -> int:
    """How many tasks the file has; raises :class:`Invalid` where it cannot be read to its end."""
    number = 0
    for number, _ in enumerate(formats.read(upload.path, upload.filename), start=1):
        if number % TOLD_EVERY == 0:
            run.report(CHECKING, number)
    if not number:
        raise Invalid("The file has no tasks.")
    return number


def _adopt(run: jobs.Run) -> None:
    """Take the new documents into every project of the workspace that wants them, and have them indexed."""
    with transaction.atomic():
        projects.adopt(run.workspace, run.job.requested_by)
        projects.repopulate(run.project, run.job.requested_by)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE reviewapp_projectdocument")


@dataclass
class _Tally(arrivals.Tally):
    """What the job's result says, during the import and after it."""

    tasks: int = 0  # the last one that is dealt with
    added: int = 0
    overwritten: int = 0
    skipped: int = 0
    completions: int = 0
    predictions: int = 0
    seconds: float = 0.0

    def take(self, plan: "_Plan", made: task_writing.Written) -> None:
        """Count what became of a piece."""
        self.skipped += plan.skipped
        self.added += made.added
        self.overwritten += made.overwritten
        self.completions += made.completions
        self.predictions += made.predictions

    def told(self) -> dict[str, int]:
        """The figures of the audit trail."""
        names = ("added", "overwritten", "skipped", "refused", "completions", "predictions")
        return {name: getattr(self, name) for name in names}


@dataclass
class _Plan:
    """What shall be done with a piece."""

    tasks: list[Planned] = field(default_factory=list)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass
class _Load:
    """One attempt at a file."""

    run: jobs.Run
    upload: Upload
    tally: _Tally = field(init=False)
    began: float = field(init=False)
    seen: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tally = _Tally(**self.run.job.result)
        self.began = time.monotonic() - self.tally.seconds
        by = self.run.job.requested_by
        assert by is not None
        project = self.run.project
        self.authors, self.config = Authors(project, by), stored(project.labeling_config)

    def everything(self, total: int) -> None:
        done = 0
        for piece in _pieces(formats.read(self.upload.path, self.upload.filename)):
            uploads.check_space()
            if done + len(piece) > self.tally.tasks:
                self._write(piece, done + 1)
            else:
                self.seen |= {task.id for task in map(_named, piece) if isinstance(task, Task) and task.id}
            done += len(piece)
            self.run.report(LOADING, done, total)

    def _write(self, piece: list[Task | BadTask], first: int) -> None:
        project = self.run.project
        with transaction.atomic():
            # Imports of a workspace come one after the other, so that no number is made or taken twice.
            Workspace.objects.select_for_update(no_key=True).get(pk=self.run.workspace.pk)
            conflict = self.run.job.parameters["conflict"]
            plan = _plan(piece, project.workspace, self.config, conflict, first, self.seen)
            made = task_writing.write(self.run.job, project, self.authors, plan.tasks)
            notes = [note for fitted, _ in plan.tasks if (note := self._note(fitted))]
            problems = sorted(plan.problems + made.problems + notes, key=lambda problem: problem.line)
            seconds = round(time.monotonic() - self.began, 2)
            tally = replace(self.tally, tasks=first + len(piece) - 1, seconds=seconds)
            tally.take(plan, made)
            tally.note(self.run.job, problems)
            tally.keep(self.run)
        self.tally = tally

    def _note(self, fitted: Fitted) -> Problem | None:
        """What is not as the file says."""
        names = sorted({name or "nobody named" for name in self.authors.strangers(fitted)})
        if not names:
            return None
        said = f"Completions of people who are not here ({', '.join(names)[:200]}) are yours; their names are kept."
        return Problem(fitted.number, said, fitted.control_number, refused=False)


def _pieces(tasks: Iterator[Task | BadTask]) -> Iterator[list[Task | BadTask]]:
    piece, characters = list[Task | BadTask](), 0
    for task in tasks:
        piece.append(task)
        characters += len(task.text()) if isinstance(task, Task) else 0
        if len(piece) == PIECE or characters > PIECE_CHARACTERS:
            yield piece
            piece, characters = [], 0
    if piece:
        yield piece


def _plan(
    piece: list[Task | BadTask], workspace: Workspace, config: Config, conflict: str, first: int, seen: set[Any]
) -> _Plan:
    """Say of each task whether it is added, overwrites, is skipped, or cannot be taken in."""
    named = [_named(task) for task in piece]
    numbers = {task.id for task in named if isinstance(task, Task)}
    there = Document.objects.filter(workspace=workspace, control_number__in=numbers - {None})
    present = set(there.values_list("control_number", flat=True))
    plan = _Plan()
    settled = formats.settle(named, present, conflict=conflict, first=first, seen=seen)
    for number, incoming in enumerate(settled, start=first):
        if isinstance(incoming, BadTask):
            place = f"Line {incoming.line}: " if incoming.line else ""
            plan.problems.append(Problem(number, f"{place}{incoming.reason}"))
        elif incoming.action == "skip":
            plan.skipped += 1
        else:
            try:
                plan.tasks.append((fit(number, incoming.task, config), incoming.action))
            except Malformed as problem:
                plan.problems.append(Problem(number, _sentence(problem), str(incoming.task.id or "")))
    return plan


def _named(task: Task | BadTask) -> Task | BadTask:
    """The task with its id as the control number of a document."""
    if isinstance(task, BadTask):
        return task
    try:
        return replace(task, id=control_number(task.id) or None)
    except Malformed as problem:
        return BadTask(0, 0, _sentence(problem))


def _sentence(problem: Malformed) -> str:
    said = str(problem)
    return f"{said[0].upper()}{said[1:]}."
