"""Streams: an ordered feed of a project's documents with what one version says of them, and who has read how far."""

from django.db import models
from django.db.models import Q

from models_lib.models.pin import Pin, Tag
from models_lib.models.version import ModelVersion
from reviewapp.models import Project, ProjectDocument, User


class Stream(models.Model):
    """A feed bound to a pinned version, or to the name of one; RESTRICT keeps the pin while it is used (D10)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="streams")
    kind = models.CharField(max_length=20, choices=ModelVersion.Kind, default=ModelVersion.Kind.RELEVANCE)
    name = models.CharField(max_length=100)
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    filter = models.JSONField(default=dict)  # as models_lib.selection reads it
    pin = models.ForeignKey(Pin, null=True, on_delete=models.RESTRICT, related_name="streams")
    tag = models.CharField(max_length=20, choices=Tag.Name, blank=True)
    thresholds = models.JSONField()  # a number for each label
    thresholds_for = models.PositiveIntegerField()  # the number of the version that they were chosen for
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="stream_name_once_a_project"),
            models.CheckConstraint(
                condition=Q(pin__isnull=True, tag__gt="") | Q(pin__isnull=False, tag=""),
                name="stream_of_a_pin_or_a_tag",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name


class StreamConsumer(models.Model):
    """How far one consumer of a stream has read: everything before ``sequence`` is done with."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="consumers")
    name = models.CharField(max_length=100)
    sequence = models.PositiveBigIntegerField(default=0)
    advanced_from = models.PositiveBigIntegerField(null=True)  # where the last batch began; none after a reset
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["stream", "name"], name="consumer_once_a_stream")]


class StreamException(models.Model):
    """A document that a consumer could not deal with; it goes back to review until it is answered or untagged."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="exceptions")
    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    tagged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    tagged_at = models.DateTimeField(auto_now_add=True)
    untagged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "item"], condition=Q(untagged_at__isnull=True), name="exception_once_a_stream"
            )
        ]
