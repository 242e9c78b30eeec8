"""Tasks: the documents of an annotation project with how far the people are who work on them.

One expression says the state of a task, for everybody's work or for one person's: lists, filters and counts use it.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import BoolAnd, BoolOr
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, TextChoices, Value, When
from django.db.models.functions import Coalesce

from reviewapp import access
from reviewapp.domain import audit, items, locks
from reviewapp.domain.documents import UNUSABLE
from reviewapp.errors import Invalid
from reviewapp.models import (
    Annotation,
    Assignment,
    Comment,
    Completion,
    Document,
    Project,
    ProjectDocument,
    User,
)

LONGEST_COMMENT = 20_000
SAID = {"label": "labels", "choice": "choices"}
ASKED = re.compile(r"""(?<!\S)(label|choice):(?:"([^"]+)"|([^\s"]+))""")


class State(TextChoices):
    """Where a task stands (2.2.5)."""

    INCOMPLETE = "incomplete", "Incomplete"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    TO_CORRECT = "to_correct", "To correct"
    REVIEWED = "reviewed", "Reviewed"
    SKIPPED = "skipped", "Skipped"


@dataclass(frozen=True)
class Wanted:
    """What to look for; what is empty does not narrow the search. ``own`` sees the states of one person's own work.

    In ``words``, ``label:Part`` and ``choice:"Very formal"`` narrow it to tasks with an answer that stands and says so,
    of those that the ``viewer`` may read; several must all hold.
    """

    words: str = ""
    state: str = ""
    tag: str = ""
    annotator: int | None = None
    checker: int | None = None
    own: User | None = None
    viewer: User | None = None


def find(project: Project, wanted: Wanted) -> QuerySet[ProjectDocument, Any]:
    """The tasks that match, in order of their documents, each with its ``state``."""
    rows = with_state(project.items.filter(removed=False), wanted.own)
    for kind, quoted, plain in ASKED.findall(UNUSABLE.sub(" ", wanted.words)):
        rows = rows.filter(_answered(project, wanted.viewer, SAID[kind], quoted or plain))
    if words := ASKED.sub(" ", wanted.words).strip():
        rows = rows.filter(items.matching(project, words))
    if wanted.state:
        rows = rows.filter(Q(state=wanted.state))
    if wanted.tag:
        rows = rows.filter(document__tags__contains=[wanted.tag])
    if wanted.annotator is not None:
        rows = rows.filter(Exists(_work().filter(annotator=wanted.annotator)))
    if wanted.own is not None:
        rows = rows.filter(Exists(_work().filter(annotator=wanted.own)))
    if wanted.checker is not None:
        rows = rows.filter(checker=wanted.checker)
    related = rows.select_related("document", "checker", "reviewer").defer("document__text")
    return related.prefetch_related("assignments__annotator").order_by("ordinal")


def with_state(rows: QuerySet[ProjectDocument], own: User | None = None) -> QuerySet[Any, Any]:
    """The rows with their ``state``: of everybody's work, or of one person's own."""
    work = _work() if own is None else _work().filter(annotator=own)
    state = work.order_by().values("item").annotate(state=_state()).values("state")
    return rows.annotate(state=Coalesce(Subquery(state), Value(State.INCOMPLETE.value), output_field=CharField()))


def counts(project: Project, own: User | None = None) -> dict[str, int]:
    """How many tasks are in each state; of ``own``, only those that they work on."""
    rows = project.items.filter(removed=False)
    if own is not None:
        rows = rows.filter(Exists(_work().filter(annotator=own)))
    stated: Any = with_state(rows, own)
    found = stated.order_by().values("state").annotate(number=Count("pk"))
    return dict.fromkeys(State.values, 0) | {row["state"]: row["number"] for row in found}


def seen_by(item: ProjectDocument, person: User) -> QuerySet[Completion, Any]:
    """The completions of a task that the person may read, newest first: who annotates sees only their own.

    Managers, the document's checker, and people who do not annotate see all of them.
    """
    rows = item.completions.select_related("reviewer", "annotation", "assignment").prefetch_related("verdicts__checker")
    if not _sees_only_own(item.project, person) or item.checker_id == person.pk:
        return rows.order_by("-pk")
    return rows.filter(reviewer=person).order_by("-pk")


def saying(name: str, value: str) -> QuerySet[Annotation]:
    """The annotations with this value among a result's ``labels`` or ``choices``; an index knows them."""
    return Annotation.objects.filter(result__contains=[{"type": name, "value": {name: [value]}}])


def comment(item: ProjectDocument, author: User, text: str) -> Comment:
    """Say something about a task to everybody who works on it; raises :class:`Conflict` in a closed project."""
    locks.require_open(item.project)
    if not text.strip() or len(text) > LONGEST_COMMENT:
        message = f"A comment has between 1 and {LONGEST_COMMENT:,} characters."
        raise Invalid(message, fields={"text": [message]})
    said = Comment.objects.create(item=item, author=author, text=text.strip())
    document = Document(pk=item.document_id)
    audit.record(author, "task.comment", document, item.project.workspace, project=item.project_id, comment=said.pk)
    return said


def _answered(project: Project, viewer: User | None, name: str, value: str) -> Q:
    """The tasks with such an answer; who annotates finds only their own, as :func:`seen_by` shows only those."""
    rows = saying(name, value).filter(completion__assignment__isnull=False, completion__project=project)
    if viewer is not None and _sees_only_own(project, viewer):
        rows = rows.filter(Q(completion__reviewer=viewer) | Q(completion__item__checker=viewer))
    return Q(pk__in=rows.values("completion__item"))


def _sees_only_own(project: Project, person: User) -> bool:
    rights = access.rights(person, project.workspace)
    return "manage" not in rights and "review" in rights


def _work() -> QuerySet[Assignment]:
    return Assignment.objects.filter(item=OuterRef("pk"))


def _state() -> Case:
    """The state of a task from the work on it; what was skipped counts only where all was."""
    work = Assignment.State
    done = Q(state__in=(work.SUBMITTED, work.ACCEPTED, work.SKIPPED))
    return Case(
        When(Q(BoolOr(Q(state=work.TO_CORRECT))), then=Value(State.TO_CORRECT)),
        When(Q(BoolAnd(Q(state=work.SKIPPED))), then=Value(State.SKIPPED)),
        When(Q(BoolAnd(Q(state__in=(work.ACCEPTED, work.SKIPPED)))), then=Value(State.REVIEWED)),
        When(Q(BoolAnd(done)), then=Value(State.SUBMITTED)),
        When(Q(BoolAnd(Q(state__in=(work.TO_DO, work.SKIPPED)))), then=Value(State.INCOMPLETE)),
        default=Value(State.IN_PROGRESS),
        output_field=CharField(),
    )
