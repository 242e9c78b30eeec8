"""Coding: a reviewer's answer becomes a completion, and the project counts it.

Completions are only ever added. A change of mind, a skip and an undo are completions too.
"""

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from reviewapp import access
from reviewapp.domain import audit, jobs, leases, locks, projects, queue, samples
from reviewapp.errors import Conflict, Invalid, NotFound, Refused, ReviewError
from reviewapp.models import (
    CODED,
    Completion,
    Decision,
    Document,
    Job,
    Look,
    Project,
    ProjectDocument,
    Reason,
    SecondLook,
    User,
)

ROLE = {"positive": Decision.POSITIVE, "negative": Decision.NEGATIVE, "neutral": Decision.NEUTRAL}
COUNTER = {
    Decision.POSITIVE: "positives",
    Decision.NEGATIVE: "negatives",
    Decision.NEUTRAL: "neutrals",
    Decision.SKIPPED: "skipped",
}

DRAW = random.SystemRandom()
IN_CONTROL_SET = {Decision.POSITIVE: "control_positives", Decision.NEGATIVE: "control_negatives"}
COUNTED = (
    *COUNTER.values(),
    *IN_CONTROL_SET.values(),
    "documents",
    "completions",
    "counted",
    "every_n",
    "trainings_due",
    "state",
)


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
    project: Project,
    reviewer: User,
    token: uuid.UUID,
    answer: Answer,
    looks: Iterable[leases.Look] | None = None,
    *,
    take_next: bool = True,
) -> Submitted:
    """Record the answer for the document that the lease token stands for, and lease the next one if it is wanted.

    ``looks`` stand in for the queue's own, as in :func:`queue.next_document`. Submitting the same token again changes
    nothing and gives the same completion. Raises :class:`Conflict` when the document is no longer checked out to the
    reviewer: nothing is written then.
    """

    def following() -> ProjectDocument | None:
        return _upcoming(project, reviewer, looks) if take_next else None

    projects.require(project, Project.Kind.REVIEW)
    locks.require_open(project)
    with transaction.atomic():
        item = leased(project, reviewer, token)
        if item is None:
            completion = _submitted_before(project, reviewer, token, answer)
            return Submitted(completion, leases.held(project, reviewer) or following())
        if item.served_reason == Reason.SECOND_LOOK:
            return Submitted(_look_again(project, item, reviewer, answer, token), following())
        was = item.decision
        completion = _record(project, item, reviewer, answer, token)
        _tell(project, item, completion, "document.code")
        upcoming = following()
        # The project's counters are one row that every reviewer writes: last, so that it is held only until the commit.
        _count_completion(project, was, completion)
    return Submitted(completion, upcoming)


def recode(project: Project, item: ProjectDocument, person: User, answer: Answer, revision: int) -> Completion:
    """Change a decision; ``revision`` is the one the person saw, and :class:`Conflict` is raised when it has moved on.

    Reviewers change their own decisions, managers anybody's.
    """
    locks.require_open(project)
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
        _tell(project, row, completion, "document.recode")
        _count_completion(project, was, completion)
    return completion


def undo(project: Project, reviewer: User) -> ProjectDocument:
    """Take back the reviewer's last decision and put that document into their hands again.

    Raises :class:`Conflict` when there is none to take back, or somebody has changed it since.
    """
    projects.require(project, Project.Kind.REVIEW)
    locks.require_open(project)
    with transaction.atomic():
        given = project.answers.filter(reviewer=reviewer).exclude(decision=Decision.WITHDRAWN)
        standing = given.filter(Q(item__current=F("pk"), adjudicated=None) | Q(look__isnull=False))
        last = standing.select_related("item", "look").order_by("-id").first()
        if last is None:
            raise Conflict("There is no decision of yours left to take back.")
        row = _locked(last.item)
        if hasattr(last, "look"):
            return _look_anew(project, row, last)
        if row.current_id != last.pk:
            raise Conflict(f"Somebody changed this decision meanwhile. It is now: {_said(row)}.")
        was = row.decision
        opened = leases.open_document(project, row, reviewer)
        completion = _withdraw(project, opened, reviewer, supersedes=row.current_id)
        ProjectDocument.objects.filter(pk=row.pk).update(
            decision=None,
            current=completion,
            revision=row.revision + 1,
            second_look=None if row.second_look == Look.WANTED else row.second_look,
            served_reason=last.served_reason,
            served_version=last.served_version,
            served_rank=last.served_rank,
        )
        _tell(project, row, completion, "document.undo")
        samples.reopen(project, opened)
        _count_completion(project, was, completion)
        return ProjectDocument.objects.select_related("document").get(pk=row.pk)


