"""The queue: who gets which document next, and why.

A queue has no rows. It walks the current score snapshot's order, which leaves out what was coded when the snapshot
was made, and locks the first document that is still open. The lease stands on that same row, so nobody else gets it.

Chance is drawn from the lease's token, which the completion keeps: given the log, the serving order can be replayed
(B-07).
"""

import json
import random
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone
from numpy.typing import NDArray

from models_lib.models import ModelVersion
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.errors import Conflict
from reviewapp.models import (
    ClassificationIndex,
    Decision,
    Document,
    Project,
    ProjectDocument,
    Reason,
    ScoreSnapshot,
    User,
    Workspace,
)

FIRST_LOOK = 64  # candidates tried in the first statement; each further look takes eight times as many
SETTLED_LOOK = 4096  # candidates in one statement that only asks where the open ones begin
TRUST_HEAD = 60.0  # seconds; an undo opens a document again that was passed
RANDOM_LOOK = 64
USABLE = (ClassificationIndex.State.ACTIVE, ClassificationIndex.State.NEEDS_POPULATION)

# ruff: noqa: S608 - the statements below are put together from our own constants only
FREE = "pd.project_id = %(project)s AND NOT pd.removed AND (pd.reviewer_id IS NULL OR pd.leased_until < %(now)s)"


def _holds(right: access.Right) -> str:
    values = {"user": "%(user)s", "codename": access.RIGHTS[right], "expressions": "project.workspace_id"}
    return access.HOLDS % values


def _columns(table: type[Model], names: str) -> tuple[type[Model], list[str]]:
    """The primary key and these columns, in the order in which the table's class takes them."""
    wanted = {"id", *names.split()}
    return table, [field.attname for field in table._meta.concrete_fields if field.attname in wanted]


# What the queue and its answers read of a project. A version's inputs grow with the coding and are not among it.
DESK_COLUMNS: Mapping[str, tuple[type[Model], list[str]]] = {
    "project": _columns(
        Project,
        "workspace_id index_id version_id snapshot_id labeling_config queue state every_n control_share documents "
        "positives negatives neutrals skipped completions counted trainings_due",
    ),
    "workspace": _columns(Workspace, "name"),
    "index": _columns(ClassificationIndex, "state documents"),
    "version": _columns(ModelVersion, "number completions"),
    "snapshot": _columns(ScoreSnapshot, "artifact"),
}
DESK = f"""
SELECT {", ".join(f'"{alias}".{name}' for alias, (_, names) in DESK_COLUMNS.items() for name in names)},
       %(operator)s OR {_holds("view")}, %(operator)s OR {_holds("review")}
FROM reviewapp_project project
JOIN reviewapp_workspace workspace ON workspace.id = project.workspace_id
LEFT JOIN reviewapp_classificationindex "index" ON "index".id = project.index_id
LEFT JOIN models_lib_modelversion version ON version.id = project.version_id
LEFT JOIN reviewapp_scoresnapshot snapshot ON snapshot.id = project.snapshot_id
WHERE project.id = %(project)s
"""
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
      served_reason = %(reason)s, served_version = %(version)s, served_rank = pick.rank
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
  SELECT free.id, walk.rank
  FROM unnest(%(ordinals)s::int[], %(ranks)s::float8[]) WITH ORDINALITY AS walk(ordinal, rank, place)
  CROSS JOIN LATERAL (
    SELECT pd.id FROM reviewapp_projectdocument pd
    WHERE pd.ordinal = walk.ordinal AND {FREE} AND pd.decision IS NULL FOR UPDATE SKIP LOCKED
  ) free
  ORDER BY walk.place LIMIT 1
) {LEASE}"""
FIRST_OPEN = """
SELECT walk.place FROM unnest(%(ordinals)s::int[]) WITH ORDINALITY AS walk(ordinal, place)
CROSS JOIN LATERAL (
  SELECT FROM reviewapp_projectdocument pd
  WHERE pd.ordinal = walk.ordinal AND pd.project_id = %(project)s AND NOT pd.removed AND pd.decision IS NULL OFFSET 0
) still_open
ORDER BY walk.place LIMIT 1
"""
REMAINING = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.decision IS NULL ORDER BY pd.ordinal LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""
SKIPPED = f"""
WITH pick AS MATERIALIZED (
  SELECT pd.id, NULL::float8 AS rank FROM reviewapp_projectdocument pd
  WHERE {FREE} AND pd.decision = {Decision.SKIPPED.value} ORDER BY pd.current_id LIMIT 1 FOR UPDATE SKIP LOCKED
) {LEASE}"""


@dataclass(frozen=True)
class Look:
    """Candidates for the next document, best first, with the reason they would be served for."""

    reason: Reason
    ordinals: Sequence[int]
    ranks: Sequence[float | None]


@dataclass
class Head:
    """How far an order is coded, as far as this process knows. Nobody walks past thousands of coded documents twice."""

    place: int = 0
    looked_at: float = 0.0

    def start(self) -> int:
        """The first place that may be open; from time to time the very first."""
        return self.place if time.monotonic() < self.looked_at + TRUST_HEAD else 0

    def move(self, begun: int, place: int) -> None:
        """Remember that everything from ``begun`` up to ``place`` is coded."""
        if begun == 0:
            self.looked_at = time.monotonic()
        self.place = place


@lru_cache(maxsize=64)
def _head(artifact: str, queue: str) -> Head:
    """The one head of this snapshot's order in this process."""
    return Head()


