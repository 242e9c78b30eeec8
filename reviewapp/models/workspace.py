"""The wall: what a person may see and do is said per workspace."""

from django.db import models
from guardian.models import UserObjectPermissionBase


class Workspace(models.Model):
    """People with roles, documents, projects, and later the trained models they may use."""

    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        permissions = [
            ("review_documents", "Can code documents"),
            ("manage_projects", "Can manage projects, documents and trainings"),
            ("administer_workspace", "Can give and take roles"),
        ]

    def __str__(self) -> str:
        return self.name


class WorkspaceUserObjectPermission(UserObjectPermissionBase):
    """One right of one person on one workspace; a real foreign key, so it goes with the workspace."""

    content_object = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="grants")