def place(project: Project, document_pk: int) -> ProjectDocument:
    """The document's place in the project; raises :class:`NotFound`."""
    item = project.items.select_related("document", "current").filter(document_id=document_pk, removed=False).first()
    if item is None:
        raise NotFound("This document is not in this project.")
    return item


def adjudicate(project: Project, look: SecondLook, manager: User, answer: Answer) -> Completion:
    """Decide where two people answered differently; the decision is a completion that trains.

    Raises :class:`Conflict` when that was decided already, or the document's decision has moved on since.
    """
    locks.require_open(project)
    with transaction.atomic():
        row = _locked(look.item)
        standing = SecondLook.objects.get(pk=look.pk)
        if standing.adjudication_id is not None or row.current_id != standing.first_id:
            raise Conflict(f"This was settled meanwhile. The decision is now: {_said(row)}.")
        if not answer.choice:
            raise Invalid("Choose one of the answers.", fields={"choice": ["Choose one."]})
        if _is_held_by_another(row, manager):
            raise Conflict("Somebody else has this document checked out.")
        was = row.decision
        row.served_reason = Reason.ADJUDICATION
        completion = _record(project, row, manager, answer, None)
        SecondLook.objects.filter(pk=look.pk).update(adjudication=completion)
        _tell(project, row, completion, "document.adjudicate")
        _count_completion(project, was, completion)
    return completion


def _look_again(
    project: Project, item: ProjectDocument, reviewer: User, answer: Answer, token: uuid.UUID
) -> Completion:
    """Keep a second, blind answer beside the first: it changes no decision, trains nothing and counts for nothing."""
    first = item.current
    assert first is not None  # only coded documents are handed out for it, and nobody else can touch a leased one
    completion = _append(project, item, reviewer, answer, token, supersedes=None)
    SecondLook.objects.create(project=project, item=item, first=first, second=completion)
    ProjectDocument.objects.filter(pk=item.pk).update(
        second_look=Look.DONE, reviewer=None, lease_token=None, leased_at=None, leased_until=None
    )
    _tell(project, ProjectDocument(document_id=item.document_id), completion, "document.second_look")
    return completion


def _look_anew(project: Project, row: ProjectDocument, last: Completion) -> ProjectDocument:
    """Take a second look back: the pair is gone, and the document is in the reviewer's hands again, as blind as before.

    Raises :class:`Conflict` when somebody has adjudicated it.
    """
    if last.look.adjudication_id is not None:
        raise Conflict("A manager has decided on your last answer meanwhile, so it cannot be taken back.")
    opened = leases.open_document(project, row, last.reviewer)
    opened.served_reason = Reason.SECOND_LOOK
    opened.served_version = last.served_version
    last.look.delete()
    withdrawn = _withdraw(project, opened, last.reviewer, supersedes=last.pk)
    opened.second_look = Look.WANTED
    opened.save(update_fields=["second_look", "served_reason", "served_version"])
    _tell(project, ProjectDocument(document_id=row.document_id), withdrawn, "document.undo")
    return opened