def desk(reviewer: User, pk: int) -> Project:
    """The project for a person who may review it, in one statement: as ``access.get`` with ``may="review"``.

    It carries what the queue and its answers read. What grows with the coding, like a version's inputs, stays away.
    """
    with connection.cursor() as cursor:
        cursor.execute(DESK, {"project": pk, "user": reviewer.pk, "operator": reviewer.is_superuser})
        row = cursor.fetchone()
    if row is None or not row[-2]:
        raise access.not_found(Project)
    if not row[-1]:
        raise access.refused("review")
    return _at_the_desk(row)


def next_document(project: Project, reviewer: User) -> ProjectDocument | None:
    """Hand the reviewer the best document that nobody has coded or holds; None only when none is left.

    A reviewer who already holds one gets the same again, with its time renewed.
    Raises :class:`Conflict` when the project is paused or its documents are not indexed yet (R-66).
    """
    _require_open(project)
    return held(project, reviewer) or take_next(project, reviewer)


def take_next(project: Project, reviewer: User) -> ProjectDocument | None:
    """As :func:`next_document`, for a reviewer who holds nothing."""
    _require_open(project)
    token = uuid.uuid4()
    for look in _looks(project, random.Random(token.int)):
        if taken := _lease(WALK, project, reviewer, token, look):
            return taken
    for statement, reason in ((REMAINING, Reason.REMAINING), (SKIPPED, Reason.SKIPPED_BEFORE)):
        if taken := _lease(statement, project, reviewer, token, Look(reason, (), ())):
            return taken
    return None


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


def open_document(project: Project, item: ProjectDocument, reviewer: User) -> ProjectDocument:
    """Put one chosen document into the reviewer's hands instead of what they held.

    Raises :class:`Conflict` when another person holds it, or it was removed.
    """
    now = timezone.now()
    with transaction.atomic():
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
            served_reason=Reason.CHOSEN,
            served_version=None,
            served_rank=None,
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


def checked_out(project: Project) -> int:
    """How many documents are in reviewers' hands now."""
    return ProjectDocument.objects.filter(project=project, leased_until__gte=timezone.now()).count()


def _require_open(project: Project) -> None:
    if project.state != Project.State.ACTIVE:
        raise Conflict("This project is paused, so no documents are handed out. A manager can resume it.")
    if project.index is None or project.index.state not in USABLE:
        raise Conflict(
            "The documents of this project are not indexed yet. The queue opens when the population is done."
        )


def _looks(project: Project, chance: random.Random) -> Iterator[Look]:
    if project.snapshot is None:
        everything = range(project.index.documents if project.index else 0)
        picked = _draw(chance, everything)
        yield Look(Reason.INDEX_HEALTH, picked, [None] * len(picked))
        return
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)
    scores = arrays["scores"]
    if chance.random() < project.control_share:
        picked = _draw(chance, arrays["prioritized"])
        yield Look(Reason.RANDOM_CONTROL, picked, _ranks(scores, picked))
    reason = Reason.COVERAGE if project.queue == Project.Queue.COVERAGE else Reason.HIGH_RANK
    order = arrays[project.queue]
    head = _head(project.snapshot.artifact, project.queue)
    start, size = head.start(), FIRST_LOOK
    while start < len(order):
        picked = order[start : start + size].tolist()
        yield Look(reason, picked, _ranks(scores, picked))
        start, size = _after_coded(project, order, head, start) if size == FIRST_LOOK else start + size, size * 8


def _after_coded(project: Project, order: NDArray[np.int32], head: Head, start: int) -> int:
    """The first place from ``start`` whose document is not coded, be it in somebody's hands or not."""
    place, found = start, None
    while place < len(order) and found is None:
        piece = order[place : place + SETTLED_LOOK].tolist()
        with connection.cursor() as cursor:
            cursor.execute(FIRST_OPEN, {"project": project.pk, "ordinals": piece})
            found = cursor.fetchone()
        place += found[0] - 1 if found else len(piece)
    head.move(start, place)
    return place


def _draw(chance: random.Random, order: Sequence[int] | NDArray[np.int32]) -> list[int]:
    """Up to :data:`RANDOM_LOOK` different positions of the order, each equally likely to come first."""
    return [int(order[place]) for place in chance.sample(range(len(order)), min(RANDOM_LOOK, len(order)))]


def _ranks(scores: NDArray[np.float32], ordinals: list[int]) -> list[float | None]:
    ranks: list[float | None] = np.round(scores[ordinals].astype(np.float64) * 100, 4).tolist()
    return ranks


def _lease(statement: str, project: Project, reviewer: User, token: uuid.UUID, look: Look) -> ProjectDocument | None:
    now = timezone.now()
    values: dict[str, Any] = {
        "project": project.pk,
        "reviewer": reviewer.pk,
        "token": token,
        "now": now,
        "until": _until(now),
        "reason": look.reason,
        "version": project.version.number if project.version else None,
        "ordinals": list(look.ordinals),
        "ranks": list(look.ranks),
    }
    try:
        with transaction.atomic():
            return _taken(statement, values)
    except IntegrityError:  # one_lease_a_reviewer: the same person asked twice at once, or holds an expired lease
        if mine := held(project, reviewer):
            return mine
        release(project, reviewer)
        return _lease(statement, project, reviewer, token, look)


def _at_the_desk(row: Sequence[Any]) -> Project:
    found: dict[str, Any] = {}
    start = 0
    for alias, (table, names) in DESK_COLUMNS.items():
        values = row[start : start + len(names)]
        found[alias] = None if values[0] is None else table.from_db(None, names, values)
        start += len(names)
    project: Project = found.pop("project")
    for alias, related in found.items():
        setattr(project, alias, related)
    return project


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
