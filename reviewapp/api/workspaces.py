"""Workspaces."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import Endpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page
from reviewapp.api.people import ROLES
from reviewapp.api.schema import operation
from reviewapp.domain import people, removal, workspaces
from reviewapp.models import User, Workspace

CONFIRMATION = OpenApiParameter("confirmation", str, required=True, description="The workspace's name.")


class WorkspaceOut(serializers.ModelSerializer[Workspace]):
    documents = serializers.IntegerField(source="document_count")
    projects = serializers.IntegerField(source="project_count")
    role = serializers.ChoiceField(choices=ROLES, help_text="Yours.")

    class Meta:
        model = Workspace
        fields = ["id", "name", "role", "documents", "projects", "created_at"]
        read_only_fields = fields


class WorkspaceIn(Shape):
    name = serializers.CharField(max_length=200)


class Workspaces(Endpoint):
    @operation("workspaces.list", gives=WorkspaceOut, page=True)
    def get(self, request: Request) -> Response:
        """The workspaces that you have a role in."""
        refuse_unknown(request, PAGING)
        return page(request, workspaces.overview(self.person), lambda rows: _render(rows, self.person))

    @operation("workspaces.create", takes=WorkspaceIn, gives=WorkspaceOut, status=201)
    def post(self, request: Request) -> Response:
        """Make a workspace; you become its first admin. Needs the right to add workspaces."""
        made = workspaces.create(read(WorkspaceIn, request)["name"], self.person)
        return Response(_shown(made, self.person), 201)


class OneWorkspace(WorkspaceEndpoint):
    may = {"GET": "view", "PATCH": "administer", "DELETE": "administer"}

    @operation("workspaces.get", gives=WorkspaceOut)
    def get(self, request: Request) -> Response:
        """One workspace."""
        return Response(_shown(self.workspace, self.person))

    @operation("workspaces.rename", takes=WorkspaceIn, gives=WorkspaceOut)
    def patch(self, request: Request) -> Response:
        """Give the workspace another name."""
        workspaces.rename(self.workspace, read(WorkspaceIn, request)["name"], self.person)
        return Response(_shown(self.workspace, self.person))

    @operation("workspaces.delete", gives=JobOut, status=202, parameters=(CONFIRMATION,))
    def delete(self, request: Request) -> Response:
        """Delete the workspace with everything in it; `losses` says beforehand what that is."""
        refuse_unknown(request, {"confirmation"})
        confirmation = request.query_params.get("confirmation", "")
        job = removal.request_removal(self.workspace, self.person, confirmation)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def _shown(workspace: Workspace, person: User) -> Any:
    return _render([workspaces.overview(person).get(pk=workspace.pk)], person)[0]


def _render(rows: Sequence[Workspace], person: User) -> Any:
    roles = people.roles(person, rows)
    for row in rows:
        row.role = roles[row.pk]  # type: ignore[attr-defined]
    return WorkspaceOut(rows, many=True).data
