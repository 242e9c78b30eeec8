"""Webhooks: addresses that are told when something happens in a workspace, and what was sent to them."""

import json
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from reviewapp.models.job import Job
from reviewapp.models.people import User
from reviewapp.models.workspace import Workspace


class Event(models.TextChoices):
    """What a webhook can listen for."""

    VERSION_READY = "version.ready", "A model version is ready"
    TRAINING_FAILED = "training.failed", "A training failed"
    TAG_MOVED = "tag.moved", "Live or Staging moved to another version"
    EXPORT_READY = "export.ready", "An export is ready"
    RECALL_REACHED = "recall.reached", "A review reached its recall target"
    DRIFT_FOUND = "drift.found", "New documents are unlike the training"


class Webhook(models.Model):
    """An address of somebody else's that wants to know; the secret that signs what it gets is sealed."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2000)
    guid = models.UUIDField(default=uuid.uuid4, unique=True)  # what the secret is sealed for
    secret = models.BinaryField()
    key_id = models.CharField(max_length=16)
    wrapped_key = models.BinaryField()
    events = ArrayField(models.CharField(max_length=30))  # of Event
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="webhook_name_once_a_workspace")]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one webhook, written in the transaction of what it tells."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Not sent: the webhook was off"
        STOPPED = "stopped", "Stopped"  # never stored: its job was cancelled, or failed by a fault of ours

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    guid = models.UUIDField(default=uuid.uuid4, unique=True)  # the receiver's key against doubles
    event = models.CharField(max_length=30)
    payload = models.JSONField()
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)  # since it was last asked for
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["created_at"], name="deliveries_by_age")]

    @property
    def body(self) -> str:
        """What is sent: the same text in every attempt."""
        return json.dumps(self.payload, separators=(",", ":"), sort_keys=True)

    @property
    def standing(self) -> State:
        """The state as it is now: what waits without a job that would send it has stopped."""
        if self.state == self.State.WAITING and (self.job is None or self.job.state not in Job.OPEN):
            return self.State.STOPPED
        return self.State(self.state)


class DeliveryAttempt(models.Model):
    """One request that was made for a delivery, and what came of it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    status = models.PositiveSmallIntegerField(null=True)  # none when nothing answered
    said = models.TextField(blank=True)  # the beginning of the answer, or why there was none
    seconds = models.FloatField(default=0)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
