"""Assignments: who annotates which documents, and how far each of them is."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from reviewapp import access
from reviewapp.domain import audit, locks
from reviewapp.errors import Conflict, Invalid, Refused
from reviewapp.models import Assignment, Completion, Project, ProjectDocument, User

UNFINISHED = (Assignment.State.TO_DO, Assignment.State.STARTED, Assignment.State.SKIPPED)


def assign(
    project: Project, documents: Sequence[int], annotators: Sequence[User], by: User, *, each: int | None = None
) -> int:
    """Ask these people to annotate these documents (primary keys); returns how many assignments are new.

    With ``each`` every document goes to so many of them, in turns; else to all of them. Raises :class:`Invalid` for
    people who may not annotate here, :class:`Conflict` for a closed project.
    """
    _require_annotators(project, annotators)
    if each is not None and not 1 <= each <= len(annotators):
        message = f"Between 1 and {len(annotators)} people can work on each document."
        raise Invalid(message, fields={"each": [message]})
    share = each or len(annotators)
    with transaction.atomic():
        rows = project.items.filter(document__in=documents, removed=False).order_by("ordinal")
        places = list(rows.values_list("pk", flat=True))
        before = Assignment.objects.filter(item__in=places).count()
        Assignment.objects.bulk_create(
            [
                Assignment(item_id=item, annotator=annotators[(place * share + turn) % len(annotators)])
                for place, item in enumerate(places)
                for turn in range(share)
            ],
            ignore_conflicts=True,
        )
        made = Assignment.objects.filter(item__in=places).count() - before
        locks.hold_open(project)  # after the documents, as annotating locks too
        people = [annotator.pk for annotator in annotators]
        audit.record(by, "task.assign", project, project.workspace, documents=len(places), people=people, made=made)
    return made


def withdraw(project: Project, documents: Sequence[int], annotators: Sequence[User], by: User) -> int:
    """Ask these people no more to annotate these documents; what they submitted stays. Returns how many ended.

    Raises :class:`Conflict` for a closed project.
    """
    with transaction.atomic():
        rows = Assignment.objects.filter(item__project=project, item__document__in=documents, annotator__in=annotators)
        ended, _ = rows.filter(state__in=UNFINISHED).delete()
        locks.hold_open(project)
        people = [annotator.pk for annotator in annotators]
        audit.record(
            by, "task.unassign", project, project.workspace, documents=len(documents), people=people, made=ended
        )
    return ended


def mine(item: ProjectDocument, annotator: User) -> Assignment:
    """The annotator's work on this document; whoever works on a document is its annotator from then on."""
    return Assignment.objects.get_or_create(item=item, annotator=annotator)[0]


def require(project: Project, item: ProjectDocument, person: User) -> None:
    """Raise :class:`Refused` when others were asked to annotate the document, :class:`Conflict` when it is reviewed."""
    asked = {row.annotator_id: row for row in item.assignments.all()}
    own = asked.get(person.pk)
    if own and own.state == Assignment.State.ACCEPTED:
        raise Conflict("Your annotation was accepted, so it stays. Its reviewer can reject it to have it corrected.")
    if asked and own is None and "manage" not in access.rights(person, project.workspace):
        raise Refused("Other people were asked to annotate this document. A manager can assign it to you.")


def judge(completion: Completion, *, accepted: bool) -> None:
    """Say what a verdict means for whoever submitted: reviewed, or to be corrected (2.2.5).

    What is rejected stands no more; accepted later after all, it stands again.
    """
    work = Assignment.objects.filter(item=completion.item_id, annotator=completion.reviewer_id)
    if accepted:
        work.update(state=Assignment.State.ACCEPTED, completion=completion)
    else:
        standing = work.filter(Q(completion=completion) | Q(completion=None))
        standing.update(state=Assignment.State.TO_CORRECT, completion=None)


def _require_annotators(project: Project, annotators: Sequence[User]) -> None:
    if not annotators:
        raise Invalid("Name at least one person.", fields={"annotators": ["Name at least one person."]})
    for person in annotators:
        if "review" not in access.rights(person, project.workspace):
            message = f"{person} may not annotate in this workspace."
            raise Invalid(message, fields={"annotators": [message]})
