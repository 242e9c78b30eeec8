"""Validation rounds: a frozen random sample, coded blind while the model is locked."""

from django.db import models
from django.db.models import Q

from reviewapp.models.people import User
from reviewapp.models.project import Project
from reviewapp.models.sampling import Sample


class ValidationRound(models.Model):
    """One test of how much a review misses, from the draw of its sample to the decision that follows."""

    class Kind(models.TextChoices):
        ELUSION = "elusion", "Elusion test"
        PROJECT = "project", "Project validation: elusion with recall"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RESUMED = "resumed", "Review resumed"
        COMPLETED = "completed", "Project completed"
        ABANDONED = "abandoned", "Abandoned"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="validation_rounds")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    sample = models.OneToOneField(Sample, on_delete=models.CASCADE, related_name="round")
    cutoff = models.FloatField(null=True)  # rank, 0 to 100; without it every document that is not coded is sampled
    confidence = models.FloatField()
    margin = models.FloatField(null=True)  # for which the sample was planned; null when its size was given
    version = models.PositiveIntegerField(null=True)  # whose ranks the cutoff divides

    # The project when the sample was drawn. What is coded relevant later does not count as found.
    documents = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    above = models.PositiveIntegerField()  # not coded, rank at or above the cutoff
    below = models.PositiveIntegerField()  # not coded, the rest: the discard pile

    result = models.JSONField(null=True)  # written once, when the sample is read
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["project", "number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="round_number_once_a_project"),
            models.UniqueConstraint(fields=["project"], condition=Q(state="open"), name="one_open_round_a_project"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().partition(':')[0]} {self.number}"
