"""Exports of annotated tasks: a job writes what people and models said about a project's documents to a file.

What came with a file leaves as it came, unless people changed it here; what was overwritten by a later import stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from reviewapp import access, formats
from reviewapp.domain import arrivals, audit, downloads, jobs, projects, uploads
from reviewapp.domain.mapping import Problem
from reviewapp.domain.task_fitting import identity
from reviewapp.errors import Invalid
from reviewapp.formats import BadTask, Filters, Prediction, Review, Task
from reviewapp.formats.label_studio import read_completion, read_prediction
from reviewapp.formats.results import read_result
from reviewapp.models import Completion, Decision, Job, Project, ProjectDocument, User, Verdict

ROWS_AT_A_TIME = 200
WRITING = "Writing tasks"


@dataclass(frozen=True)
class Wish:
    """Which tasks shall leave, how much of each, and in which of the formats."""

    format: str
    tags: Sequence[str] = ()
    labels: Sequence[str] = ()
    only_ground_truth: bool = False
    without_empty: bool = False

    @property
    def filters(self) -> Filters:
        return Filters(frozenset(self.tags), frozenset(self.labels), self.only_ground_truth, self.without_empty)


def request(project: Project, by: User, wish: Wish) -> Job:
    """Ask for a file of the project's tasks; managers may, who may see documents and labels."""
    projects.require(project, Project.Kind.ANNOTATION)
    access.require(by, project.workspace, "manage", "view_sources", "view_labels")
    if wish.format not in formats.FORMATS:
        message = f"“{wish.format[:40]}” is not a format. Formats: {', '.join(formats.FORMATS)}."
        raise Invalid(message, fields={"format": [message]})
    asked = {**asdict(wish), "tags": list(wish.tags), "labels": list(wish.labels)}
    with transaction.atomic():
        audit.record(by, "tasks.export", project, project.workspace, **asked)
        return jobs.request(Job.Kind.EXPORT_TASKS, project.workspace, project=project, by=by, **asked)


def write(run: jobs.Run) -> None:
    """The job: write the tasks aside, then let the finished file take its place."""
    wish, told = Wish(**run.job.parameters), _Told(run)
    last = run.project.items.order_by("-ordinal").values_list("ordinal", flat=True).first()
    tasks = partial(told.tasks, wish.filters, -1 if last is None else last)
    with downloads.unfinished(run) as place:
        downloads.fill(place, formats.write(tasks, wish.format, told.leave_out))  # type: ignore[arg-type] # checked
        with downloads.publishing(run, place):
            told.tally.note(run.job, told.problems)
            left_out = told.tally.refused + told.tally.changed
            run.finish(tasks=told.number, bytes=place.stat().st_size, left_out=left_out, **asdict(told.tally))


def tasks(project: Project, last: int) -> Iterator[Task]:
    """The project's documents up to this ordinal, in order, each with everything that was said about it."""
    answers = Completion.objects.exclude(annotation__overwritten=True).select_related(
        "reviewer", "annotation", "assignment"
    )
    rows = project.items.filter(removed=False).select_related("document", "checker", "origin").order_by("ordinal")
    rows = rows.prefetch_related(
        "predictions",
        Prefetch("completions", answers.order_by("pk")),
        Prefetch("completions__verdicts", Verdict.objects.select_related("checker").order_by("pk")),
        "comments__author",
    )
    done = -1
    while piece := list(rows.filter(ordinal__gt=done, ordinal__lte=last)[:ROWS_AT_A_TIME]):
        done = piece[-1].ordinal
        yield from map(task, piece)


def task(item: ProjectDocument) -> Task:
    """A place of a project with everything that was said about its document."""
    document = item.document
    data: dict[str, Any] = {**document.metadata, "text": document.text}
    data |= {"title": document.title} if document.title else {}
    rest: dict[str, Any] = dict(item.origin.rest) if hasattr(item, "origin") else {}
    if said := [_comment(each) for each in item.comments.all()]:
        rest["comments"] = [*(rest["comments"] if isinstance(rest.get("comments"), list) else []), *said]
    return Task(
        data,
        identity(document.control_number),
        tuple(completion(item, row) for row in item.completions.all()),
        tuple(_prediction(row) for row in item.predictions.all()),
        tuple(document.tags),
        rest,
    )


def completion(item: ProjectDocument, row: Completion) -> formats.Completion:
    """A completion as a file says it: with a star where it stands; what came with a file keeps its own."""
    kept = row.annotation if hasattr(row, "annotation") else None
    results = tuple(map(read_result, kept.result)) if kept else ()
    verdicts = list(row.verdicts.all())
    if kept is not None and kept.rest is not None:
        came = replace(read_completion(kept.rest), results=results)
        known = came.review is not None and came.review.approved is not None
        return replace(came, review=_review(verdicts[-1])) if len(verdicts) > known else came
    return formats.Completion(
        results,
        row.pk,
        row.reviewer.username,
        ground_truth=hasattr(row, "assignment"),
        cancelled=row.decision == Decision.SKIPPED,
        submitted_at=row.created_at.isoformat(),
        lead_time=(row.created_at - row.served_at).total_seconds() if row.served_at else None,
        review=_review(verdicts[-1]) if verdicts else _undecided(item),
        rest={name: word for name, word in (("skip_reason", row.reason), ("note", row.note)) if word},
    )


def _undecided(item: ProjectDocument) -> Review | None:
    return Review(reviewer=item.checker.username) if item.checker else None


def _review(verdict: Verdict) -> Review:
    return Review(verdict.accepted, verdict.checker.username, verdict.comment, verdict.created_at.isoformat())


def _prediction(row: Any) -> Prediction:
    results = tuple(map(read_result, row.result))
    if row.rest is not None:
        return replace(read_prediction(row.rest), results=results)
    return Prediction(results, model_version=row.model, score=row.confidence)


def _comment(said: Any) -> Mapping[str, str]:
    return {"author": said.author.username, "text": said.text, "created_at": said.created_at.isoformat()}


class _Told:
    """An export under way: how far it is, and what found no place in the file."""

    def __init__(self, run: jobs.Run) -> None:
        self._run, self._project = run, run.project
        self.number, self.problems, self.tally = 0, list[Problem](), arrivals.Tally()

    def tasks(self, filters: Filters, last: int) -> Iterator[Task]:
        """The tasks that leave; a format may ask twice."""
        self.number = 0
        for number, one in enumerate(filters.apply(self._watched(last)), start=1):
            self.number = number
            yield one

    def _watched(self, last: int) -> Iterator[Task]:
        for number, one in enumerate(tasks(self._project, last), start=1):
            if number % ROWS_AT_A_TIME == 0:
                uploads.check_space()
                self._run.report(WRITING, number, max(self._project.documents, number))
            yield one

    def leave_out(self, bad: BadTask) -> None:
        self.problems.append(Problem(bad.number, bad.reason, refused=False))
