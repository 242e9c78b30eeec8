"""Leases: which document is in whose hands, and until when.

A lease stands on the document's row in the project, the very row that is locked to take it: PostgreSQL does not look
again at a predicate on a joined table after waiting for a lock, and would hand a document out twice.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from reviewapp.domain import locks
from reviewapp.errors import Conflict
from reviewapp.models import CODED, Decision, Document, Project, ProjectDocument, Reason, User
from reviewapp.models import Look as Wanted

# ruff: noqa: S608 - the statements below are put together from our own constants only
AS_ASKED = "%(reason)s::varchar AS reason"
ANYBODYS = "NOT EXISTS (SELECT FROM reviewapp_assignment a WHERE a.item_id = pd.id)"
FREE = "pd.project_id = %(project)s AND NOT pd.removed AND (pd.reviewer_id IS NULL OR pd.leased_until < %(now)s)"
PLACE_COLUMNS = [field.attname for field in ProjectDocument._meta.concrete_fields]
DOCUMENT_COLUMNS = [field.attname for field in Document._meta.concrete_fields]
# The place and its document come back from the statement that takes it: this is what every label waits for.
WITH_DOCUMENT = f"""
SELECT {", ".join(f"taken.{name}" for name in PLACE_COLUMNS)}, {", ".join(f"d.{name}" for name in DOCUMENT_COLUMNS)}
FROM taken JOIN reviewapp_document d ON d.id = taken.document_id
"""
LEASE = f"""
, taken AS (
  UPDATE reviewapp_projectdocument pd
  SET reviewer_id = %(reviewer)s, lease_token = %(token)s, leased_at = %(now)s, leased_until = %(until)s,
      served_reason = pick.reason, served_version = %(version)s, served_rank = pick.rank
  FROM pick WHERE pd.id = pick.id RETURNING pd.*
) {WITH_DOCUMENT}"""
LEASED = f"""
SELECT {", ".join(f"pd.{name}" for name in PLACE_COLUMNS)} FROM reviewapp_projectdocument pd
WHERE pd.lease_token = %(token)s AND pd.project_id = %(project)s AND pd.reviewer_id = %(reviewer)s AND NOT pd.removed
FOR UPDATE
"""
RENEW = f"""
WITH taken AS (
  UPDATE reviewapp_projectdocument pd SET leased_until = %(until)s
  WHERE pd.project_id = %(project)s AND pd.reviewer_id = %(reviewer)s AND pd.leased_until >= %(now)s RETURNING pd.*
) {WITH_DOCUMENT}"""
WALK = f"""
WITH pick AS MATERIALIZED (
  SELECT free.id, walk.rank, {AS_ASKED}
  FROM unnest(%(ordinals)s::int[], %(ranks)s::float8[]) WITH ORDINALITY AS walk(ordinal, rank, place)
  CROSS JOIN LATERAL (
    SELECT pd.id FROM reviewapp_projectdocument pd
    WHERE pd.ordinal = walk.ordinal AND {FREE} AND pd.decision IS NULL AND pd.awaits_id IS NULL
    FOR UPDATE SKIP LOCKED
  ) free
  ORDER BY walk.place LIMIT 1
) {LEASE}"""
WALKS = {
    "open": WALK,
    "coded": WALK.replace("pd.decision IS NULL", "pd.decision IS NOT NULL"),
    "returned": WALK.replace("pd.decision IS NULL", "pd.returned_at IS NOT NULL"),
    "anybodys": WALK.replace("pd.decision IS NULL", f"pd.decision IS NULL AND {ANYBODYS}"),
}
REMAINING = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank, {AS_ASKED} FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.decision IS NULL AND pd.awaits_id IS NULL ORDER BY pd.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""
SKIPPED = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank, {AS_ASKED} FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.decision = {Decision.SKIPPED.value} AND pd.awaits_id IS NULL
  ORDER BY pd.current_id LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""
# What was skipped before its sample was drawn is read again for it.
SAMPLED = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank, (SELECT purpose FROM reviewapp_sample WHERE id = pd.awaits_id) AS reason
  FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.awaits_id IS NOT NULL ORDER BY pd.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""


# Those who coded a document once do not look at it again; what they coded cannot change while they wait for the lock.
SECOND_LOOK = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank, {AS_ASKED} FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.second_look = {Wanted.WANTED.value} AND pd.decision = ANY(%(coded)s) AND NOT EXISTS (
    SELECT FROM reviewapp_completion c WHERE c.item_id = pd.id AND c.reviewer_id = %(reviewer)s)
  ORDER BY pd.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""
# What was sent back comes first, then what was begun; whose it is does not change while they wait for the lock.
OWN_TASK = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank, CASE mine.state WHEN 'to_correct' THEN 'to_correct' ELSE 'assigned' END AS reason
  FROM reviewapp_assignment mine JOIN reviewapp_projectdocument pd ON pd.id = mine.item_id
  WHERE {FREE} AND mine.annotator_id = %(reviewer)s AND mine.state IN ('to_correct', 'started', 'to_do')
  ORDER BY mine.state <> 'to_correct', mine.state <> 'started', pd.ordinal LIMIT 1 FOR UPDATE OF pd SKIP LOCKED
) {LEASE}"""
ANYBODYS_TASK = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank, {AS_ASKED} FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.decision IS NULL AND {ANYBODYS}
  ORDER BY pd.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""
