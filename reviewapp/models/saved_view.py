"""Saved views: how a person likes to look at a list of documents."""

from django.db import models

from reviewapp.models.people import User
from reviewapp.models.project import Project
from reviewapp.models.workspace import Workspace


class SavedView(models.Model):
    """Filter, order and columns under a name: for the documents of a project, or without one of the workspace."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2000)  # of the page's address, see reviewapp.domain.saved_views
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "saved view"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "workspace", "project", "name"], nulls_distinct=False, name="view_name_once_a_list"
            ),
            models.UniqueConstraint(
                fields=["person", "workspace", "project"],
                condition=models.Q(is_default=True),
                nulls_distinct=False,
                name="one_default_view_a_list",
            ),
        ]

    def __str__(self) -> str:
        return self.name
