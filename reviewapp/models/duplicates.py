"""Near-duplicates: one search over a project's documents, with what it found in a file."""

from django.db import models

from reviewapp.models.job import Job
from reviewapp.models.project import Project


class NearDuplicates(models.Model):
    """The groups of near-duplicates among a project's documents as of one search; a later search makes a new one."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="duplicate_searches")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="duplicates")
    artifact = models.CharField(max_length=64)  # ``group``: for each ordinal the lowest ordinal of its group
    documents = models.PositiveIntegerField()
    groups = models.PositiveIntegerField()  # of two documents or more
    grouped = models.PositiveIntegerField()  # documents in them
    parameters = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
