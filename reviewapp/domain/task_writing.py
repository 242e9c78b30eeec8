"""Tasks of a file written into a project: documents, completions, verdicts and predictions, a piece at a time.

A completion of somebody who is not of the workspace belongs to whoever imports it; the name in the file is kept with
it and leaves again in an export.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from reviewapp.domain import arrivals, coding, people, projects
from reviewapp.domain.mapping import Incoming, Problem, checked_tags
from reviewapp.domain.task_fitting import Answered, Fitted
from reviewapp.errors import Invalid
from reviewapp.labeling import answers
from reviewapp.models import (
    Annotation,
    Assignment,
    Completion,
    Decision,
    Document,
    Draft,
    Job,
    Prediction,
    Project,
    ProjectDocument,
    Reason,
    TaskOrigin,
    User,
    Verdict,
)

Action = Literal["add", "overwrite"]
Planned = tuple[Fitted, Action]


class Authors:
    """Who the names in a file are: members of the workspace by user name or address, else whoever imports."""

    def __init__(self, project: Project, importer: User) -> None:
        members = [member.user for member in people.members(project.workspace)]
        self._known = {user.email.casefold(): user for user in members if user.email}
        self._known |= {user.username.casefold(): user for user in members}
        self._importer = importer

    def find(self, name: str) -> User | None:
        """The member of this name."""
        return self._known.get(name.casefold())

    def stand_in(self, name: str) -> User:
        """The member of this name, or whoever imports."""
        return self.find(name) or self._importer

    def strangers(self, fitted: Fitted) -> list[str]:
        """The names of annotators who are nobody here, one for each completion."""
        names = (answer.said.annotator for answer in fitted.completions)
        return [name for name in names if self.find(name) is None]


@dataclass
class Written:
    """What became of a piece."""

    added: int = 0
    overwritten: int = 0
    completions: int = 0
    predictions: int = 0
    problems: list[Problem] = field(default_factory=list)


def write(job: Job, project: Project, authors: Authors, planned: Sequence[Planned]) -> Written:
    """Write a piece, in a transaction that holds the workspace's row.

    Places are locked before the project, as coding does it.
    """
    made = Written()
    placed = [*_overwritten(project, planned, made), *_added(job, project, planned, made)]
    answered = [
        _Given(item, answer, authors.stand_in(answer.said.annotator))
        for fitted, item in placed
        for answer in fitted.completions
    ]
    _keep_completions(project, answered, authors)
    _keep_beside(placed)
    moves = _settle([item for _, item in placed], answered, authors)
    made.completions = len(answered)
    made.predictions = sum(len(fitted.predictions) for fitted, _ in placed)
    coding.move(project, moves)
    return made


@dataclass
class _Given:
    """A completion on its way into its table."""

    item: ProjectDocument
    answer: Answered
    author: User
    row: Completion = field(init=False)


def _overwritten(
    project: Project, planned: Sequence[Planned], made: Written
) -> Iterator[tuple[Fitted, ProjectDocument]]:
    """The places of tasks that are here already, locked and cleared of what was said there."""
    wanted = {fitted.control_number: fitted for fitted, action in planned if action == "overwrite"}
    rows = ProjectDocument.objects.select_for_update(of=("self",)).select_related("document").order_by("pk")
    found = {
        item.document.control_number: item
        for item in rows.filter(project=project, removed=False, document__control_number__in=wanted)
    }
    kept = []
    for number, fitted in wanted.items():
        item = found.get(number)
        reason = _refusal(fitted, item) if item else "is the number of a document that is not in this project."
        if reason or item is None:
            made.problems.append(Problem(fitted.number, f"“{number}” {reason}", number))
            continue
        kept.append((fitted, item))
    made.overwritten = len(kept)
    _clear([item for _, item in kept])
    _tag([(fitted, item.document) for fitted, item in kept])
    return iter(kept)


def _refusal(fitted: Fitted, item: ProjectDocument) -> str:
    """Why the task cannot take the place of what is here; empty when it can."""
    if item.document.text != fitted.text:
        return "has another text here, and the text of a document never changes. Give the task another id."
    try:
        checked_tags((*item.document.tags, *fitted.tags))
    except Invalid as problem:
        return f"cannot take the tags: {problem}"
    return ""


def _clear(items: Sequence[ProjectDocument]) -> None:
    """Completions stay on record, marked; suggestions, drafts and finished work go."""
    Annotation.objects.filter(completion__item__in=items).update(overwritten=True)
    silent = Completion.objects.filter(item__in=items, annotation=None)  # what was skipped
    Annotation.objects.bulk_create(Annotation(completion=row, result=[], regions=0, overwritten=True) for row in silent)
    Prediction.objects.filter(item__in=items).delete()
    Draft.objects.filter(item__in=items).delete()
    Assignment.objects.filter(item__in=items).exclude(state=Assignment.State.TO_DO).delete()
    TaskOrigin.objects.filter(item__in=items).delete()


def _tag(pairs: Sequence[tuple[Fitted, Document]]) -> None:
    changed = []
    for fitted, document in pairs:
        if more := [tag for tag in fitted.tags if tag not in document.tags]:
            document.tags = [*document.tags, *more]
            changed.append(document)
    Document.objects.bulk_update(changed, ["tags"])


def _added(
    job: Job, project: Project, planned: Sequence[Planned], made: Written
) -> Iterator[tuple[Fitted, ProjectDocument]]:
    """The places of new tasks."""
    new = [fitted for fitted, action in planned if action == "add"]
    unnamed = [fitted for fitted in new if not fitted.control_number]
    made_up, _ = arrivals.numbers(project.workspace_id, len(unnamed)) if unnamed else ([], 0)
    numbers = {fitted.number: number for fitted, number in zip(unnamed, made_up, strict=True)}
    documents = {fitted.number: _document(fitted, numbers, project) for fitted in new}
    loaded = arrivals.copy_in(job, list(documents.values()))
    made.problems += arrivals.refused(job, [each for each in documents.values() if each.control_number not in loaded])
    rows = dict(project.workspace.documents.filter(control_number__in=loaded).values_list("control_number", "pk"))
    projects.add_documents(project, among=list(rows.values()))
    items = {item.document_id: item for item in project.items.filter(document__in=rows.values())}
    made.added = len(loaded)
    return (
        (fitted, items[rows[name]]) for fitted in new if (name := documents[fitted.number].control_number) in loaded
    )


def _document(fitted: Fitted, numbers: Mapping[int, str], project: Project) -> Incoming:
    """The task's document; in a project for some tags it gets the first of them where it has none."""
    tags = fitted.tags
    if project.document_tags and not set(tags) & set(project.document_tags):
        tags = (*tags, project.document_tags[0])
    number = fitted.control_number or numbers[fitted.number]
    return Incoming(fitted.number, number, fitted.title, fitted.text, fitted.metadata, tags, ())


