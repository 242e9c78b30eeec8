"""What was done: the audit trail, and answers kept for repeated requests."""

from django.db import models

from reviewapp.models.people import User
from reviewapp.models.workspace import Workspace


class AuditEvent(models.Model):
    """Who did what to what; written in the transaction of the change, never altered."""

    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.SET_NULL, related_name="audit")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="audit_of_a_workspace"),
            models.Index(fields=["target", "-id"], name="audit_of_a_target"),
        ]


class IdempotencyKey(models.Model):
    """The answer that a client's key already got, so that a repeated request changes nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64)  # BLAKE2b of method, path and body
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="key_once_a_user")]
