"""The trail of who did what to what."""

from django.db.models import Model

from reviewapp.models import AuditEvent, User, Workspace


def record(actor: User | None, verb: str, target: Model, workspace: Workspace | None, **detail: object) -> AuditEvent:
    """Write one event; call it in the transaction of the change. Never pass document text or secrets."""
    return AuditEvent.objects.create(
        actor=actor,
        verb=verb,
        target=f"{target._meta.model_name}:{target.pk}",
        workspace=workspace,
        detail=detail,
    )
