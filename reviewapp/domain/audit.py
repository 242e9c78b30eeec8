"""The trail of who did what to what."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model, Q, QuerySet

from reviewapp.models import AuditEvent, User, Workspace


@dataclass(frozen=True)
class Wanted:
    """What to look for; what is empty does not narrow the search.

    ``verb`` is a whole verb or its noun alone: ``project`` finds ``project.create`` and ``project.change``.
    """

    actor: str = ""
    verb: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def record(actor: User | None, verb: str, target: Model, workspace: Workspace | None, **detail: object) -> AuditEvent:
    """Write one event; call it in the transaction of the change. Never pass document text or secrets."""
    return AuditEvent.objects.create(
        actor=actor,
        actor_name=actor.username if actor else "",
        verb=verb,
        target=_name(target),
        workspace=workspace,
        detail=detail,
    )


def about(target: Model) -> QuerySet[AuditEvent]:
    """What was done to the target, newest first."""
    return AuditEvent.objects.filter(target=_name(target)).select_related("actor").order_by("-id")


def _name(target: Model) -> str:
    return f"{target._meta.model_name}:{target.pk}"


def find(rows: QuerySet[AuditEvent], wanted: Wanted) -> QuerySet[AuditEvent]:
    """The events that match; times are ``since`` and up to, not including, ``until``."""
    if wanted.actor:
        rows = rows.filter(actor_name=wanted.actor)
    if wanted.verb:
        rows = rows.filter(Q(verb=wanted.verb) | Q(verb__startswith=f"{wanted.verb}."))
    if wanted.target:
        rows = rows.filter(target=wanted.target)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows
