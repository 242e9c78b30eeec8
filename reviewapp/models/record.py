"""What was done: the audit trail with its seals, and answers kept for repeated requests."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from reviewapp.models.people import User
from reviewapp.models.workspace import Workspace


class AuditEvent(models.Model):
    """Who did what to what; written in the transaction of the change, never altered.

    Person and workspace are kept as plain numbers, so that nothing here has to change when either of them goes.
    """

    workspace = models.ForeignKey(
        Workspace, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="audit"
    )
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True, db_default="")  # the user name at that time
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="audit_of_a_workspace"),
            models.Index(fields=["workspace", "verb", "-id"], name="audit_by_verb"),
            models.Index(fields=["target", "-id"], name="audit_of_a_target"),
        ]


class AuditSeal(models.Model):
    """One link of the chain over the audit trail: what a run of events said, and the link before."""

    number = models.PositiveBigIntegerField(primary_key=True)
    ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()  # 32 bytes an event, in the order of ``ids``: BLAKE2b over what it says
    first = models.BigIntegerField()
    last = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]


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