# Asked when a random draw of ordinals met nothing that is open, so little is: each of it with the same chance.
RANDOM_TASK = ANYBODYS_TASK.replace("ORDER BY pd.ordinal", "ORDER BY md5(%(token)s::text || pd.id)")


@dataclass(frozen=True)
class Look:
    """Candidates for the next document, best first, with the reason they would be served for.

    Those that are not, or no longer, ``among`` these documents are passed over. ``blind`` says that no model had a
    part in it, and that none may show.
    """

    reason: Reason
    ordinals: Sequence[int] = ()
    ranks: Sequence[float | None] = ()
    among: Literal["open", "coded", "returned", "anybodys"] = "open"
    blind: bool = False


def take(project: Project, reviewer: User, token: uuid.UUID, look: Look) -> ProjectDocument | None:
    """Lease the first free one of the candidates to the reviewer; None when none is free."""
    return _lease(WALKS[look.among], project, reviewer, token, look)


def take_remaining(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    """Lease any free document that is not coded; else one that wants a second look; else what was skipped first."""
    return (
        _lease(REMAINING, project, reviewer, token, Look(Reason.REMAINING))
        or take_second_look(project, reviewer, token)
        or _lease(SKIPPED, project, reviewer, token, Look(Reason.SKIPPED_BEFORE))
    )


def take_second_look(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    """Lease a coded document that wants a second look and that the reviewer has not coded; None when none is free."""
    return _lease(SECOND_LOOK, project, reviewer, token, Look(Reason.SECOND_LOOK))


def take_sampled(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    """Lease a document that a sample waits for, for the sample's purpose; None when none is free."""
    return _lease(SAMPLED, project, reviewer, token, Look(Reason.VALIDATION, blind=True))


def take_own_task(project: Project, annotator: User, token: uuid.UUID) -> ProjectDocument | None:
    """Lease a document that the annotator has to work on; None if none is free."""
    return _lease(OWN_TASK, project, annotator, token, Look(Reason.ASSIGNED))


def take_anybodys_task(
    project: Project, annotator: User, token: uuid.UUID, *, at_random: bool
) -> ProjectDocument | None:
    """Lease a document that nobody was asked for, the first of them or any; None if none is free."""
    if at_random:
        return _lease(RANDOM_TASK, project, annotator, token, Look(Reason.RANDOM_ORDER))
    return _lease(ANYBODYS_TASK, project, annotator, token, Look(Reason.REMAINING))


def held(project: Project, reviewer: User) -> ProjectDocument | None:
    """The document in the reviewer's hands, its time renewed; None when there is none or the time ran out."""
    now = timezone.now()
    return _taken(RENEW, {"project": project.pk, "reviewer": reviewer.pk, "now": now, "until": _until(now)})


def leased(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    """The place that the token stands for, locked for the transaction; None when the reviewer does not hold it."""
    with connection.cursor() as cursor:
        cursor.execute(LEASED, {"project": project.pk, "reviewer": reviewer.pk, "token": token})
        row = cursor.fetchone()
    return ProjectDocument.from_db(None, PLACE_COLUMNS, row) if row else None


def open_document(
    project: Project,
    item: ProjectDocument,
    reviewer: User,
    reason: Reason = Reason.CHOSEN,
    rank: float | None = None,
) -> ProjectDocument:
    """Put one chosen document into the reviewer's hands instead of what they held.

    A reason other than the reviewer's own choice is that of the list it was picked from, ``rank`` its rank there.
    Raises :class:`Conflict` when another person holds it, it was removed, or the project is closed.
    """
    locks.require_open(project)
    now = timezone.now()
    with transaction.atomic():
        mine = ProjectDocument.objects.filter(pk=item.pk, reviewer=reviewer, served_reason=Reason.SECOND_LOOK)
        if blind := mine.select_related("document").filter(leased_until__gte=now).first():
            return blind  # a look that began blind stays blind
        release(project, reviewer)
        free = ProjectDocument.objects.filter(pk=item.pk, project=project, removed=False)
        row = free.select_for_update().first()
        if row is None or (row.reviewer_id is not None and row.leased_until is not None and row.leased_until >= now):
            raise Conflict("Somebody else has this document checked out, or it was removed from the project.")
        free.update(
            reviewer=reviewer,
            lease_token=uuid.uuid4(),
            leased_at=now,
            leased_until=_until(now),
            served_reason=reason,
            served_version=None if reason == Reason.CHOSEN or project.version is None else project.version.number,
            served_rank=rank,
        )
        return free.select_related("document").get()


def release(project: Project, reviewer: User) -> bool:
    """Give back what the reviewer holds; True when there was something."""
    mine = ProjectDocument.objects.filter(project=project, reviewer=reviewer)
    return bool(mine.update(reviewer=None, lease_token=None, leased_at=None, leased_until=None))


def release_expired() -> int:
    """Free every lease whose time ran out; returns how many. Rows that somebody is just working on are left alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE reviewapp_projectdocument
            SET reviewer_id = NULL, lease_token = NULL, leased_at = NULL, leased_until = NULL
            WHERE id IN (
              SELECT id FROM reviewapp_projectdocument WHERE leased_until < %s LIMIT 500 FOR UPDATE SKIP LOCKED)
            """,
            [timezone.now()],
        )
        freed: int = cursor.rowcount
    return freed


def renew(item: ProjectDocument, reviewer: User) -> bool:
    """Give the reviewer more time for the document that they hold; False when they do not hold it."""
    now = timezone.now()
    mine = ProjectDocument.objects.filter(pk=item.pk, reviewer=reviewer, leased_until__gte=now)
    return bool(mine.update(leased_until=_until(now)))


def checked_out(project: Project) -> int:
    """How many documents are in reviewers' hands now."""
    return ProjectDocument.objects.filter(project=project, leased_until__gte=timezone.now()).count()


def _lease(statement: str, project: Project, reviewer: User, token: uuid.UUID, look: Look) -> ProjectDocument | None:
    now = timezone.now()
    values: dict[str, Any] = {
        "project": project.pk,
        "reviewer": reviewer.pk,
        "token": token,
        "now": now,
        "until": _until(now),
        "reason": look.reason,
        "version": project.version.number if project.version and not look.blind else None,
        "ordinals": list(look.ordinals),
        "ranks": list(look.ranks),
        "coded": list(CODED),
    }
    try:
        with transaction.atomic():
            return _taken(statement, values)
    except IntegrityError:  # one_lease_a_reviewer: the same person asked twice at once, or holds an expired lease
        if mine := held(project, reviewer):
            return mine
        release(project, reviewer)
        return _lease(statement, project, reviewer, token, look)


def _taken(statement: str, values: Mapping[str, Any]) -> ProjectDocument | None:
    """The place that the statement took, with its document."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    if row is None:
        return None
    place = ProjectDocument.from_db(None, PLACE_COLUMNS, row[: len(PLACE_COLUMNS)])
    place.document = Document.from_db(None, DOCUMENT_COLUMNS, row[len(PLACE_COLUMNS) :])
    place.document.metadata = json.loads(place.document.metadata)
    return place


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)
