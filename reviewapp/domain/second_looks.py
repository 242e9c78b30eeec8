"""Second looks: some documents are coded by two people who do not know of each other's answer.

The first answer stays the document's decision. Where the second differs, a manager decides (``coding.adjudicate``).
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet

from reviewapp.domain import audit, locks
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import (
    CODED,
    Completion,
    Decision,
    Look,
    Project,
    ProjectDocument,
    Reason,
    SecondLook,
    User,
)

STATES = ("open", "settled", "agreed", "skipped")


@dataclass(frozen=True)
class Waiting:
    """Second looks that are still to be done."""

    wanted: int
    open: int  # disagreements that nobody has decided on


def draw(project: Project, by: User, *, positives: int = 0, negatives: int = 0) -> int:
    """Let so many documents of each decision, drawn at random, be looked at again; returns how many were drawn.

    Raises :class:`Invalid` when there is nothing to draw.
    """
    locks.require_open(project)
    if min(positives, negatives) < 0 or positives + negatives < 1:
        raise Invalid("Say how many documents to draw.", fields={"positives": ["Draw at least one document."]})
    with transaction.atomic():
        drawn = sum(
            _draw(project, decision, count)
            for decision, count in ((Decision.POSITIVE, positives), (Decision.NEGATIVE, negatives))
        )
        if not drawn:
            raise Invalid("Every document of these decisions has its second look already, or waits for it.")
        Project.objects.filter(pk=project.pk).update(second_looks_drawn=True)
        asked = {"positives": positives, "negatives": negatives}
        audit.record(by, "second_look.draw", project, project.workspace, drawn=drawn, **asked)
    return drawn


def waiting(project: Project) -> Waiting:
    """What is still to be looked at, and to be decided."""
    wanted = project.items.filter(second_look=Look.WANTED, removed=False, decision__in=CODED)
    return Waiting(wanted=wanted.count(), open=find(project, "open").count())


def find(project: Project, state: str = "") -> QuerySet[SecondLook]:
    """The project's second looks in one of :data:`STATES`, or all of them."""
    rows = SecondLook.objects.filter(project=project).select_related(
        "item__document", "item__current__reviewer", "first__reviewer", "second__reviewer", "adjudication__reviewer"
    )
    return among(rows, state) if state else rows


def among(rows: QuerySet[SecondLook], state: str) -> QuerySet[SecondLook]:
    """Those in one of :data:`STATES`.

    A disagreement is open until somebody adjudicates it, or changes the document's decision in any other way.
    """
    both = Q(first__decision__in=CODED, second__decision__in=CODED)
    differ = both & ~Q(first__decision=F("second__decision"))
    stands = Q(adjudication=None, item__current=F("first"), item__removed=False)
    conditions = {
        "open": differ & stands,
        "settled": differ & ~stands,
        "agreed": both & Q(first__decision=F("second__decision")),
        "skipped": ~both,
    }
    return rows.filter(conditions[state])


def hidden_from(item: ProjectDocument, person: User) -> bool:
    """Whether the person is just looking again at this document and must not see what others said of it."""
    return item.served_reason == Reason.SECOND_LOOK and item.reviewer_id == person.pk


def not_just_looked_at(items: QuerySet[ProjectDocument]) -> QuerySet[ProjectDocument]:
    """The documents without those in anybody's hands for a second look: lists of decisions would open the blind."""
    return items.exclude(served_reason=Reason.SECOND_LOOK, reviewer__isnull=False)


def require_open(item: ProjectDocument, person: User) -> None:
    """Raise :class:`Conflict` while the document's rank and history are hidden from the person."""
    if hidden_from(item, person):
        raise Conflict("You are looking at this document a second time. Its rank is hidden until you have answered.")


def seen_by(completions: QuerySet[Completion], person: User) -> QuerySet[Completion]:
    """The completions without those of documents that the person is just looking at again."""
    return completions.exclude(item__reviewer=person, item__served_reason=Reason.SECOND_LOOK)


def _draw(project: Project, decision: Decision, count: int) -> int:
    coded = project.items.filter(decision=decision, removed=False, second_look=None)
    pks = list(coded.order_by("?").values_list("pk", flat=True)[:count])
    return ProjectDocument.objects.filter(pk__in=pks, second_look=None).update(second_look=Look.WANTED)
