"""When a review may stop: what was planned, the control set, and every look that was taken."""

from django.db import models
from django.db.models import Q

from reviewapp.models.people import User
from reviewapp.models.project import Project
from reviewapp.models.sampling import Sample
from reviewapp.models.validation import ValidationRound


class StoppingPlan(models.Model):
    """What shall be proven, fixed before the first look."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="stopping_plan")
    target = models.FloatField(default=0.8)  # share of the relevant documents to be found
    confidence = models.FloatField(default=0.95)
    looks = models.PositiveSmallIntegerField(default=1)  # of the planned test
    run = models.PositiveIntegerField(default=50)  # irrelevant documents in a row
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)


class ControlSet(models.Model):
    """Documents drawn with one probability, coded early, and hidden from the model; it grows with the project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="control_sets")
    sample = models.OneToOneField(Sample, on_delete=models.CASCADE, related_name="control_set")
    probability = models.FloatField()
    documents = models.PositiveIntegerField(default=0)  # that it was drawn from
    considered = models.PositiveIntegerField(default=0)  # ordinals below have had their chance
    known_documents = models.PositiveIntegerField(default=0)  # coded, skipped or in hands at the draw
    known_positives = models.PositiveIntegerField(default=0)
    given_up_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(given_up_at__isnull=True), name="one_control_set_a_project"
            )
        ]


class StoppingLook(models.Model):
    """One look at one rule, with what it said; never changed."""

    class Rule(models.TextChoices):
        CERTIFIED = "certified", "Certified stop"
        PLANNED = "planned", "Planned test"
        RUN = "run", "Irrelevant in a row"
        KNEE = "knee", "Knee of the gain curve"
        LOOK_BACK = "look_back", "Look-back"

    class Verdict(models.TextChoices):
        STOP = "stop", "May stop"
        GO_ON = "go_on", "Go on"
        NOT_PROVABLE = "not_provable", "Not provable here"
        NOT_READY = "not_ready", "Control set not coded yet"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="stopping_looks")
    rule = models.CharField(max_length=20, choices=Rule)
    verdict = models.CharField(max_length=20, choices=Verdict)
    figures = models.JSONField()
    documents = models.PositiveIntegerField()  # in the project
    coded = models.PositiveIntegerField()
    version = models.PositiveIntegerField(null=True)
    round = models.ForeignKey(ValidationRound, null=True, on_delete=models.CASCADE, related_name="looks")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "-id"], name="looks_of_a_project")]

    HEURISTICS = (Rule.RUN, Rule.KNEE, Rule.LOOK_BACK)
