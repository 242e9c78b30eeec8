"""Rollbacks: which completions count since a project went back to what trained an earlier version."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from models_lib.models.version import ModelVersion
from reviewapp.models import Completion, Job, Project, User


class Rollback(models.Model):
    """One return to the decisions behind a version. No completion is changed: they are counted or set aside by number.

    What counts afterwards is each completion from ``firsts[n]`` to ``lasts[n]``, and all that come after ``until``.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rollbacks")
    to = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    backup = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")  # what ranked before, pinned
    made = models.ForeignKey(ModelVersion, null=True, on_delete=models.CASCADE, related_name="+")  # what ranks since
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    until = models.ForeignKey(Completion, null=True, on_delete=models.SET_NULL, related_name="+")
    firsts = ArrayField(models.BigIntegerField(), default=list)
    lasts = ArrayField(models.BigIntegerField(), default=list)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
