"""Trained models: sealed exports in a workspace's library, and the categories that group them."""

import uuid

from django.db import models
from django.db.models import Case, Q, Value, When
from guardian.models import UserObjectPermissionBase

from reviewapp.models import Job, Project, User, Workspace


class Category(models.Model):
    """A name that groups trained models by kind or purpose; spelling counts, to the case."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="categories")
    name = models.CharField(max_length=100)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="category_once_a_workspace")]

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    """Model Export Status. It follows from the export's job; what is sealed is ready for good."""

    QUEUED = "queued", "Queued"
    IN_PROGRESS = "in_progress", "In progress"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OF_JOB = {
    Job.State.QUEUED: Status.QUEUED,
    Job.State.RUNNING: Status.IN_PROGRESS,
    Job.State.CANCELLED: Status.CANCELLED,
}


class TrainedModels(models.QuerySet["TrainedModel"]):
    """Models with their status at hand."""

    def ready(self) -> "TrainedModels":
        """Those that may be shared and linked."""
        return self.exclude(sealed_at=None)

    def with_status(self) -> "TrainedModels":
        """Each row with its ``export_status``, to be filtered and sorted by."""
        whens = [When(job__state=state, then=Value(status)) for state, status in OF_JOB.items()]
        status = Case(When(~Q(sealed_at=None), then=Value(Status.READY)), *whens, default=Value(Status.FAILED))
        return self.annotate(export_status=status)


class TrainedModel(models.Model):
    """The training of one project in digested, sealed form, as a workspace holds it.

    A shared copy has the GUID of the original and a row of its own; the sealed file is found by its digest, so equal
    copies read the same one. Nothing here names a project, a document or another workspace, but for the project that
    it was exported from in its own workspace.
    """

    class Origin(models.TextChoices):
        EXPORTED = "exported", "Exported here"
        SHARED = "shared", "Shared in"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="trained_models")
    guid = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    categories = models.ManyToManyField(Category, related_name="models", blank=True)
    origin = models.CharField(max_length=10, choices=Origin)
    restricted = models.BooleanField(default=False)  # seen only by admins and by those who are named
    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="exports")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="trained_model")
    drop_below = models.PositiveSmallIntegerField(default=1)  # words of fewer coded documents than this are left out

    sealed_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=64, blank=True)  # BLAKE2b of the sealed bytes, which is where they are kept
    payload = models.CharField(max_length=64, blank=True)  # keyed BLAKE2b of what was sealed: the training itself
    key_id = models.CharField(max_length=16, blank=True)
    wrapped_key = models.BinaryField(default=bytes)
    size = models.PositiveBigIntegerField(default=0)  # bytes of the sealed file
    positives = models.PositiveIntegerField(default=0)
    negatives = models.PositiveIntegerField(default=0)
    vocabulary = models.PositiveIntegerField(default=0)  # different tokens
    features = models.JSONField(default=dict)
    privacy = models.JSONField(default=dict)  # B-12

    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    modified_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    modified_at = models.DateTimeField(auto_now=True)

    objects = TrainedModels.as_manager()

    class Meta:
        verbose_name = "trained model"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "guid"], name="model_once_a_workspace"),
            models.UniqueConstraint(fields=["workspace", "name"], name="model_name_once_a_workspace"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def status(self) -> Status:
        """Model Export Status; reads the job."""
        if self.sealed_at is not None:
            return Status.READY
        return OF_JOB.get(Job.State(self.job.state), Status.FAILED) if self.job else Status.FAILED

    @property
    def documents(self) -> int:
        """Coded documents that it was trained on."""
        return self.positives + self.negatives


class TrainedModelUserObjectPermission(UserObjectPermissionBase):
    """A person who may see a restricted model; a real foreign key, so it goes with the model."""

    content_object = models.ForeignKey(TrainedModel, on_delete=models.CASCADE, related_name="grants")
