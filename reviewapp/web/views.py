"""The saved views of a list of documents: shown above it, kept and deleted."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from reviewapp import access
from reviewapp.domain import saved_views
from reviewapp.domain.saved_views import List
from reviewapp.errors import Invalid
from reviewapp.models import Project, SavedView, Workspace
from reviewapp.web.pages import Request

EVERYTHING = "all"  # no filter, and no view that the list opens with


class SaveForm(forms.Form):
    name = forms.CharField(max_length=100)
    query = forms.CharField(required=False, max_length=20_000)
    is_default = forms.BooleanField(required=False)


@dataclass(frozen=True)
class Views:
    """The person's views of a list, and which of them the address is."""

    own: list[SavedView]
    query: str  # what would be kept
    address: str  # where a view is saved

    @property
    def current(self) -> SavedView | None:
        return next((view for view in self.own if view.query == self.query), None)

    @property
    def opening(self) -> str:
        """Where the bare address of the list leads: to the view that the person opens it with; empty without one."""
        return next((_address(view) for view in self.own if view.is_default and view.query), "")


def listed(request: Request, among: List) -> Views:
    """What stands above the list."""
    query = saved_views.canonical(among, request.META.get("QUERY_STRING", ""))
    name = "project-views" if isinstance(among, Project) else "workspace-views"
    return Views(list(saved_views.of(request.user, among)), query, reverse(name, args=[among.pk]))


@require_POST
def save_of_project(request: Request, pk: int) -> HttpResponse:
    return _save(request, access.get(request.user, Project, pk))


@require_POST
def save_of_workspace(request: Request, pk: int) -> HttpResponse:
    return _save(request, access.get(request.user, Workspace, pk))


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Forget one of one's own views; what it shows stays on the screen."""
    view = access.get(request.user, SavedView, pk, person=request.user)
    saved_views.delete(view)
    messages.success(request, _("The view “%(view)s” is deleted. The documents are as they were.") % {"view": view})
    return redirect(_address(view))


def _save(request: Request, among: List) -> HttpResponse:
    form = SaveForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Give the view a name of at most 100 characters."))
    view = saved_views.save(request.user, among, **form.cleaned_data)
    messages.success(request, _("The view “%(view)s” is saved.") % {"view": view})
    return redirect(_address(view))


def _address(view: SavedView) -> str:
    return f"{_list(view)}?{view.query or EVERYTHING}"


def _list(view: SavedView) -> str:
    if view.project_id is not None:
        return reverse("project-documents", args=[view.project_id])
    return reverse("workspace-documents", args=[view.workspace_id])