def _keep_completions(project: Project, given: Sequence[_Given], authors: Authors) -> None:
    rows = Completion.objects.bulk_create(
        Completion(
            project=project,
            item=each.item,
            reviewer=each.author,
            decision=Decision.SKIPPED if each.answer.said.cancelled else Decision.NEUTRAL,
            reason=each.answer.skip_reason,
            note=each.answer.note,
            served_reason=Reason.IMPORTED,
        )
        for each in given
    )
    for each, row in zip(given, rows, strict=True):
        each.row = row
    Annotation.objects.bulk_create(
        Annotation(
            completion=each.row,
            result=each.answer.result,
            regions=sum(1 for _ in answers.spans(each.answer.result)),
            rest=each.answer.rest,
        )
        for each in given
    )
    Verdict.objects.bulk_create(
        Verdict(
            completion=each.row,
            checker=authors.stand_in(review.reviewer),
            accepted=review.approved,
            comment=review.comment,
        )
        for each in given
        if (review := each.answer.said.review) and review.approved is not None
    )


def _keep_beside(placed: Sequence[tuple[Fitted, ProjectDocument]]) -> None:
    """Predictions, and what has no place of its own."""
    TaskOrigin.objects.bulk_create(TaskOrigin(item=item, rest=fitted.rest) for fitted, item in placed if fitted.rest)
    Prediction.objects.bulk_create(
        Prediction(item=item, model=each.model, result=each.result, confidence=each.confidence, rest=each.rest)
        for fitted, item in placed
        for each in fitted.predictions
    )


def _settle(items: Sequence[ProjectDocument], given: Sequence[_Given], authors: Authors) -> dict[str, int]:
    """Say of each document and each author what stands now; returns what the project's counters move by."""
    works: dict[tuple[int, int], list[_Given]] = {}
    standing: dict[int, Completion] = {}
    for each in given:
        works.setdefault((each.item.pk, each.author.pk), []).append(each)
        before = standing.get(each.item.pk)
        if before is None or before.decision == Decision.SKIPPED or not each.answer.said.cancelled:
            standing[each.item.pk] = each.row
        if (review := each.answer.said.review) and review.approved is None:
            each.item.checker = authors.stand_in(review.reviewer)  # who still has to decide
    Assignment.objects.bulk_create(
        (_work(said) for said in works.values()),
        update_conflicts=True,
        unique_fields=["item", "annotator"],
        update_fields=["state", "completion"],
    )
    moves = {"neutrals": 0, "skipped": 0}
    for item in items:
        now = standing.get(item.pk)
        for counter, decision in (("neutrals", Decision.NEUTRAL), ("skipped", Decision.SKIPPED)):
            moves[counter] += (now is not None and now.decision == decision) - (item.decision == decision)
        item.decision, item.current = (now.decision, now) if now else (None, None)
        item.revision += 1
    ProjectDocument.objects.bulk_update(items, ["decision", "current", "revision", "checker"])
    trains = sum(not each.answer.said.cancelled and not each.item.in_control_set for each in given)
    return moves | {"completions": trains}


def _work(said: Sequence[_Given]) -> Assignment:
    """Whose answer stands: the last accepted one, else the last, unless it was rejected or is a skip."""
    accepted = [each for each in said if each.answer.verdict]
    last = accepted[-1] if accepted else said[-1]
    state = Assignment.State.SUBMITTED
    if last.answer.said.cancelled:
        state = Assignment.State.SKIPPED
    elif last.answer.verdict is not None:
        state = Assignment.State.ACCEPTED if last.answer.verdict else Assignment.State.TO_CORRECT
    stands = state in (Assignment.State.SUBMITTED, Assignment.State.ACCEPTED)
    return Assignment(item=last.item, annotator=last.author, state=state, completion=last.row if stands else None)
