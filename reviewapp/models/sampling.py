"""Documents of a project drawn at random, and coded by people who do not see their rank."""

from django.db import models

from reviewapp.models.people import User
from reviewapp.models.project import Project
from reviewapp.models.review import Decision, ProjectDocument, Reason


class Sample(models.Model):
    """One random draw from a project; it grows only where its purpose says so, and is never drawn again."""

    class Purpose(models.TextChoices):
        VALIDATION = Reason.VALIDATION.value, "Validation"
        CONTROL_SET = Reason.CONTROL_SET.value, "Control set"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="samples")
    purpose = models.CharField(max_length=20, choices=Purpose)  # also the reason for which its documents are served
    seed = models.CharField(max_length=32)  # hexadecimal; with it the draw can be done again
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]


class SampledDocument(models.Model):
    """A document that was drawn, how likely that was, and what it was coded when the sample was read."""

    class Stratum(models.TextChoices):
        BELOW = "below", "Below the cutoff"
        ABOVE = "above", "At or above the cutoff"

    sample = models.ForeignKey(Sample, on_delete=models.CASCADE, related_name="documents")
    item = models.ForeignKey(ProjectDocument, on_delete=models.CASCADE, related_name="draws")
    stratum = models.CharField(max_length=10, choices=Stratum, blank=True)
    probability = models.FloatField()
    decision = models.SmallIntegerField(null=True, choices=Decision)
    # Of a control set: when the review's order passed the document, and how many were coded then.
    met_at = models.DateTimeField(null=True)
    met_coded = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["sample", "item"], name="document_once_a_sample")]
