"""Work asked for: the row is the truth, the Celery message only a doorbell."""

from django.db import models
from django.db.models import Q

from reviewapp.models.people import User
from reviewapp.models.project import Project
from reviewapp.models.workspace import Workspace


class Job(models.Model):
    """One piece of work, from the moment it is asked for to its end."""

    class Kind(models.TextChoices):
        IMPORT = "import", "Import of documents"
        POPULATE = "populate", "Population of the index"
        TRAIN = "train", "Training"
        EXPORT = "export", "Export of a trained model"
        SHARE = "share", "Share of trained models"
        PIN = "pin", "Pin of a model version"
        SCORE = "score", "Scores of a model version"
        ROLL_BACK = "roll_back", "Rollback to a model version"
        DRIFT = "drift", "Drift watch"
        DELIVER = "deliver", "Webhook delivery"
        CLUSTER = "cluster", "Search for clusters"
        GROUP = "group", "Search for near-duplicates"
        REPORT = "report", "Report"
        DOWNLOAD = "download", "Download of documents"
        IMPORT_TASKS = "import_tasks", "Import of tasks"
        EXPORT_TASKS = "export_tasks", "Export of tasks"
        ORDER_TASKS = "order_tasks", "Order of tasks"
        ARCHIVE = "archive", "Archive of the workspace"
        RESTORE = "restore", "Restore of an archive"
        PURGE = "purge", "Purge of active learning"
        PREANNOTATE = "preannotate", "Pre-annotation"
        REMOVE = "remove", "Deletion of a workspace"
        MAIL = "mail", "Link for a new password by mail"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        SUPERSEDED = "superseded", "Superseded"

    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    # None for work that outlives or precedes a workspace; it belongs to whoever asked for it.
    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.CASCADE, related_name="jobs")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="jobs")
    sequence = models.PositiveIntegerField(null=True)  # k for the training that the k-th threshold made due
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    parameters = models.JSONField(default=dict)
    secret = models.BinaryField(null=True)  # what only the worker may read, sealed; forgotten when the job is done
    result = models.JSONField(default=dict)
    step = models.CharField(max_length=200, blank=True)
    progress = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True)  # the fence: only its holder may finish the job
    not_before = models.DateTimeField(null=True)  # while it waits: when it may be tried again
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"],
                condition=Q(state="running", project__isnull=False),
                name="one_running_a_kind",
            ),
            models.UniqueConstraint(
                fields=["project", "kind", "sequence"], condition=Q(sequence__isnull=False), name="one_job_a_threshold"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["queued", "running"]), name="open_jobs"),
            models.Index(fields=["workspace", "-id"], name="jobs_of_a_workspace"),
        ]

    OPEN = (State.QUEUED, State.RUNNING)
    IN_BYTES = (Kind.IMPORT, Kind.RESTORE)  # their progress counts bytes of a file

    @property
    def is_in_bytes(self) -> bool:
        """Whether progress and total are bytes."""
        return self.kind in self.IN_BYTES


class RowProblem(models.Model):
    """A row of an import that was not loaded, or was changed on the way, with the reason."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="row_problems")
    line = models.PositiveBigIntegerField()
    control_number = models.CharField(max_length=255, blank=True)
    refused = models.BooleanField(default=True)
    reason = models.TextField()

    class Meta:
        ordering = ["line", "id"]


class Heartbeat(models.Model):
    """When a background process was last seen alive."""

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()