def leased(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    """The place that the token stands for, locked; None when the reviewer does not hold it.

    Raises :class:`Conflict` when the time for it ran out.
    """
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
    except ReviewError:  # paused meanwhile, or the list is gone: the decision counts all the same
        return None


def _record(
    project: Project, item: ProjectDocument, person: User, answer: Answer, token: uuid.UUID | None
) -> Completion:
    completion = _append(project, item, person, answer, token, supersedes=item.current_id)
    ProjectDocument.objects.filter(pk=item.pk).update(
        decision=completion.decision,
        current=completion,
        revision=item.revision + 1,
        second_look=_second_look(project, item, completion),
        returned_at=None,
        reviewer=None,
        lease_token=None,
        leased_at=None,
        leased_until=None,
        awaits=None,
    )
    return completion


def _second_look(project: Project, item: ProjectDocument, completion: Completion) -> int | None:
    """Whether the document is to be coded by two people: drawn once, when it is first coded.

    Nobody who codes can know beforehand: the draw does not come from the lease's token, which reviewers hold.
    """
    if item.second_look is not None or completion.decision not in CODED:
        return item.second_look
    return Look.WANTED.value if DRAW.random() < project.second_look_share else None


def _append(
    project: Project,
    item: ProjectDocument,
    person: User,
    answer: Answer,
    token: uuid.UUID | None,
    *,
    supersedes: int | None,
) -> Completion:
    role = projects.field(project).choice(answer.choice).role if answer.choice else None
    adjudicates = item.served_reason == Reason.ADJUDICATION
    return Completion.objects.create(
        project=project,
        item=item,
        reviewer=person,
        decision=Decision.SKIPPED if role is None else ROLE[role],
        choice=answer.choice,
        reason=answer.skip_reason,
        note=answer.note,
        supersedes_id=supersedes,
        served_reason=item.served_reason if token or adjudicates else Reason.CHOSEN,
        served_version=item.served_version if token else None,
        served_rank=item.served_rank if token else None,
        lease_token=token,
        served_at=item.leased_at if token else None,
    )


def _withdraw(project: Project, item: ProjectDocument, person: User, *, supersedes: int | None) -> Completion:
    blind = item.served_reason == Reason.SECOND_LOOK
    return Completion.objects.create(
        project=project,
        item=item,
        reviewer=person,
        decision=Decision.WITHDRAWN,
        reason="Undo",
        supersedes_id=supersedes,
        served_reason=Reason.SECOND_LOOK if blind else Reason.CHOSEN,
    )


def _tell(project: Project, item: ProjectDocument, completion: Completion, verb: str) -> None:
    """Put the decision on the audit trail: only there is it part of the chain."""
    said = {"project": project.pk, "completion": completion.pk, "choice": completion.choice}
    was, now = item.decision, completion.decision
    decisions = {"was": None if was is None else Decision(was).name.lower(), "now": Decision(now).name.lower()}
    document = Document(pk=item.document_id)  # only its number is written down, so it is not fetched for that
    audit.record(completion.reviewer, verb, document, project.workspace, **said, **decisions)


def _locked(item: ProjectDocument) -> ProjectDocument:
    # Not joined with its current completion: after waiting for the lock the join would still show the one before.
    return ProjectDocument.objects.select_for_update().get(pk=item.pk)


def _is_held_by_another(row: ProjectDocument, person: User) -> bool:
    live = row.leased_until is not None and row.leased_until >= timezone.now()
    return live and row.reviewer_id != person.pk


def _said(row: ProjectDocument) -> str:
    return (row.current.choice or Decision(row.current.decision).label) if row.current else "not coded"


def _count_completion(project: Project, was: int | None, completion: Completion) -> None:
    """Count a completion that is the document's decision now.

    Skips are not answers, so they do not count towards a training; nor do answers that the model will never see.
    """
    hidden, now = completion.item.in_control_set, completion.decision
    count(project, was, now, trains=not hidden and (now != Decision.SKIPPED or was in CODED), hidden=hidden)


def count(project: Project, was: int | None, now: int, *, trains: bool, hidden: bool = False) -> None:
    """Move the project's exact counters and make a training due when N completions are waiting (J-46).

    ``trains`` says whether a training would count this completion. ``project`` carries the new figures afterwards, so
    that the answer can show them without reading again.
    The question is about the *level* (completions beyond the last due training), asked under the row's lock: an event
    can be missed, a level cannot.
    """
    moves = _moves(COUNTER, was, now)
    if hidden:
        moves |= _moves(IN_CONTROL_SET, was, now)
    move(project, moves | {"completions": int(trains)})


def move(project: Project, moves: Mapping[str, int]) -> None:
    """Move these counters of the project by so much, and make a training due when N completions are waiting.

    One training, however many came at once: the rest waits with what comes next. As in :func:`count`.
    """
    assignments = ", ".join(f"{name} = {name} + %({name})s" for name in moves)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE reviewapp_project SET {assignments} WHERE id = %(project)s "  # noqa: S608 - our own column names
            f"RETURNING rolling_back_id, rollback_id, {', '.join(COUNTED)}",
            {**moves, "project": project.pk},
        )
        project.rolling_back_id, rollback, *counted = cursor.fetchone()
        for name, value in zip(COUNTED, counted, strict=True):
            setattr(project, name, value)
    locks.require_open(project)  # it may have been closed, or be rolled back, since a moment ago
    if rollback != project.rollback_id:
        raise Conflict("The project was rolled back meanwhile. Nothing was saved. Look again before you decide.")
    waiting = project.completions - project.counted
    if project.learns and waiting >= project.every_n:
        _make_training_due(project, waiting - waiting % project.every_n)


def _moves(counters: Mapping[Decision, str], was: int | None, now: int) -> dict[str, int]:
    """What each counter changes by when a decision does."""
    moves = dict.fromkeys(counters.values(), 0)
    if was is not None and was in counters:
        moves[counters[Decision(was)]] -= 1
    if now in counters:
        moves[counters[Decision(now)]] += 1
    return moves


def _make_training_due(project: Project, counted: int) -> None:
    project.counted, project.trainings_due = project.counted + counted, project.trainings_due + 1
    project.save(update_fields=["counted", "trainings_due"])
    sequence = project.trainings_due
    jobs.request(Job.Kind.TRAIN, project.workspace, project=project, sequence=sequence, source="active_learning")


def own_recent(project: Project, reviewer: User, limit: int = 20) -> list[Completion]:
    """The reviewer's last completions here, newest first."""
    rows = project.answers.filter(reviewer=reviewer).exclude(decision=Decision.WITHDRAWN)
    return list(rows.select_related("item__document").order_by("-id")[:limit])
