"""Saved views of the documents of a project or a workspace: your own."""

from typing import Any

from django_filters import FilterSet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import Endpoint, ProjectEndpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import saved_views
from reviewapp.domain.saved_views import List
from reviewapp.models import SavedView, User

QUERY = "Of the page's address: `state=positive&order=latest&column=rank&column=metadata.custodian`."


class SavedViewOut(serializers.ModelSerializer[SavedView]):
    workspace = serializers.IntegerField(source="workspace_id")
    project = serializers.IntegerField(source="project_id", allow_null=True)
    query = serializers.CharField(help_text=QUERY)
    is_default = serializers.BooleanField(help_text="Whether the list opens with it.")

    class Meta:
        model = SavedView
        fields = ["id", "workspace", "project", "name", "query", "is_default"]
        read_only_fields = fields


class SavedViewIn(Shape):
    name = serializers.CharField(max_length=100)
    query = serializers.CharField(max_length=20_000, allow_blank=True, default="", help_text=QUERY)
    is_default = serializers.BooleanField(default=False)


class PreferenceIn(Shape):
    is_default = serializers.BooleanField()


class ProjectViews(ProjectEndpoint):
    may = {"GET": "view", "POST": "view"}

    @operation("project-documents.views", gives=SavedViewOut, page=True)
    def get(self, request: Request) -> Response:
        """Your views of the project's documents, oldest first."""
        return _page(request, self.person, self.project)

    @operation("project-documents.save-view", takes=SavedViewIn, gives=SavedViewOut, status=201)
    def post(self, request: Request) -> Response:
        """Keep filter, order and columns under a name, in place of what had the name before."""
        return _save(request, self.person, self.project)


class WorkspaceViews(WorkspaceEndpoint):
    may = {"GET": "view", "POST": "view"}

    @operation("documents.views", gives=SavedViewOut, page=True)
    def get(self, request: Request) -> Response:
        """Your views of the workspace's documents, oldest first."""
        return _page(request, self.person, self.workspace)

    @operation("documents.save-view", takes=SavedViewIn, gives=SavedViewOut, status=201)
    def post(self, request: Request) -> Response:
        """Keep search and columns under a name, in place of what had the name before."""
        return _save(request, self.person, self.workspace)


class OneView(Endpoint):
    may = {"GET": "view", "PATCH": "view", "DELETE": "view"}
    view: SavedView

    def enter(self, **address: Any) -> None:
        self.view = access.get(self.person, SavedView, address["view"], may=self.right, person=self.person)

    @operation("views.get", gives=SavedViewOut)
    def get(self, request: Request) -> Response:
        """One of your views."""
        refuse_unknown(request, set())
        return Response(SavedViewOut(self.view).data)

    @operation("views.prefer", takes=PreferenceIn, gives=SavedViewOut)
    def patch(self, request: Request) -> Response:
        """Let the list open with it and no other, or not any more."""
        return Response(SavedViewOut(saved_views.prefer(self.view, **read(PreferenceIn, request))).data)

    @operation("views.delete", status=204)
    def delete(self, request: Request) -> Response:
        """Forget it; the documents stay as they are."""
        saved_views.delete(self.view)
        return Response(status=204)


def _page(request: Request, person: User, among: List) -> Response:
    rows = filtered(request, FilterSet, saved_views.of(person, among))
    return page(request, rows, lambda found: SavedViewOut(found, many=True).data)


def _save(request: Request, person: User, among: List) -> Response:
    view = saved_views.save(person, among, **read(SavedViewIn, request))
    return Response(SavedViewOut(view).data, 201, headers={"Location": f"/api/v1/views/{view.pk}"})
