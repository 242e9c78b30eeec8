"""The history of active learning: closed projects as they were at their end."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import WorkspaceEndpoint
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import history
from reviewapp.models import ClosedProject

STATES = ["complete", "archived", "removed"]


class ClosedProjectOut(serializers.ModelSerializer[ClosedProject]):
    project = serializers.IntegerField(source="project_id", allow_null=True, help_text="Null when it was removed.")
    state = serializers.ChoiceField(choices=STATES)
    closed_by = serializers.CharField(source="closed_by.username", default=None, allow_null=True)
    record = serializers.DictField(help_text="Settings, members, figures, versions and exports at the end.")

    class Meta:
        model = ClosedProject
        fields = ["id", "project", "name", "state", "closed_by", "closed_at", "record"]
        read_only_fields = fields


class History(WorkspaceEndpoint):
    may = {"GET": "view"}

    @operation("history.list", gives=ClosedProjectOut, page=True)
    def get(self, request: Request) -> Response:
        """Complete, archived and removed projects of the workspace, the last closed first."""
        refuse_unknown(request, PAGING)
        rows = history.of(self.workspace)
        return page(request, rows, lambda found: ClosedProjectOut(found, many=True).data, newest_first=True)


class OneClosedProject(WorkspaceEndpoint):
    may = {"GET": "view"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        among = ClosedProject.objects.select_related("project", "closed_by")
        self.closed = access.get(
            self.person, ClosedProject, address["closed"], among=among, workspace=self.workspace.pk
        )

    @operation("history.get", gives=ClosedProjectOut)
    def get(self, request: Request) -> Response:
        """One closed project."""
        return Response(ClosedProjectOut(self.closed).data)
