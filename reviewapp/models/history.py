"""The history of active learning: what a project was when it was closed, kept when the project is gone."""

from django.db import models

from reviewapp.models.people import User
from reviewapp.models.project import Project
from reviewapp.models.workspace import Workspace


class ClosedProject(models.Model):
    """A complete, archived or removed project: its settings, people and final figures, frozen when it was closed."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="closed_projects")
    project = models.OneToOneField(Project, null=True, on_delete=models.SET_NULL, related_name="closed")
    name = models.CharField(max_length=200)
    record = models.JSONField(default=dict)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "closed project"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """*complete*, *archived* or *removed*."""
        return str(self.project.state) if self.project else "removed"
