"""Coding: a reviewer's answer becomes a completion, and the project counts it.

Completions are only ever added. A change of mind, a skip and an undo are completions too.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from reviewapp import access
from reviewapp.domain import jobs, leases, projects, queue
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import CODED, Completion, Decision, Job, Project, ProjectDocument, Reason, User

ROLE = {"positive": Decision.POSITIVE, "negative": Decision.NEGATIVE, "neutral": Decision.NEUTRAL}
COUNTER = {
    Decision.POSITIVE: "positives",
    Decision.NEGATIVE: "negatives",
    Decision.NEUTRAL: "neutrals",
    Decision.SKIPPED: "skipped",
}

COUNTED = (*COUNTER.values(), "documents", "completions", "counted", "every_n", "trainings_due")


@dataclass(frozen=True)
class Answer:
    """What the reviewer said about one document: a choice, or a skip with its reason."""

    choice: str = ""
    skip_reason: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.choice) == bool(self.skip_reason):
            raise Invalid("Give either a choice, or the reason for skipping.", fields={"choice": ["Choose or skip."]})
        if len(self.skip_reason) > 500 or len(self.note) > 20_000:
            raise Invalid("A skip's reason has at most 500 characters, a note at most 20,000.")


@dataclass(frozen=True)
class Submitted:
    """The completion that was written, and the next document, already in the reviewer's hands."""

    completion: Completion
    upcoming: ProjectDocument | None


def submit(
    project: Project, reviewer: User, token: uuid.UUID, answer: Answer, looks: Iterable[leases.Look] | None = None
) -> Submitted:
    """Record the answer for the document that the lease token stands for, and lease the next one.

    ``looks`` stand in for the queue's own, as in :func:`queue.next_document`. Submitting the same token again changes
    nothing and gives the same completion. Raises :class:`Conflict` when the document is no longer checked out to the
    reviewer: nothing is written then.
    """
    with transaction.atomic():
        item = _leased(project, reviewer, token)
        if item is None:
            completion = _submitted_before(project, reviewer, token, answer)
            return Submitted(completion, leases.held(project, reviewer) or _upcoming(project, reviewer, looks))
        was = item.decision
        completion = _record(project, item, reviewer, answer, token)
        upcoming = _upcoming(project, reviewer, looks)
        # The project's counters are one row that every reviewer writes: last, so that it is held only until the commit.
        _count(project, was, completion)
    return Submitted(completion, upcoming)


def recode(project: Project, item: ProjectDocument, person: User, answer: Answer, revision: int) -> Completion:
    """Change a decision; ``revision`` is the one the person saw, and :class:`Conflict` is raised when it has moved on.

    Reviewers change their own decisions, managers anybody's.
    """
    with transaction.atomic():
        row = _locked(item)
        if row.revision != revision:
            raise Conflict(f"Somebody changed this decision meanwhile. It is now: {_said(row)}.")
        if _is_held_by_another(row, person):
            raise Conflict("Somebody else has this document checked out.")
        if (
            row.current
            and row.current.reviewer_id != person.pk
            and "manage" not in access.rights(person, project.workspace)
        ):
            raise Refused("You can change your own decisions; a manager can change this one.")
        was = row.decision
        completion = _record(project, row, person, answer, None)
        _count(project, was, completion)
    return completion


def undo(project: Project, reviewer: User) -> ProjectDocument:
    """Take back the reviewer's last decision and put that document into their hands again.

    Raises :class:`Conflict` when there is none to take back, or somebody has changed it since.
    """
    with transaction.atomic():
        standing = project.answers.filter(reviewer=reviewer, item__current=F("pk")).exclude(decision=Decision.WITHDRAWN)
        last = standing.select_related("item").order_by("-id").first()
        if last is None:
            raise Conflict("There is no decision of yours left to take back.")
        row = _locked(last.item)
        if row.current_id != last.pk:
            raise Conflict(f"Somebody changed this decision meanwhile. It is now: {_said(row)}.")
        was = row.decision
        opened = leases.open_document(project, row, reviewer)
        completion = _append(project, opened, reviewer, Decision.WITHDRAWN, "", "Undo", "", None)
        ProjectDocument.objects.filter(pk=row.pk).update(
            decision=None,
            current=completion,
            revision=row.revision + 1,
            served_reason=last.served_reason,
            served_version=last.served_version,
            served_rank=last.served_rank,
        )
        _count(project, was, completion)
        return ProjectDocument.objects.select_related("document").get(pk=row.pk)


def place(project: Project, document_pk: int) -> ProjectDocument:
    """The document's place in the project; raises :class:`NotFound`."""
    item = project.items.select_related("document", "current").filter(document_id=document_pk, removed=False).first()
    if item is None:
        raise NotFound("This document is not in this project.")
    return item


