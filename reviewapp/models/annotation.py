"""Annotation projects: who works on which document, what they marked in it, and what models suggest."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from reviewapp.models.people import User
from reviewapp.models.review import Completion, ProjectDocument


class Annotation(models.Model):
    """What a completion of an annotation project says: regions, choices and relations, as Label Studio writes them.

    Apart from the completion, because every list and counter reads that table and none of them reads this.
    """

    completion = models.OneToOneField(Completion, on_delete=models.CASCADE, primary_key=True, related_name="annotation")
    result = models.JSONField()
    regions = models.PositiveIntegerField()
    rest = models.JSONField(null=True)  # what the file that it came with says beside the result
    # A later import took its place: it stays on record, and neither trains nor leaves in an export.
    overwritten = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [GinIndex(fields=["result"], name="annotation_results", opclasses=["jsonb_path_ops"])]


class TaskOrigin(models.Model):
    """What the file that a task came with says about it beyond what has a place of its own; exports write it back."""

    item = models.OneToOneField(ProjectDocument, on_delete=models.CASCADE, primary_key=True, related_name="origin")
    rest = models.JSONField()


class Prediction(models.Model):
    """What a model suggests for a document, to begin with; it is nobody's answer and makes no document done."""

    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="predictions")
    # None for one that came with the document from elsewhere; ``model`` is its name in any case.
    version = models.ForeignKey("models_lib.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=200)
    result = models.JSONField()
    confidence = models.FloatField(null=True)
    rest = models.JSONField(null=True)  # what the file that it came with says beside the result
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "model"], name="prediction_once_a_model"),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=0, confidence__lte=1), name="confidence_is_a_share"
            ),
        ]


class Assignment(models.Model):
    """One person's work on one document: they were asked to annotate it, or took it by themselves.

    ``completion`` is the answer of theirs that stands (the seed's star); a rejected one stands no more.
    """

    class State(models.TextChoices):
        TO_DO = "to_do", "To do"
        STARTED = "started", "In progress"
        SUBMITTED = "submitted", "Submitted"
        ACCEPTED = "accepted", "Reviewed"
        TO_CORRECT = "to_correct", "To correct"
        SKIPPED = "skipped", "Skipped"

    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="assignments")
    annotator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=20, choices=State, default=State.TO_DO)
    completion = models.OneToOneField(Completion, null=True, on_delete=models.SET_NULL, related_name="assignment")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "annotator"], name="annotator_once_a_document")]
        indexes = [models.Index(fields=["annotator", "state", "item"], name="work_of_an_annotator")]


class Draft(models.Model):
    """What somebody has marked and not submitted yet; it survives the browser, and goes when they submit."""

    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="drafts")
    annotator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    result = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "annotator"], name="draft_once_a_person")]


class Comment(models.Model):
    """What somebody says about a document of a project, to everybody who works on it."""

    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
