"""What keeps a version: pins, the tags that move between them, and the figures that a pin froze."""

from django.db import models

from models_lib.models.version import ModelVersion
from reviewapp.models import Job, Project, User


class Pin(models.Model):
    """The promise that a version is kept and stays the same (U-05); whatever uses a version points to its pin."""

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, related_name="pin")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    pinned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    pinned_at = models.DateTimeField(auto_now_add=True)


class Tag(models.Model):
    """A name that moves between pinned versions; RESTRICT, so a version that carries one stays pinned (D9, D10)."""

    class Name(models.TextChoices):
        LIVE = "live", "Live"
        STAGING = "staging", "Staging"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tags")
    kind = models.CharField(max_length=20, choices=ModelVersion.Kind)
    name = models.CharField(max_length=20, choices=Name)
    pin = models.ForeignKey(Pin, on_delete=models.RESTRICT, related_name="tags")
    moved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["project", "kind", "name"]
        constraints = [models.UniqueConstraint(fields=["project", "kind", "name"], name="tag_once_a_kind")]

    def __str__(self) -> str:
        return str(self.get_name_display())


class ValidationRecord(models.Model):
    """The figures of a version as they were when it was first pinned; the database refuses to change them (U-08)."""

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, primary_key=True, related_name="validation")
    record = models.JSONField()
    frozen_at = models.DateTimeField(auto_now_add=True)
