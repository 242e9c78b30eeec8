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
            ("view_sources", "Can see documents"),
            ("view_labels", "Can see labels and predictions"),
            ("review_documents", "Can code documents"),
            ("manage_projects", "Can manage projects, documents and trainings"),
            ("view_trained_models", "Can see trained models"),
            ("add_trained_models", "Can export trained models and receive shared ones"),
            ("edit_trained_models", "Can edit trained models"),
            ("delete_trained_models", "Can delete trained models"),
            ("add_choices", "Can create categories"),
            ("pin_versions", "Can pin, tag and unpin model versions"),
            ("consume_streams", "Can read and advance streams"),
            ("modify_streams", "Can change streams"),
            ("administer_streams", "Can create and delete streams"),
            ("read_audit", "Can read the audit trail"),
            ("administer_workspace", "Can give and take roles"),
        ]

    def __str__(self) -> str:
        return self.name


class WorkspaceUserObjectPermission(UserObjectPermissionBase):
    """One right of one person on one workspace; a real foreign key, so it goes with the workspace."""

    content_object = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="grants")
