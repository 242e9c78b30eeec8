"""The trail of who did what to what."""

from django.db.models import Model, QuerySet

from reviewapp.models import AuditEvent, User, Workspace


def record(actor: User | None, verb: str, target: Model, workspace: Workspace | None, **detail: object) -> AuditEvent:
    """Write one event; call it in the transaction of the change. Never pass document text or secrets."""
    return AuditEvent.objects.create(
        actor=actor,
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
