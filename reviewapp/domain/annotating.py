"""Annotating: a person marks a document, the draft is kept while they work, and what they submit is a completion.

An annotation is neither for nor against anything, so its completion is neutral: counters, cadence, leases, verdicts and
exports are those of a review, and no ranking can mistake it for a decision.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from reviewapp.domain import assignments, audit, coding, leases, locks, projects, task_orders
from reviewapp.errors import Conflict, Invalid
from reviewapp.labeling import Config, answers, stored
from reviewapp.labeling.answers import Result
from reviewapp.models import (
    Annotation,
    Assignment,
    Completion,
    Decision,
    Document,
    Draft,
    Prediction,
    Project,
    ProjectDocument,
    Reason,
    User,
)

LONGEST_REASON = 500
LONGEST_NOTE = 20_000


@dataclass(frozen=True)
class Suggestion:
    """A prediction as far as it fits the config of now; a result's own confidence stands beside it as ``score``."""

    model: str
    confidence: float | None
    result: list[Result]


@dataclass(frozen=True)
class Beginning:
    """What an annotator finds on opening a document."""

    result: list[Result]
    is_draft: bool  # not submitted yet
    before: Completion | None  # their own last completion
    suggestions: list[Suggestion]


@dataclass(frozen=True)
class Submitted:
    """The completion that was written, and the next document, already in the annotator's hands."""

    completion: Completion
    upcoming: ProjectDocument | None


def config(project: Project) -> Config:
    """What the project asks its annotators."""
    return stored(project.labeling_config)


def next_document(project: Project, annotator: User) -> ProjectDocument | None:
    """The document in the annotator's hands, else what was sent back to them, assigned to them, or is anybody's.

    What is anybody's comes in the project's order (:mod:`~reviewapp.domain.task_orders`).

    None when nothing is left; raises :class:`Conflict` while the project hands out nothing.
    """
    projects.require(project, Project.Kind.ANNOTATION)
    if project.state != Project.State.ACTIVE:
        state = project.get_state_display().lower()
        raise Conflict(f"This project is {state}, so no documents are handed out. A manager can resume it.")
    return leases.held(project, annotator) or task_orders.take(project, annotator)


def open_document(project: Project, item: ProjectDocument, annotator: User) -> ProjectDocument:
    """Put this document into the annotator's hands, to annotate it or to change what they submitted."""
    projects.require(project, Project.Kind.ANNOTATION)
    assignments.require(project, item, annotator)
    return leases.open_document(project, item, annotator)


def begin(project: Project, item: ProjectDocument, annotator: User) -> Beginning:
    """What to start from: the annotator's draft, else what they submitted last, else nothing and the suggestions."""
    asked, document = config(project), _document(project, item.document)
    draft = item.drafts.filter(annotator=annotator).first()
    before = last_of(item, annotator)
    given = draft.result if draft else before.annotation.result if before and hasattr(before, "annotation") else []
    suggestions = [
        Suggestion(row.model, row.confidence, _scored(fitting, row.result))
        for row in Prediction.objects.filter(item=item)
        if (fitting := answers.usable(asked, document, row.result))
    ]
    return Beginning(answers.usable(asked, document, given), draft is not None, before, suggestions)


def _scored(fitting: list[Result], given: list[Result]) -> list[Result]:
    """The results with the confidence that the file or model gave each of them, as Label Studio writes it."""
    sure = {(one["type"], one.get("id")): one.get("score", one.get("value", {}).get("confidence")) for one in given}
    scores = [sure.get((one["type"], one.get("id"))) for one in fitting]
    return [one if score is None else {**one, "score": score} for one, score in zip(fitting, scores, strict=True)]


def last_of(item: ProjectDocument, annotator: User) -> Completion | None:
    """The person's last completion of this document that no import overwrote."""
    own = item.completions.filter(reviewer=annotator).exclude(annotation__overwritten=True)
    return own.select_related("annotation").order_by("-pk").first()


def save_draft(project: Project, item: ProjectDocument, annotator: User, result: object) -> Draft:
    """Keep what the annotator has marked so far, and give them more time for the document.

    Raises :class:`~reviewapp.labeling.answers.InvalidAnswer` for what does not fit the text or the config.
    """
    projects.require(project, Project.Kind.ANNOTATION)
    locks.require_open(project)
    assignments.require(project, item, annotator)
    read = answers.read(config(project), _document(project, item.document), result, finished=False)
    with transaction.atomic():
        work = assignments.mine(item, annotator)
        if work.state in (Assignment.State.TO_DO, Assignment.State.SKIPPED):
            Assignment.objects.filter(pk=work.pk).update(state=Assignment.State.STARTED)
        leases.renew(item, annotator)
        draft, _ = Draft.objects.update_or_create(item=item, annotator=annotator, defaults={"result": read})
    return draft


def submit(
    project: Project, annotator: User, token: uuid.UUID, result: object, *, skip_reason: str = "", note: str = ""
) -> Submitted:
    """Record the annotation of the document that the lease token stands for, or its skip, and lease the next one.

    Submitting the same token again changes nothing. Raises :class:`Conflict` when the document is no longer in the
    annotator's hands, and :class:`~reviewapp.labeling.answers.InvalidAnswer` with every fault; nothing is written then
    and the draft stays.
    """
    projects.require(project, Project.Kind.ANNOTATION)
    locks.require_open(project)
    if len(skip_reason) > LONGEST_REASON or len(note) > LONGEST_NOTE:
        raise Invalid("A skip's reason has at most 500 characters, a note at most 20,000.")
    with transaction.atomic():
        item = coding.leased(project, annotator, token)
        if item is None:
            return Submitted(_submitted_before(project, annotator, token), _upcoming(project, annotator))
        read = None if skip_reason else _read(project, item, result)
        was = item.decision
        completion = _record(project, item, annotator, token, read, skip_reason, note)
        upcoming = _upcoming(project, annotator)
        # The project's counters last: everybody who submits writes this one row.
        assert item.decision is not None
        coding.count(project, was, item.decision, trains=not skip_reason and not item.in_control_set)
    return Submitted(completion, upcoming)


def _read(project: Project, item: ProjectDocument, result: object) -> list[Result]:
    return answers.read(config(project), _document(project, item.document), result)


def _document(project: Project, document: Document) -> answers.Document:
    return answers.Document.of(config(project), document.text, document.title)


def _record(
    project: Project,
    item: ProjectDocument,
    annotator: User,
    token: uuid.UUID,
    read: list[Result] | None,
    skip_reason: str,
    note: str,
) -> Completion:
    before = last_of(item, annotator)
    completion = Completion.objects.create(
        project=project,
        item=item,
        reviewer=annotator,
        decision=Decision.SKIPPED if read is None else Decision.NEUTRAL,
        reason=skip_reason,
        note=note,
        supersedes=before,
        served_reason=item.served_reason or Reason.CHOSEN,
        lease_token=token,
        served_at=item.leased_at,
    )
    if read is not None:
        Annotation.objects.create(completion=completion, result=read, regions=sum(1 for _ in answers.spans(read)))
    _stand(item, completion)
    Draft.objects.filter(item=item, annotator=annotator).delete()
    verb = "task.skip" if read is None else "task.annotate"
    said: dict[str, Any] = {"project": project.pk, "completion": completion.pk}
    audit.record(annotator, verb, Document(pk=item.document_id), project.workspace, **said)
    return completion


def _stand(item: ProjectDocument, completion: Completion) -> None:
    """Make the completion its author's answer, and the document's where it is an answer or nobody else gave one."""
    skipped = completion.decision == Decision.SKIPPED
    work = assignments.mine(item, completion.reviewer)
    state = Assignment.State.SKIPPED if skipped else Assignment.State.SUBMITTED
    Assignment.objects.filter(pk=work.pk).update(state=state, completion=None if skipped else completion)
    others = Assignment.objects.filter(item=item, completion__isnull=False).exclude(pk=work.pk)
    changes: dict[str, Any] = {"reviewer": None, "lease_token": None, "leased_at": None, "leased_until": None}
    if not skipped or not others.exists():
        item.decision = completion.decision
        changes |= {"decision": completion.decision, "current": completion, "revision": item.revision + 1}
    ProjectDocument.objects.filter(pk=item.pk).update(**changes, returned_at=None)


def _submitted_before(project: Project, annotator: User, token: uuid.UUID) -> Completion:
    before = project.answers.filter(lease_token=token, reviewer=annotator).first()
    if before is None:
        raise Conflict("This document is no longer checked out to you. Your draft is kept; open the document again.")
    return before


def _upcoming(project: Project, annotator: User) -> ProjectDocument | None:
    try:
        return next_document(project, annotator)
    except Conflict:  # paused meanwhile: the annotation counts all the same
        return None
