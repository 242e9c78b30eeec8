"""Model versions: one row a training, for ever."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from reviewapp.models import ClassificationIndex, Job, Project


class ModelVersion(models.Model):
    """One training of one kind in one project: an integer that is never used again (U-02)."""

    class Kind(models.TextChoices):
        RELEVANCE = "relevance", "Relevance"
        NER = "ner", "Entities"
        ASSERTION = "assertion", "Assertion status"
        CHOICE_SINGLE = "choice-single", "Single choice"
        CHOICE_MULTIPLE = "choice-multiple", "Multiple choice"

    class Source(models.TextChoices):
        MANUAL = "manual", "Started by hand"
        ACTIVE_LEARNING = "active_learning", "Active learning"
        ROLLBACK = "rollback", "Rollback"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="versions")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RELEVANCE)
    number = models.PositiveIntegerField()
    # One training of an annotation project makes a version of each kind that its config calls for.
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="versions")
    source = models.CharField(max_length=20, choices=Source)
    index = models.ForeignKey(ClassificationIndex, null=True, on_delete=models.SET_NULL, related_name="+")
    digest = models.CharField(max_length=64)  # of every input (B-06)
    # The digest that it had where it was trained, when an archive brought it here: inputs name completions by number.
    first_digest = models.CharField(max_length=64, blank=True, db_default="")
    labels = ArrayField(models.CharField(max_length=100), db_default=[])  # what it predicts
    # Digests of files; retention drops all of them together (D11), a pin keeps them.
    artifact = models.CharField(max_length=64, blank=True)  # of the fitted model
    weighting = models.CharField(max_length=64, blank=True, db_default="")  # of the index's rarities
    held_out = models.CharField(max_length=64, blank=True, db_default="")  # of its validation
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    positives = models.PositiveIntegerField()
    negatives = models.PositiveIntegerField()
    completions = models.PositiveBigIntegerField()  # the project's counter when the training set was read
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "kind", "number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "number"], name="version_number_once_a_kind"),
        ]
        indexes = [models.Index(fields=["project", "kind", "number"], condition=~Q(artifact=""), name="kept_payloads")]

    FILES = ("artifact", "weighting", "held_out")

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def name(self) -> str:
        """What labeling configs call it; empty for what ranks documents."""
        return str(self.parameters.get("name", ""))


class TrainingInputs(models.Model):
    """Everything that went into a version (B-06); apart from it, because the list grows with the review."""

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, primary_key=True, related_name="inputs")
    record = models.JSONField()


class DroppedFile(models.Model):
    """A file that a version has stopped naming; it goes from the disk when nothing names it any more."""

    digest = models.CharField(max_length=64, primary_key=True)
    dropped_at = models.DateTimeField(auto_now_add=True)
