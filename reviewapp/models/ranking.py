"""The classification index and the score snapshots: rows that point to immutable files."""

from django.db import models

from reviewapp.models.project import Project


class ClassificationIndex(models.Model):
    """One population of a project's sparse matrix; a later population makes a new one."""

    class State(models.TextChoices):
        NEW = "new", "New"
        POPULATING = "populating", "Populating"
        POPULATED = "populated", "Populated"
        BUILDING = "building", "Building"
        ACTIVE = "active", "Active"
        NEEDS_POPULATION = "needs_population", "Needs population"
        ERROR = "error", "Error"
        CANCELLED = "cancelled", "Cancelled"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="indexes")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=State, default=State.NEW)
    artifact = models.CharField(max_length=64, blank=True)
    documents = models.PositiveIntegerField(default=0)
    nonzeros = models.PositiveBigIntegerField(default=0)
    parameters = models.JSONField(default=dict)
    # Names the key that turned words into codes, without giving it away; empty where nobody noted it.
    token_key = models.CharField(max_length=16, blank=True, db_default="")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="index_number_once_a_project")]


class ScoreSnapshot(models.Model):
    """Scores and orders of one model version over one index; never changes."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    version = models.ForeignKey("models_lib.ModelVersion", on_delete=models.CASCADE, related_name="snapshots")
    index = models.ForeignKey(ClassificationIndex, on_delete=models.CASCADE, related_name="snapshots")
    artifact = models.CharField(max_length=64)
    documents = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["version", "index"], name="snapshot_once_a_version_and_index")]


class Clustering(models.Model):
    """Groups of the documents of one index; a later one stands in for it.

    ``groups`` names them from the largest to the smallest: ``{"terms": [...], "documents": n}``.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="clusterings")
    index = models.ForeignKey(ClassificationIndex, on_delete=models.CASCADE, related_name="+")
    artifact = models.CharField(max_length=64)
    groups = models.JSONField()
    parameters = models.JSONField()
    documents = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]


class TaskOrdering(models.Model):
    """From which task the models of an annotation project would learn most; a later one stands in for it.

    The file holds ordinals, the most instructive first, of what nobody had annotated.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="task_ordering")
    artifact = models.CharField(max_length=64)
    versions = models.JSONField()  # names of the versions that were asked
    documents = models.PositiveIntegerField()
    created_at = models.DateTimeField()
