"""Reports: what a review was at one moment, kept as it was."""

from django.db import models

from reviewapp.models.job import Job
from reviewapp.models.people import User
from reviewapp.models.project import Project


class Report(models.Model):
    """One report on a project; what it says never changes, page and PDF are drawn from the same record."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reports")
    number = models.PositiveIntegerField()
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="report")
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    record = models.JSONField()
    digest = models.CharField(max_length=64)  # of the record
    artifact = models.CharField(max_length=64)  # the folder with the PDF
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="report_number_once_a_project")]

    def __str__(self) -> str:
        return f"Report {self.number}"
