"""Drift looks: how unlike the training the documents of one import were."""

from django.db import models

from models_lib.models.version import ModelVersion
from reviewapp.models import Project


class DriftLook(models.Model):
    """New documents of a project beside those that were there when its version was trained; never changed."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="drift_looks")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    first = models.PositiveIntegerField()  # ordinal of the first new document
    documents = models.PositiveIntegerField()  # new ones in all
    looked_at = models.PositiveIntegerField()  # of them, those that were measured
    strange = models.PositiveIntegerField()  # of those, unlike the training
    limit = models.FloatField()  # the share of unknown weight above which a document is strange
    share = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    found = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