def _leased(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    item = leases.leased(project, reviewer, token)
    if item and item.leased_until and item.leased_until < timezone.now():
        raise Conflict("The time for this document ran out and it went back to the queue. Nothing was saved.")
    return item


def _submitted_before(project: Project, reviewer: User, token: uuid.UUID, answer: Answer) -> Completion:
    before = project.answers.filter(lease_token=token, reviewer=reviewer).first()
    if before is None:
        raise Conflict("This document is no longer checked out to you. Nothing was saved.")
    if (before.choice, before.reason) != (answer.choice, answer.skip_reason):
        raise Conflict(
            f"This document was already submitted as “{before.choice or 'skipped'}”. Recode it to change that."
        )
    return before


def _upcoming(project: Project, reviewer: User, looks: Iterable[leases.Look] | None) -> ProjectDocument | None:
    try:
        return queue.take_next(project, reviewer, looks)
    except Conflict:  # paused meanwhile: the decision counts all the same
        return None


def _record(
    project: Project, item: ProjectDocument, person: User, answer: Answer, token: uuid.UUID | None
) -> Completion:
    decision = ROLE[projects.field(project).choice(answer.choice).role] if answer.choice else Decision.SKIPPED
    completion = _append(project, item, person, decision, answer.choice, answer.skip_reason, answer.note, token)
    ProjectDocument.objects.filter(pk=item.pk).update(
        decision=decision,
        current=completion,
        revision=item.revision + 1,
        returned_at=None,
        reviewer=None,
        lease_token=None,
        leased_at=None,
        leased_until=None,
    )
    return completion


def _append(
    project: Project,
    item: ProjectDocument,
    person: User,
    decision: Decision,
    choice: str,
    reason: str,
    note: str,
    token: uuid.UUID | None,
) -> Completion:
    return Completion.objects.create(
        project=project,
        item=item,
        reviewer=person,
        decision=decision,
        choice=choice,
        reason=reason,
        note=note,
        supersedes_id=item.current_id,
        served_reason=item.served_reason if token else Reason.CHOSEN,
        served_version=item.served_version if token else None,
        served_rank=item.served_rank if token else None,
        lease_token=token,
        served_at=item.leased_at if token else None,
    )


def _locked(item: ProjectDocument) -> ProjectDocument:
    # Not joined with its current completion: after waiting for the lock the join would still show the one before.
    return ProjectDocument.objects.select_for_update().get(pk=item.pk)


def _is_held_by_another(row: ProjectDocument, person: User) -> bool:
    live = row.leased_until is not None and row.leased_until >= timezone.now()
    return live and row.reviewer_id != person.pk


def _said(row: ProjectDocument) -> str:
    return (row.current.choice or Decision(row.current.decision).label) if row.current else "not coded"


def _count(project: Project, was: int | None, completion: Completion) -> None:
    """Move the project's exact counters and ask for a training when N completions are waiting (J-46).

    ``project`` carries the new figures afterwards, so that the answer can show them without reading again.
    The question is about the *level* (completions beyond the last due training), asked under the row's lock: an event
    can be missed, a level cannot. Skips are not answers, so they do not count towards a training.
    """
    moves = dict.fromkeys(COUNTER.values(), 0)
    if was in COUNTER:
        moves[COUNTER[Decision(was)]] -= 1
    if completion.decision in COUNTER:
        moves[COUNTER[Decision(completion.decision)]] += 1
    moves["completions"] = int(completion.decision != Decision.SKIPPED or was in CODED)
    assignments = ", ".join(f"{name} = {name} + %({name})s" for name in moves)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE reviewapp_project SET {assignments} WHERE id = %(project)s "  # noqa: S608 - our own column names
            f"RETURNING {', '.join(COUNTED)}",
            {**moves, "project": project.pk},
        )
        for name, value in zip(COUNTED, cursor.fetchone(), strict=True):
            setattr(project, name, value)
    waiting = project.completions - project.counted
    if waiting >= project.every_n:
        _make_training_due(project, waiting - waiting % project.every_n)


def _make_training_due(project: Project, counted: int) -> None:
    project.counted, project.trainings_due = project.counted + counted, project.trainings_due + 1
    project.save(update_fields=["counted", "trainings_due"])
    sequence = project.trainings_due
    jobs.request(Job.Kind.TRAIN, project.workspace, project=project, sequence=sequence, source="active_learning")


def own_recent(project: Project, reviewer: User, limit: int = 20) -> list[Completion]:
    """The reviewer's last completions here, newest first."""
    rows = project.answers.filter(reviewer=reviewer).exclude(decision=Decision.WITHDRAWN)
    return list(rows.select_related("item__document").order_by("-id")[:limit])
